import { assertEquals } from "@std/assert";
import { test } from "node:test";
import {
  formatProblems,
  formatSummary,
  type Problem,
} from "../../../modules/scenario/document/problem.ts";

function problem(
  source: string,
  column: number,
  length: number,
  more: Partial<Problem> = {},
): Problem {
  const fixed = { severity: "error", file: "x.yaml", line: 7, path: "", message: "wrong" } as const;
  return { ...fixed, source, column, length, ...more };
}

function frame(of: Problem, width?: number): string[] {
  return formatProblems([of], width).split("\n").slice(1);
}

test("carets stand below wide characters and tabs", () => {
  assertEquals(frame(problem("名前: { x: 1 }", 7, 1)), ["  7 | 名前: { x: 1 }", "    |         ^"]);
  assertEquals(frame(problem("a:\t名前", 4, 2)), ["  7 | a:  名前", "    |     ^^^^"]);
});

test("long lines are cut around the carets", () => {
  const source = `${"a".repeat(80)}<here>${"b".repeat(80)}`;
  assertEquals(frame(problem(source, 81, 6), 46), [
    `  7 | …${"a".repeat(22)}<here>${"b".repeat(10)}…`,
    `    |  ${" ".repeat(22)}^^^^^^`,
  ]);
  const [line] = frame(problem("c".repeat(1_000_000), 1, 1_000_000));
  assertEquals(line!.length, 6 + 76 + 1);
  for (const column of [1, 50, 99, 100, 101, 161, 166]) {
    const lines = frame(problem(source, column, 3));
    assertEquals(
      lines.filter((text) => text.length > 100),
      [],
    );
  }
});

test("a hint that does not fit beside the carets goes below them", () => {
  const hint = "have one, two, three, four, five, six, seven, eight";
  assertEquals(frame(problem("      key: 1", 7, 3, { hint }), 40), [
    "  7 |       key: 1",
    "    |       ^^^",
    "    | have one, two, three, four, five,",
    "    | six, seven, eight",
  ]);
});

test("nothing of the file reaches the terminal as a command", () => {
  const shown = formatProblems([
    problem("a: \u001b[31mred\u202e", 4, 9, { message: 'got "\u009b2J"', file: "x\u0007.yaml" }),
  ]);
  assertEquals(shown.split("\n"), [
    'x\ufffd.yaml:7:4   error  got "\ufffd2J"',
    "  7 | a: \ufffd[31mred\ufffd",
    "    |    ^^^^^^^^^",
  ]);
});

test("the closing line counts", () => {
  const error = problem("x", 1, 1);
  const warning = problem("x", 1, 1, { severity: "warning" });
  const of = (errors: number, warnings: number): string =>
    formatSummary([...Array(errors).fill(error), ...Array(warnings).fill(warning)]);
  assertEquals(of(4, 2), "4 errors, 2 warnings; nothing was sent (exit 2)");
  assertEquals(of(1, 0), "1 error; nothing was sent (exit 2)");
  assertEquals(of(1, 1), "1 error, 1 warning; nothing was sent (exit 2)");
  assertEquals(of(0, 3), "3 warnings");
  assertEquals(of(0, 0), "no problems");
});
