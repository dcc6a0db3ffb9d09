import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { Histogram } from "../../modules/core/histogram.ts";
import { fromPlain, type Plain, toPlain } from "../../modules/core/plain.ts";

const trip = (value: unknown): unknown =>
  fromPlain(JSON.parse(JSON.stringify(toPlain(value))) as Plain);

void test("whatever plain data goes in comes out again", () => {
  const value = fc.object({
    withNullPrototype: false,
    values: [fc.string(), fc.double(), fc.boolean(), fc.constant(undefined), fc.constant(null)],
    key: fc.oneof(fc.string(), fc.constantFrom("$", "value", "__proto__")),
  });
  fc.assert(fc.property(value, (given) => assertEquals(trip(given), given)));
});

void test("what JSON would lose is tagged", () => {
  assertEquals(toPlain({ a: NaN, b: undefined }), {
    a: { $: "number", value: "NaN" },
    b: { $: "undefined", value: null },
  });
  assert(Object.is(trip(-0), -0));
  assertEquals(trip([Infinity, -Infinity]), [Infinity, -Infinity]);
});

void test("an object that looks like a tag stays what it is", () => {
  const look = { $: "number", value: "NaN" };
  assertEquals(trip(look), look);
});

void test("a histogram answers as before", () => {
  const samples = fc.array(fc.integer({ min: 0, max: 1e12 }));
  fc.assert(
    fc.property(samples, (given) => {
      const before = new Histogram();
      for (const sample of given) before.record(sample);
      const after = trip(before) as Histogram;
      assertEquals(after.toPlain(), before.toPlain());
      assertEquals(after.count, before.count);
      assertEquals(after.mean, before.mean);
      for (const share of [0, 0.5, 0.99, 1]) {
        assertEquals(after.percentile(share), before.percentile(share));
      }
      after.record(5);
      assertEquals(after.count, given.length + 1);
    }),
  );
});

void test("what is no plain data is refused, not lost", () => {
  for (const value of [new Map(), 5n, () => {}, new Uint8Array()]) {
    assertThrows(() => toPlain({ value }), Error, "no plain data");
  }
});

void test("a tag that nobody knows is refused", () => {
  assertThrows(() => fromPlain({ $: "date", value: 1 }), Error, 'unknown tag "date"');
});
