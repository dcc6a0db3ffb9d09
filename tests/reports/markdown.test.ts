import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { markdown } from "../../modules/reports/markdown.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { aJudgedRun, aJudgement, aRun } from "../support/judged-run.ts";

void test("nothing of a scenario's own means anything to Markdown", () => {
  const judgement = aJudgement({
    verdicts: [{ text: "a `b` | c", outcome: "fail", got: "<b>|x|</b>\n# y [z](u) *s* _t_" }],
    notes: ["1 < 2 & `3`"],
  });
  const name = "# <script> | [x](y)\n***";
  const run = aRun({ name, gaps: [], tail: [], journal: [] });
  const shown = markdown.render([aJudgedRun({ runs: [run], judgement })], {
    paint: PLAIN,
    columns: 80,
  });
  assertEquals(shown.split("\n")[0], "### ✗ FAILED: \\# &lt;script&gt; \\| \\[x\\](y) \\*\\*\\*");
  assertStringIncludes(
    shown,
    "| ✗ | `` a `b` \\| c `` | &lt;b&gt;\\|x\\|&lt;/b&gt; \\# y \\[z\\](u) \\*s\\* \\_t\\_ |",
  );
  assertStringIncludes(shown, "- 1 &lt; 2 &amp; \\`3\\`");
});
