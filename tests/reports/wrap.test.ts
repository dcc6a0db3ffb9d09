import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { PLAIN } from "../../modules/reports/paint.ts";
import { text } from "../../modules/reports/text.ts";
import { wrap } from "../../modules/reports/wrap.ts";
import { aJudgedRun } from "../support/judged-run.ts";

void test("text breaks at blanks, and goes on below its start", () => {
  assertEquals(wrap("! ", "one two three four five six", 22), "! one two three four\n  five six");
  assertEquals(wrap("! ", "one two", Infinity), "! one two");
  assertEquals(
    wrap("", "a-word-that-is-longer-than-any-line", 0),
    "a-word-that-is-longer-than-any-line",
  );
});

void test("facts, reasons and notes stay within the terminal; commands stay whole", () => {
  const shown = text.render([aJudgedRun()], { paint: PLAIN, columns: 60 }).split("\n");
  const long = shown.filter(
    (line) => line.length > 60 && !/^ *(again|look) |^[✓✗?] |^FAILED/.test(line),
  );
  assertEquals(long, []);
  assert(shown.some((line) => line.startsWith("again  feedlab ")));
});
