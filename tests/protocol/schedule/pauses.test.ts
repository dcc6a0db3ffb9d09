import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { NEVER } from "../../../modules/core/time.ts";
import type { Schedule } from "../../../modules/protocol/schedule.ts";
import { delayedBy, pausedSchedule } from "../../../modules/protocol/schedule/pauses.ts";

function scheduleOf(...dues: number[]): Schedule {
  return { phase: 0, next: () => dues.shift() ?? NEVER };
}

void test("what is due at a pause or after it is later by it", () => {
  const pauses = [
    { at: 20, for: 5 },
    { at: 30, for: 100 },
  ];
  const met: [number, number][] = [];
  const paused = pausedSchedule(scheduleOf(0, 10, 19, 20, 25, 30, 40), pauses, (...one) =>
    met.push(one),
  );
  const dues = Array.from({ length: 9 }, () => paused.next());
  assertEquals(dues, [0, 10, 19, 25, 30, 135, 145, NEVER, NEVER]);
  assertEquals(met, [
    [0, 25],
    [1, 135],
  ]);
  assertEquals(
    [0, 19, 20, 29, 30, NEVER].map((time) => delayedBy(pauses, time)),
    [0, 19, 25, 34, 135, NEVER],
  );
});

void test("two pauses between two messages both count, one after the last is not met", () => {
  const met: number[] = [];
  const pauses = [1, 2, 50].map((at) => ({ at, for: 10 }));
  const paused = pausedSchedule(scheduleOf(0, 5), pauses, (pause) => met.push(pause));
  assertEquals([paused.next(), paused.next(), paused.next()], [0, 25, NEVER]);
  assertEquals(met, [0, 1]);
});
