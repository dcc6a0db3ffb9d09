import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import type { Seq } from "../../modules/core/seq.ts";
import { MemoryReader } from "../../modules/stores/memory-reader.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { createSharedMemory, PAGE_BYTES } from "../../modules/stores/shared-memory.ts";
import { blockOf } from "../support/block-of.ts";
import { expected, fill, readAll } from "../support/store-conformance.ts";

function shared(first: Seq, retain: number): { store: MemoryStore; reader: MemoryReader } {
  const memory = createSharedMemory(first, retain);
  return { store: new MemoryStore(first, retain, memory), reader: new MemoryReader(memory) };
}

void test("others see what was flushed, and no more", () => {
  const { store, reader } = shared(7, 1_000_000);
  assertEquals([reader.first, reader.next, store.flushEvery], [7, 7, 0]);
  fill(store, 7, 100);
  assertEquals([reader.next, readAll(reader, 0, 1000), store.next], [7, [], 100]);
  store.flush();
  assertEquals([reader.first, reader.next], [7, 100]);
  assertEquals(readAll(reader, 0, 1000), expected(7, 100));
  fill(store, 100, 50_000);
  store.sending();
  assertEquals(readAll(reader, 0, Infinity), expected(7, 50_000));
  assertEquals(readAll(reader, 20_000, 20_005), expected(20_000, 20_005));
  for (const [from, until] of [
    [0, 7],
    [50_000, 50_001],
    [9, 9],
    [9, 8],
  ] as const) {
    assertEquals(readAll(reader, from, until), []);
  }
});

void test("a reader stops when it has had enough", () => {
  const { store, reader } = shared(1, 1_000_000);
  fill(store, 1, 20_000);
  store.flush();
  for (const last of [5, 1500, 19_999]) {
    const seen: Seq[] = [];
    reader.read({ from: 3, until: 20_000 }, (seq) => {
      seen.push(seq);
      return seq < last;
    });
    assertEquals([seen.length, seen[0], seen.at(-1)], [last - 2, 3, last]);
  }
});

void test("what is retained is what others read, with any mix of appends, flushes and reads", () =>
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.integer({ min: 0, max: 8_000 }),
      fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 4 }),
      (first, retain, steps) => {
        const { store, reader } = shared(first, retain);
        for (const count of steps) {
          fill(store, store.next, store.next + count);
          // What fell out before it was flushed nobody finds.
          const { first: low, next } = reader;
          assertEquals(readAll(reader, 0, Infinity), expected(low, next));
          store.flush();
          assertEquals([reader.first, reader.next], [store.first, store.next]);
          assertEquals(
            readAll(reader, 0, Infinity),
            expected(Math.max(first, store.next - retain), store.next),
          );
        }
      },
    ),
    { numRuns: 10 },
  ));

void test("pages are used again", () => {
  const { store } = shared(1, 1000);
  fill(store, 1, 10_000);
  const { bytes } = store;
  fill(store, 10_000, 200_000);
  assert(store.bytes <= bytes + PAGE_BYTES, `${store.bytes} after ${bytes}`);
});

void test("a message that no page has room for is our own mistake", () => {
  const { store, reader } = shared(1, 10);
  // A block may keep a few bytes that stand before its first message.
  store.append(1, blockOf(new Uint8Array(PAGE_BYTES - 9)));
  store.append(2, blockOf(new Uint8Array()));
  store.flush();
  const lengths: number[] = [];
  reader.read({ from: 1, until: 3 }, (_seq, { length }) => lengths.push(length) > 0);
  assertEquals(lengths, [PAGE_BYTES - 9, 0]);
  assertThrows(() => store.append(3, blockOf(new Uint8Array(PAGE_BYTES))), Error, "too long");
});
