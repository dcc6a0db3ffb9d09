import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Breach, Invariant, Run } from "../../modules/core/run.ts";
import type { Verdict } from "../../modules/core/verdict.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { runOf } from "../support/run-fixture.ts";

const twice: Breach = { invariant: "once", what: "SEQ:5 was delivered twice" };
const damaged: Breach = { invariant: "intact", what: "SEQ:7 was delivered with other content" };

/** A run in which every rule fired. */
function broken(...breaches: Breach[]): Run {
  return runOf({ broken: breaches, rules: [] });
}

function closing(run: Run, allow: readonly Invariant[] = []): Verdict {
  return judgeRun([run], of(...allow)).verdicts[0]!;
}

test("what must always hold is one verdict", () => {
  const text = "exactly once, in order, intact, nothing invented, every gap closed";
  assertEquals(closing(broken()), { text, outcome: "pass", got: "" });
  assertEquals(closing(broken(twice, damaged)), {
    text,
    outcome: "fail",
    got: "SEQ:5 was delivered twice; SEQ:7 was delivered with other content",
  });
});

test("what is allowed may be broken, and the verdict says so", () => {
  const text = "in order, intact, nothing invented, every gap closed (allowed to break: once)";
  assertEquals(closing(broken(twice), ["once"]), { text, outcome: "pass", got: "" });
  const { outcome, got } = closing(broken(twice, damaged), ["once"]);
  assertEquals([outcome, got], ["fail", "SEQ:7 was delivered with other content"]);
  assertEquals(judgeRun([broken(twice)], of("once")).outcome, "pass");
  assertEquals(judgeRun([broken(damaged)], of("once")).outcome, "fail");
});

test("all of it may be allowed", () => {
  const all: Invariant[] = ["gaps_closed", "once", "in_order", "intact", "invented"];
  assertEquals(closing(broken(twice), all), {
    text: "every invariant may be broken (allowed to break: once, in_order, intact, invented, gaps_closed)",
    outcome: "pass",
    got: "",
  });
});

test("of the numbers that a machine lost, a note names the first stretches", () => {
  const pairs = Array.from({ length: 1000 }, (_, i) => ({ from: 10 * i, until: 10 * i + 2 }));
  // Each packet lost for itself: neighbours are one stretch all the same.
  const unexplained = pairs.flatMap(({ from, until }) => [
    { from, until: from + 1 },
    { from: from + 1, until },
  ]);
  const { notes } = judgeRun([runOf({ unexplained, rules: [] })], of());
  assertEquals(notes, [
    "SEQ:0..1, 10..11, 20..21, 30..31, 40..41 and 995 more did not arrive although no rule dropped it: " +
      "the machine lost it, so no verdict can be trusted",
  ]);
});

function of(...allow: Invariant[]): Parameters<typeof judgeRun>[1] {
  return { expectations: [], feeds: [], allow };
}
