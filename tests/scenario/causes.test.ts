import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { RangeSet } from "../../modules/core/ranges.ts";
import type { Gap, Hit } from "../../modules/core/run.ts";
import { explainGaps, explainMissing, type LineTruth } from "../../modules/scenario/causes.ts";
import { gapOf } from "../support/run-fixture.ts";

/** A line on which everything left, and nothing came late. */
const A: LineTruth = {
  name: "A",
  joinedAt: 1,
  left: RangeSet.of([{ from: 1, until: 100 }]),
  late: new RangeSet(),
  overflowed: new RangeSet(),
  kernelDrops: 0,
};
const B: LineTruth = { ...A, name: "B" };

/** The same, but of these nothing left. */
function without(line: LineTruth, from: number, until: number): LineTruth {
  const left = RangeSet.of(line.left);
  left.remove(from, until);
  return { ...line, left };
}

const hit = (line: string, rule: string, from: number, until: number): Hit => ({
  line,
  rule,
  ranges: [{ from, until }],
});

function causes(gaps: Gap[], hits: Hit[], lines: LineTruth[]): [string, readonly string[]][] {
  return explainGaps(gaps, hits, lines).map(({ cause, rules }) => [cause, rules]);
}

const open = { filledByLine: 0, filledByRecovery: 0, lost: 0 };

test("a rule on the only line made the gap", () => {
  assertEquals(
    causes([gapOf({ from: 5, until: 8 })], [hit("A", "burst", 4, 9)], [without(A, 4, 9)]),
    [["injected", ["burst"]]],
  );
});

test("two rules on two lines made one gap together", () => {
  const hits = [hit("A", "blackout", 1, 100), hit("B", "drop", 5, 8)];
  assertEquals(
    causes([gapOf({ from: 5, until: 8 })], hits, [without(A, 1, 100), without(B, 5, 8)]),
    [["injected", ["blackout", "drop"]]],
  );
});

test("a gap that one line explains and the other does not is nobody's", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  assertEquals(causes([gap], [hit("A", "blackout", 1, 100)], [without(A, 1, 100), B]), [
    ["unexplained", ["blackout"]],
  ]);
});

test("half a gap explained is not explained", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  assertEquals(causes([gap], [hit("A", "drop", 5, 7)], [without(A, 5, 7)]), [
    ["unexplained", ["drop"]],
  ]);
});

test("what found no room in a pause is the pause's doing, and only that", () => {
  const overflowed = RangeSet.of([{ from: 5, until: 8 }]);
  const hits = [hit("A", "listen.pause 50ms", 5, 8)];
  const line = { ...A, overflowed };
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  assertEquals(causes([gap], hits, [line]), [["injected", ["listen.pause 50ms"]]]);
  const wider = gapOf({ from: 5, until: 9, ...open, filledByRecovery: 4 });
  assertEquals(causes([wider], hits, [line]), [["unexplained", ["listen.pause 50ms"]]]);
});

test("what a line brings in the end was late", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByLine: 3 });
  const late = RangeSet.of([gap]);
  assertEquals(causes([gap], [], [{ ...A, late }]), [["late", []]]);
});

test("what a line brings after recovery, or is yet to send, is late as well", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  const dropped = without(A, 5, 8);
  const hits = [hit("A", "drop", 5, 8)];
  const late = RangeSet.of([gap]);
  assertEquals(causes([gap], hits, [dropped, { ...B, late }]), [["late", ["drop"]]]);
  assertEquals(causes([gap], hits, [dropped, without(B, 5, 100)]), [["late", ["drop"]]]);
});

test("a rule that only moved a packet explains that it came late, not that it never came", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  const hits = [hit("A", "delay", 1, 100)];
  assertEquals(causes([gap], hits, [{ ...A, late: RangeSet.of([gap]) }]), [
    ["injected", ["delay"]],
  ]);
  assertEquals(causes([gap], hits, [{ ...A, kernelDrops: 3 }]), [["kernel-drop", []]]);
  assertEquals(causes([gap], hits, [without(A, 5, 100)]), [["injected", ["delay"]]]);
});

test("where the system dropped packets, it made the gaps that nobody else did", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  const drop = hit("A", "drop", 20, 21);
  const own = gapOf({ from: 20, until: 21 });
  assertEquals(causes([gap, own], [drop], [{ ...without(A, 20, 21), kernelDrops: 3 }]), [
    ["kernel-drop", []],
    ["injected", ["drop"]],
  ]);
});

test("what left before the listener came was not joined, unless a rule took it as well", () => {
  const late = { ...A, joinedAt: 50 };
  const gap = gapOf({ from: 1, until: 50, ...open, filledByRecovery: 49 });
  assertEquals(causes([gap], [], [late]), [["not-joined", []]]);
  assertEquals(causes([gap], [hit("A", "drop", 10, 11)], [without(late, 10, 11)]), [
    ["injected", ["drop"]],
  ]);
});

test("what is missing at the end was dropped where nothing came after, or nobody knows", () => {
  assertEquals(
    explainMissing(
      [
        { from: 5, until: 8 },
        { from: 20, until: 23 },
      ],
      [{ from: 21, until: 40 }],
    ),
    {
      tail: [{ from: 21, until: 23 }],
      unexplained: [
        { from: 5, until: 8 },
        { from: 20, until: 21 },
      ],
    },
  );
});
