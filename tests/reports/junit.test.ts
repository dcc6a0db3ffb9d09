import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { junit } from "../../modules/reports/junit.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import type { Outcome } from "../../modules/core/verdict.ts";
import { aJudgedRun, aJudgement, aNotRun, aPassedRun } from "../support/judged-run.ts";

const render = (...results: Parameters<typeof junit.render>[0]): string =>
  junit.render(results, { paint: PLAIN, columns: 80 });
const judged = (outcome: Outcome): string =>
  render(aJudgedRun({ judgement: aJudgement({ outcome, exitCode: 5 }) }));

/** The counters of the first element called `name`. */
function counters(xml: string, name: string): string {
  const [, attributes = ""] = new RegExp(`<${name} ([^>]*)>`).exec(xml) ?? [];
  return attributes.replaceAll(/(?:name|file|time|timestamp)="[^"]*" ?/g, "").trim();
}

void test("the counters say what is below them", () => {
  const xml = render(aJudgedRun(), aPassedRun(), aNotRun());
  assertEquals(counters(xml, "testsuites"), 'tests="7" failures="1" errors="2" skipped="0"');
  assertEquals(counters(xml, "testsuite"), 'tests="4" failures="1" errors="1" skipped="0"');
  const count = (element: string): number => xml.split(`<${element}`).length - 1;
  assertEquals([count("testcase "), count("failure "), count("error ")], [7, 1, 2]);
});

void test("a run that proves nothing is one error, and neither red nor green otherwise", () => {
  for (const outcome of ["unverifiable", "interrupted"] as const) {
    const xml = judged(outcome);
    assertEquals(counters(xml, "testsuite"), 'tests="5" failures="0" errors="1" skipped="4"');
    assertStringIncludes(xml, `<error type="${outcome}"`);
  }
});

void test("a timeout is an error beside what was measured until then", () => {
  const xml = judged("timeout");
  assertEquals(counters(xml, "testsuite"), 'tests="5" failures="1" errors="2" skipped="0"');
  assertStringIncludes(xml, '<testcase name="the run comes to its end"');
});

void test("what was not exercised is an error, never a pass", () => {
  assertStringIncludes(
    judged("not-exercised"),
    '<error type="not-exercised" message="not exercised: nothing">',
  );
});

void test("when the run was is known to those who ask for it", () => {
  const xml = render(aPassedRun({ facts: { at: "2026-01-02T03:04:05.000Z", runtime: "bun 1" } }));
  assertStringIncludes(xml, 'timestamp="2026-01-02T03:04:05.000Z"');
  assertStringIncludes(xml, '<property name="runtime" value="bun 1"/>');
  assert(!xml.includes('name="at"'));
});
