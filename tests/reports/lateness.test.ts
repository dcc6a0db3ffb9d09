import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Histogram } from "../../modules/core/histogram.ts";
import { MICROSECOND, type Nanos, SECOND } from "../../modules/core/time.ts";
import { latenessBuckets, latenessLine } from "../../modules/reports/lateness.ts";

function histogramOf(...values: Nanos[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

void test("people read which share left how late, by tenfolds", () => {
  const some = [0, 500, 3000, 3000, 40_000, 40_000, 99_000, 2_000_000];
  assertEquals(latenessLine(histogramOf(...some)), "25% up to 1us, 25% 10us, 38% 100us, 13% 10ms");
  assertEquals(latenessLine(histogramOf(0, 2 * SECOND)), "50% up to 1us, 50% more");
});

void test("where all are the same, there is nothing to tell", () => {
  assertEquals(latenessLine(new Histogram()), undefined);
  assertEquals(latenessLine(histogramOf(0, 0, 0)), undefined);
});

void test("programs read how many up to which bound, the last without one", () => {
  const us = MICROSECOND;
  const samples = histogramOf(0, us, 2 * us, 6 * us, 700 * us, 10 * SECOND, 11 * SECOND);
  assertEquals(latenessBuckets(samples), [
    { upTo: us, count: 2 },
    { upTo: 2 * us, count: 1 },
    { upTo: 10 * us, count: 1 },
    { upTo: 1000 * us, count: 1 },
    { upTo: 10 * SECOND, count: 1 },
    { upTo: null, count: 1 },
  ]);
});
