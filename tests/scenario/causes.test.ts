import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Gap, Hit } from "../../modules/core/run.ts";
import { explainGaps, explainMissing, type LineTruth } from "../../modules/scenario/causes.ts";
import { gapOf } from "../support/run-fixture.ts";

const A: LineTruth = { name: "A", joinedAt: 1, kernelDrops: 0 };
const B: LineTruth = { ...A, name: "B" };

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
  assertEquals(causes([gapOf({ from: 5, until: 8 })], [hit("A", "burst", 4, 9)], [A]), [
    ["injected", ["burst"]],
  ]);
});

test("two rules on two lines made one gap together", () => {
  const hits = [hit("A", "blackout", 1, 100), hit("B", "drop", 5, 8)];
  assertEquals(causes([gapOf({ from: 5, until: 8 })], hits, [A, B]), [
    ["injected", ["blackout", "drop"]],
  ]);
});

test("a gap that one line explains and the other does not is nobody's", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  assertEquals(causes([gap], [hit("A", "blackout", 1, 100)], [A, B]), [
    ["unexplained", ["blackout"]],
  ]);
});

test("half a gap explained is not explained", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  assertEquals(causes([gap], [hit("A", "drop", 5, 7)], [A]), [["unexplained", ["drop"]]]);
});

test("what a line brings in the end was late", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByLine: 3 });
  assertEquals(causes([gap], [], [A]), [["late", []]]);
});

test("where the system dropped packets, it made the gaps that nobody else did", () => {
  const gap = gapOf({ from: 5, until: 8, ...open, filledByRecovery: 3 });
  const drop = hit("A", "drop", 20, 21);
  const own = gapOf({ from: 20, until: 21 });
  assertEquals(causes([gap, own], [drop], [{ ...A, kernelDrops: 3 }]), [
    ["kernel-drop", []],
    ["injected", ["drop"]],
  ]);
});

test("what left before the listener came was not joined, unless a rule took it as well", () => {
  const late = { ...A, joinedAt: 50 };
  const gap = gapOf({ from: 1, until: 50, ...open, filledByRecovery: 49 });
  assertEquals(causes([gap], [], [late]), [["not-joined", []]]);
  assertEquals(causes([gap], [hit("A", "drop", 10, 11)], [late]), [["injected", ["drop"]]]);
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
