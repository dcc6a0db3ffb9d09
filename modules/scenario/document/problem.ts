/** A mistake in a scenario as plain data, and as the text that a person reads. */
import { EXIT } from "../../core/errors.ts";
import { wrap } from "../../reports/wrap.ts";
import { codeFrame, printable } from "./frame.ts";
import type { Span } from "./lines.ts";

/** Columns by which a message goes on below its first line. */
const INDENT = 4;

/** One mistake, with its place. Plain data: every report format begins here. */
export interface Problem extends Span {
  /** An error keeps the scenario from running; a warning does not. */
  readonly severity: "error" | "warning";
  readonly file: string;
  /** Like `impair[0].drop`; empty where the message names its subject itself. */
  readonly path: string;
  /** What is wrong, then the remedy; without the path. */
  readonly message: string;
  /** What may have been meant; belongs below the place. */
  readonly hint?: string;
}

/** The problems in the order in which they lie in their files; an error before a warning. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const files = [...new Set(problems.map(({ file }) => file))];
  return problems.toSorted(
    (a, b) =>
      files.indexOf(a.file) - files.indexOf(b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      Number(isWarning(a)) - Number(isWarning(b)),
  );
}

/**
 * One block for each problem, in order of place: the line that tools can read, and for errors the
 * source with carets, cut so that it is at most `width` columns wide. On a terminal the line goes on
 * below after `room` columns.
 */
export function formatProblems(problems: readonly Problem[], width = 100, room = Infinity): string {
  const sorted = sortProblems(problems);
  const places = sorted.map(({ file, line, column }) => printable(`${file}:${line}:${column}`));
  const placeRoom = Math.max(0, ...places.map((place) => place.length));
  return sorted
    .map((problem, index) => {
      const label = isWarning(problem) ? "warn " : "error";
      const about = problem.path === "" ? "" : `${problem.path}: `;
      const place = places[index]!.padEnd(placeRoom);
      const start = `${place}   ${label}  `;
      const head = wrap(start, printable(about + problem.message), room, INDENT);
      return isWarning(problem)
        ? head
        : `${head}\n${codeFrame(problem, problem.hint ?? "", width)}`;
    })
    .join("\n");
}

/** `4 errors, 2 warnings; nothing was sent (exit 2)`. */
export function formatSummary(problems: readonly Problem[]): string {
  const warnings = problems.filter(isWarning).length;
  const errors = problems.length - warnings;
  const counts = [counted(errors, "error"), counted(warnings, "warning")].filter((t) => t !== "");
  if (errors > 0) return `${counts.join(", ")}; nothing was sent (exit ${EXIT.usage})`;
  return counts[0] ?? "no problems";
}

function isWarning(problem: Problem): boolean {
  return problem.severity === "warning";
}

function counted(n: number, what: string): string {
  return n === 0 ? "" : `${n} ${what}${n === 1 ? "" : "s"}`;
}
