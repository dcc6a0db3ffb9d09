import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { Histogram } from "../../modules/core/histogram.ts";

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** The value that `share` of the samples do not exceed: the obvious way. */
function exact(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1]!;
}

/** Nanoseconds from one to some months, as many of each size. */
const nanos = fc
  .record({ doublings: fc.integer({ min: 0, max: 52 }), fraction: fc.nat(2 ** 20 - 1) })
  .map(({ doublings, fraction }) => Math.floor(2 ** doublings * (1 + fraction / 2 ** 20)));
const edges = fc
  .record({ doublings: fc.integer({ min: 0, max: 52 }), off: fc.constantFrom(-1, 0, 1) })
  .map(({ doublings, off }) => 2 ** doublings + off);
const samples = fc.array(fc.oneof(nanos, edges), { minLength: 1, maxLength: 100, size: "max" });
const shares = fc.oneof(
  fc.constantFrom(0, 0.5, 0.9, 0.99, 0.999, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

test("samples are counted up to bounds, a larger one in the first that holds it", () => {
  const histogram = histogramOf([0, 1000, 1010, 5000, 90_000, 90_001]);
  assertEquals(histogram.countsUpTo([1000, 5000, 50_000]), [2, 2, 0, 2]);
  assertEquals(histogram.countsUpTo([]), [6]);
  assertEquals(new Histogram().countsUpTo([1]), [0, 0]);
});

test("a percentile is never below the true one, and at most 1/128 above", () =>
  fc.assert(
    fc.property(samples, shares, (values, share) => {
      const got = histogramOf(values).percentile(share);
      const want = exact(values, share);
      assert(got >= want && got <= want * (1 + 1 / 128), `got ${got}, want ${want}`);
    }),
    { numRuns: 1000 },
  ));

test("smallest, largest, count and the ends of the percentiles are exact", () =>
  fc.assert(
    fc.property(samples, (values) => {
      const histogram = histogramOf(values);
      assertEquals(histogram.min, Math.min(...values));
      assertEquals(histogram.max, Math.max(...values));
      assertEquals(histogram.count, values.length);
      assertEquals(histogram.percentile(1), Math.max(...values));
    }),
  ));

test("what is recorded together is what one by one would be", () =>
  fc.assert(
    fc.property(samples, fc.nat(2 ** 40), (times, now) => {
      const together = new Histogram();
      together.recordSince(Float64Array.of(-1, ...times, -1), 1, times.length + 1, now);
      const apart = histogramOf(times.map((time) => Math.max(0, now - time)));
      assertEquals(together.toPlain(), apart.toPlain());
      assertEquals(together.count, apart.count);
    }),
  ));

test("the mean is the sum over the count", () => {
  const histogram = histogramOf([1, 2, 6, 1_000_003]);
  assertEquals(histogram.mean, 1_000_012 / 4);
});

test("up to 128 every value has a bucket of its own", () => {
  const values = Array.from({ length: 129 }, (_, value) => value);
  const histogram = histogramOf(values);
  for (const value of values) assertEquals(histogram.percentile((value + 1) / 129), value);
});

test("one sample is every percentile", () => {
  const histogram = histogramOf([123_456_789]);
  for (const share of [0, 0.5, 1]) assertEquals(histogram.percentile(share), 123_456_789);
});

test("without samples there is no percentile", () => {
  const histogram = new Histogram();
  assertEquals(histogram.count, 0);
  assertEquals(histogram.percentile(0.5), NaN);
});

test("a percentile is a sample that was recorded, whatever its bucket holds", () => {
  const equal = Array.from({ length: 99 }, () => 5_010_000);
  assertEquals(histogramOf([...equal, 100_000_000]).percentile(0.5), 5_010_000);
  fc.assert(
    fc.property(samples, shares, (values, share) => {
      const histogram = histogramOf(values);
      const got = histogram.percentile(share);
      assert(values.includes(got), `${got} was never recorded`);
      assertEquals(Histogram.from(histogram.toPlain()).percentile(share), got);
    }),
  );
});

test("what several histograms have counted is what one would have", () =>
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.nat(2 ** 40), { maxLength: 30 }), { maxLength: 4 }),
      (parts) => {
        const [sum, one] = [new Histogram(), new Histogram()];
        for (const part of parts) {
          const own = new Histogram();
          for (const value of part) {
            own.record(value);
            one.record(value);
          }
          sum.add(own);
        }
        assertEquals(sum.toPlain(), one.toPlain());
      },
    ),
  ));

test("a bucket is as wide as a 128th of what falls into it, at every power of two", () => {
  for (let power = 1; power <= 2 ** 52; power *= 2) {
    for (const value of [power - 1, power, power + 1, 1.5 * power]) {
      const histogram = new Histogram();
      for (const near of [value, value * (1 + 1 / 100)]) histogram.record(near);
      // Two of one bucket have the larger one's value for both.
      assertEquals(histogram.percentile(1), value * (1 + 1 / 100));
      assert(histogram.percentile(0.5) <= value * (1 + 1 / 64) + 1);
    }
  }
});
