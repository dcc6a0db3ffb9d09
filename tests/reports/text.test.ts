import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { PLAIN } from "../../modules/reports/paint.ts";
import { renderJudged, renderSummary, text } from "../../modules/reports/text.ts";
import { aJudgedRun, aJudgement, aNotRun, aPassedRun, aRun } from "../support/judged-run.ts";

void test("one result has no summary, several have a line each", () => {
  const view = { paint: PLAIN, columns: 80 };
  assert(!text.render([aPassedRun()], view).includes("scenario"));
  assertEquals(
    renderSummary([aPassedRun(), aPassedRun({ file: "two.yaml" })], PLAIN),
    [
      "✓ PASSED   demo.yaml   a good day, seed 7",
      "✓ PASSED   two.yaml    a good day, seed 7",
      "2 of 2 scenarios passed (exit 0)",
    ].join("\n"),
  );
  assertStringIncludes(
    renderSummary([aPassedRun(), aNotRun()], PLAIN),
    "1 of 2 scenarios passed (exit 2)",
  );
});

void test("values that were given from outside tell runs of one file apart", () => {
  const results = ["1%", "5%"].map((loss) => aPassedRun({ variables: { loss } }));
  const summary = renderSummary(results, PLAIN);
  assertStringIncludes(summary, "a good day (loss=1%), seed 7");
  assertStringIncludes(summary, "a good day (loss=5%), seed 7");
});

void test("what explains two expectations is told once", () => {
  const verdicts = ["gaps.detected == 6", "gaps.filled == 6"].map((text) => ({
    text,
    outcome: "fail" as const,
    got: "3",
  }));
  const shown = renderJudged(aJudgedRun({ judgement: aJudgement({ verdicts }) }), PLAIN);
  assertEquals(shown.split("gap SEQ:5 ").length - 1, 1);
  assertStringIncludes(shown, "✗ gaps.filled == 6     got 3\n    as above\n");
});

void test("a run that was stopped says what was still open", () => {
  const notes = ["stopped by the timeout with SEQ:20 still missing, 28 of 30 delivered"];
  const judgement = aJudgement({ outcome: "timeout", exitCode: 124, verdicts: [], notes });
  const shown = renderJudged(aJudgedRun({ runs: [aRun({ end: "timed-out" })], judgement }), PLAIN);
  assertStringIncludes(shown, `! ${notes[0]}\nTIMED OUT: `);
});
