/** How a rule is held against the tree, and against a sample that it must not let pass. */
import { assertEquals, fail } from "@std/assert";
import type { Finding, Rule } from "./source.ts";

/** Fails with a line for each finding: where it is, and what rule it breaks. */
export function expectNone(findings: readonly Finding[]): void {
  if (findings.length === 0) return;
  fail(["", ...findings.map(({ path, line, rule }) => `${path}:${line}: ${rule}`)].join("\n"));
}

/** Expects the rule to find exactly `places`, as path:line, in the files given as path: text. */
export function expectFound(
  rule: Rule,
  sample: Readonly<Record<string, string>>,
  places: readonly string[],
): void {
  const files = Object.entries(sample).map(([path, text]) => ({ path, text }));
  const found = rule(files).map(({ path, line }) => `${path}:${line}`);
  assertEquals(found, [...places]);
}
