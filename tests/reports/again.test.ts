import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { againOf, lookOf, shellWord } from "../../modules/reports/again.ts";
import { aJudgedRun } from "../support/judged-run.ts";

void test("the command that runs it again has the seed, the values and the time", () => {
  assertEquals(
    againOf(aJudgedRun()),
    "feedlab scenario run days/hard.yaml --seed 7 --time virtual",
  );
  const judged = aJudgedRun({ operand: "my day.yaml", variables: { loss: "5%", name: "a b" } });
  assertEquals(
    againOf(judged),
    "feedlab scenario run 'my day.yaml' --seed 7 --var loss=5% --var 'name=a b' --time virtual",
  );
  assertEquals(
    lookOf(judged, 5),
    "feedlab scenario why 5 'my day.yaml' --seed 7 --var loss=5% --var 'name=a b'",
  );
});

void test("what a shell would take apart is quoted", () => {
  assertEquals(["a.yaml", "./b-1.yaml", "5%"].map(shellWord), ["a.yaml", "./b-1.yaml", "5%"]);
  assertEquals(shellWord("a b"), "'a b'");
  assertEquals(shellWord("it's $HOME"), String.raw`'it'\''s $HOME'`);
  assertEquals(shellWord(""), "''");
});
