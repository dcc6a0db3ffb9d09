import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { github, renderAnnotation } from "../../modules/reports/github.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { aJudgedRun, aJudgement, aNotRun, aPassedRun } from "../support/judged-run.ts";

const view = { paint: PLAIN, columns: 80 };

void test("what would end a property or a message is escaped, and nothing twice", () => {
  assertEquals(
    renderAnnotation({
      level: "error",
      file: "a,b:c%\r\n.yaml",
      place: { line: 3, column: 7, length: 4 },
      title: "50%: x, y",
      message: "50%: x, y\r\n::error::%0A",
    }),
    "::error file=a%2Cb%3Ac%25%0D%0A.yaml,line=3,col=7,endColumn=11,title=50%25%3A x%2C y" +
      "::50%25: x, y%0D%0A::error::%250A",
  );
});

void test("good news is silence", () => {
  assertEquals(github.render([aPassedRun()], view), "");
});

void test("of a run that proves nothing, only the reason is told", () => {
  const judgement = aJudgement({ outcome: "unverifiable", exitCode: 5, notes: ["a, b"] });
  assertEquals(
    github.render([aJudgedRun({ judgement })], view),
    "::error file=days/hard.yaml,title=UNVERIFIABLE%3A a <hard> day | 100%25::a, b%0A" +
      "again  feedlab scenario run days/hard.yaml --seed 7 --time virtual",
  );
  const stopped = aJudgement({ outcome: "interrupted", exitCode: 130, notes: [] });
  assertEquals(
    github.render([aJudgedRun({ judgement: stopped })], view),
    "::error file=days/hard.yaml,title=INTERRUPTED%3A a <hard> day | 100%25::interrupted%0A" +
      "again  feedlab scenario run days/hard.yaml --seed 7 --time virtual",
  );
});

void test("a file that cannot be read has an annotation of its own", () => {
  assertEquals(
    github.render([aNotRun({ mistakes: [], reason: "no such file" })], view),
    "::error file=bad.yaml,title=NOT RUN%3A bad.yaml::no such file",
  );
});
