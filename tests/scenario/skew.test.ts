import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MILLISECOND } from "../../modules/core/time.ts";
import { Tap } from "../../modules/protocol/tap.ts";
import { skewOf } from "../../modules/scenario/skew.ts";
import type { PacketRef } from "../../modules/impairments/impairment.ts";

const SPREAD = { from: 1 * MILLISECOND, until: 3 * MILLISECOND };

/** Data packets, one each 10 ms unless they are closer. */
function packets(count: number, apart = 10 * MILLISECOND): PacketRef[] {
  return Array.from({ length: count }, (_, i) => ({
    bytes: new Uint8Array([i]),
    kind: "data",
    seq: i + 1,
    count: 1,
    msg: i + 1,
    ordinal: i + 1,
    dueNs: i * apart,
  }));
}

/** When each packet left. */
function departures(given: readonly PacketRef[], skew = skewOf(SPREAD, "seed", "B")): number[][] {
  const left: number[][] = [];
  const tap = new Tap(
    [],
    { send: ({ seq }, now) => left.push([seq, now]), dropped() {}, touched() {} },
    skew,
  );
  for (const packet of given) tap.onPacket(packet, packet.dueNs);
  while (tap.deadline() < Infinity) tap.onDeadline(tap.deadline());
  return left;
}

test("one time is the same for every packet", () => {
  const skew = skewOf({ from: 5, until: 5 }, "seed", "B");
  assertEquals(packets(3).map(skew), [5, 5, 5]);
});

test("a range is a draw for each packet: uniform, both ends in", () => {
  const skew = skewOf({ from: 0, until: 3 }, "seed", "B");
  const counts = [0, 0, 0, 0];
  for (const packet of packets(40_000)) counts[skew(packet)]!++;
  // Four values of a quarter each: within three deviations of 10,000.
  const bound = 3 * Math.sqrt(40_000 * 0.25 * 0.75);
  for (const count of counts) assert(Math.abs(count - 10_000) < bound, counts.join(", "));
});

test("the same packet has the same skew, whatever another line has lost", () => {
  const all = packets(100);
  const whole = new Map(all.map((packet) => [packet.seq, packet] as const));
  const skews = new Map([...whole].map(([seq]) => [seq, 0]));
  const full = skewOf(SPREAD, "seed", "B");
  for (const packet of all) skews.set(packet.seq, full(packet));
  const some = skewOf(SPREAD, "seed", "B");
  for (const packet of all.filter(({ seq }) => seq % 3 === 0)) {
    assertEquals(some(packet), skews.get(packet.seq));
  }
});

test("a line keeps its order, however its skew varies", () => {
  const left = departures(packets(200, 1000));
  assertEquals(
    left.map(([seq]) => seq),
    packets(200).map(({ seq }) => seq),
  );
  assert(left.every(([, at], i) => i === 0 || at! >= left[i - 1]![1]!));
});

test("each line has chance of its own", () => {
  const [a, b] = ["A", "B"].map((line) => packets(20).map(skewOf(SPREAD, "seed", line)));
  assert(a!.some((skew, i) => skew !== b![i]));
});
