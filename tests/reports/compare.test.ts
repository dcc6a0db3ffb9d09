import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { compareRuns, type Side } from "../../modules/reports/compare.ts";
import { gapOf, runOf } from "../support/run-fixture.ts";

/** A side with one gap of five messages, one expectation and one figure. */
function side(changes: Partial<Side> = {}): Side {
  return {
    label: "A",
    run: runOf({ gaps: [gapOf({ from: 40, until: 45 })], undelivered: [] }),
    verdicts: [{ text: "gaps.detected == 1", outcome: "pass", got: "1" }],
    figures: [{ name: "delivery.latency.p99", unit: "time", value: 2_000_000 }],
    ...changes,
  };
}

void test("two runs of which everything is the same", () => {
  const { sameVerdicts, sameGaps, gaps, undelivered, figures } = compareRuns([side(), side()]);
  assertEquals([sameVerdicts, sameGaps, gaps, undelivered], [true, true, [[], []], [[], []]]);
  assertEquals(figures, [
    {
      name: "delivery.latency.p99",
      unit: "time",
      sides: [2_000_000, 2_000_000],
      same: true,
      ratio: 1,
    },
  ]);
});

void test("gaps are told by number and by what became of them", () => {
  const gaps = [
    gapOf({ from: 40, until: 45, lost: 2 }),
    gapOf({ from: 60, until: 61, closedNs: undefined }),
  ];
  const other = side({
    label: "B",
    run: runOf({ gaps, undelivered: [{ from: 41, until: 43 }] }),
  });
  const compared = compareRuns([
    side({
      run: runOf({
        gaps: [gapOf({ from: 40, until: 45 })],
        undelivered: [{ from: 42, until: 44 }],
      }),
    }),
    other,
  ]);
  assertEquals(compared.sameGaps, false);
  assertEquals(compared.gaps, [
    [{ from: 40, until: 45, state: "filled" }],
    [
      { from: 40, until: 45, state: "abandoned" },
      { from: 60, until: 61, state: "open" },
    ],
  ]);
  // 42 is missing on both sides.
  assertEquals(compared.undelivered, [[{ from: 43, until: 44 }], [{ from: 41, until: 42 }]]);
});

void test("verdicts differ by their outcome, not by what was measured", () => {
  const got = (outcome: "pass" | "fail", text: string): Side["verdicts"] => [
    { text: "gaps.detected > 0", outcome, got: text },
  ];
  const held = compareRuns([
    side({ verdicts: got("pass", "1") }),
    side({ verdicts: got("pass", "2") }),
  ]);
  assertEquals(held.sameVerdicts, true);
  const broken = compareRuns([
    side({ verdicts: got("pass", "1") }),
    side({ verdicts: got("fail", "0") }),
  ]);
  assertEquals(broken.verdicts, [
    {
      text: "gaps.detected > 0",
      sides: [
        { outcome: "pass", got: "1" },
        { outcome: "fail", got: "0" },
      ],
      same: false,
    },
  ]);
});

void test("what one side does not have is a difference, in its place", () => {
  const verdict = (text: string): Side["verdicts"][number] => ({ text, outcome: "pass", got: "" });
  const compared = compareRuns([
    side({ verdicts: ["a", "b", "d"].map(verdict), figures: [] }),
    side({ verdicts: ["a", "c", "d"].map(verdict) }),
  ]);
  assertEquals(
    compared.verdicts.map(({ text, same }) => [text, same]),
    [
      ["a", true],
      ["c", false],
      ["b", false],
      ["d", true],
    ],
  );
  assertEquals(compared.figures[0]?.sides, [undefined, 2_000_000]);
  assertEquals(compared.figures[0]?.ratio, undefined);
});

void test("a ratio is of the last by the first, and of nothing there is none", () => {
  const figures = (value: number): Pick<Side, "figures"> => ({
    figures: [{ name: "recovery.requests", unit: "count", value }],
  });
  const ratio = (a: number, b: number): number | undefined =>
    compareRuns([side(figures(a)), side(figures(b))]).figures[0]!.ratio;
  assertEquals([ratio(4, 6), ratio(0, 6), ratio(6, 0)], [1.5, undefined, undefined]);
});

void test("of three, a gap that one does not have is told of the other two", () => {
  const none = side({ run: runOf({ gaps: [] }) });
  const gap = { from: 40, until: 45, state: "filled" } as const;
  assertEquals(compareRuns([side(), none, side()]).gaps, [[gap], [], [gap]]);
});
