import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { Shelf } from "../../modules/stores/shelf.ts";
import { blockOf } from "../support/block-of.ts";

test("has the newest of a store, and after it lost them only what comes later", () => {
  const store = new MemoryStore(1);
  const append = (count: number): void => {
    for (let i = 0; i < count; i++) store.append(store.next, blockOf(Uint8Array.of(store.next)));
  };
  const shelf = new Shelf(store, 4);
  const other = new Shelf(store);
  const numbers = (of: Shelf): number[] => {
    const read: number[] = [];
    of.read({ from: 0, until: 100 }, (seq) => read.push(seq) > 0);
    assertEquals(read.length, of.next - of.first);
    return read;
  };
  append(6);
  assertEquals(
    [numbers(shelf), numbers(other)],
    [
      [3, 4, 5, 6],
      [1, 2, 3, 4, 5, 6],
    ],
  );
  shelf.empty();
  assertEquals(numbers(shelf), []);
  append(2);
  assertEquals([numbers(shelf), numbers(other).length], [[7, 8], 8]);
  append(4);
  assertEquals(numbers(shelf), [9, 10, 11, 12]);
});
