import { assertEquals } from "@std/assert";
import { test } from "node:test";
import { MILLISECOND, SECOND } from "../../modules/core/time.ts";
import { PaceMeter } from "../../modules/nodes/pace-meter.ts";

function measure(...messages: [dueMs: number, atMs: number][]): PaceMeter {
  const meter = new PaceMeter();
  for (const [due, at] of messages) record(meter, due, at);
  return meter;
}

function record(meter: PaceMeter, dueMs: number, atMs: number, atOnce?: boolean): void {
  meter.record(Float64Array.of(dueMs * MILLISECOND), 0, 1, atMs * MILLISECOND, atOnce);
}

test("the rate is that of the messages after the first", () => {
  assertEquals(measure([0, 0], [100, 100], [200, 200]).rate, 10);
  assertEquals(measure([0, 50], [100, 150], [200, 250]).rate, 10, "late throughout");
  assertEquals(measure([0, 0], [100, 200], [200, 400]).rate, 5, "later and later");
});

test("a burst counts as one instant", () => {
  const bursts = [0, 0, 0, 500, 500, 500, 1000, 1000, 1000];
  assertEquals(measure(...bursts.map((ms): [number, number] => [ms, ms])).rate, 6);
});

test("what is due all at once is as fast as it left, and never late", () => {
  const meter = new PaceMeter();
  for (const at of [5, 5, 105, 205]) record(meter, 0, at, true);
  assertEquals([meter.messages, meter.lateness.count, meter.rate], [4, 0, 10]);
  record(meter, 300, 305);
  assertEquals([meter.messages, meter.lateness.max], [5, 5 * MILLISECOND]);
  assertEquals(meter.rate, 10);
});

test("nothing can be said of less than two instants", () => {
  assertEquals(measure().rate, NaN);
  assertEquals(measure([0, 0]).rate, NaN);
  assertEquals(measure([0, 0], [0, 1]).rate, NaN);
});

test("lateness is never less than none", () => {
  const { lateness, messages } = measure([0, 0], [1000, 999], [2000, 4000]);
  assertEquals([messages, lateness.min, lateness.max], [3, 0, 2 * SECOND]);
});

test("as plain data it says the same, and goes on from there", () => {
  const meter = measure([0, 1], [100, 102], [100, 103]);
  const copy = PaceMeter.from(structuredClone(meter.toPlain()));
  assertEquals([copy.rate, copy.messages, copy.lateness.max], [meter.rate, 3, 3 * MILLISECOND]);
  for (const one of [meter, copy]) record(one, 200, 201);
  assertEquals([copy.rate, copy.toPlain()], [meter.rate, meter.toPlain()]);
  assertEquals(PaceMeter.from(new PaceMeter().toPlain()).rate, NaN);
});

test("several meters in a row are one", () => {
  const all: [number, number][] = [
    [0, 0],
    [0, 1],
    [100, 130],
    [200, 200],
    [300, 345],
  ];
  const one = measure(...all);
  for (const cut of [0, 1, 2, 4, 5]) {
    const both = PaceMeter.of([measure(...all.slice(0, cut)), measure(...all.slice(cut))]);
    assertEquals([both.messages, both.rate], [one.messages, one.rate], `cut at ${cut}`);
    assertEquals(both.lateness.toPlain(), one.lateness.toPlain());
  }
});
