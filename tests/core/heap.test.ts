import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { TimeHeap } from "../../modules/core/heap.ts";

/** A time to add something at, or undefined to take the first out. Few times, so that many tie. */
const steps = fc.array(fc.option(fc.nat(9), { nil: undefined }), { maxLength: 100, size: "max" });

test("a heap gives what a stable sort gives", () =>
  fc.assert(
    fc.property(steps, (steps) => {
      const heap = new TimeHeap<number>();
      let sorted: { at: number; value: number }[] = [];
      steps.forEach((at, value) => {
        if (at === undefined) assertEquals(heap.pop(), sorted.shift()?.value);
        else {
          heap.push(at, value);
          // Array.sort is stable: what was added later stays behind.
          sorted = [...sorted, { at, value }].toSorted((a, b) => a.at - b.at);
        }
        assertEquals(heap.size, sorted.length);
        assertEquals(heap.due, sorted[0]?.at);
      });
      assertEquals(
        Array.from(sorted, () => heap.pop()),
        sorted.map(({ value }) => value),
      );
    }),
  ));

test("an empty heap has nothing due", () => {
  const heap = new TimeHeap<string>();
  assertEquals(heap.due, undefined);
  assertEquals(heap.pop(), undefined);
  assertEquals(heap.size, 0);
});
