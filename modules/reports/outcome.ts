/** What came of a scenario, in the words and marks that every report for people uses. */
import type { Result } from "../core/result.ts";
import type { Runs } from "../core/run.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration, plural } from "../core/units.ts";
import type { Outcome, Verdict } from "../core/verdict.ts";

/** Before a verdict. */
export const MARK: Readonly<Record<Verdict["outcome"], string>> = {
  pass: "✓",
  fail: "✗",
  "not-exercised": "?",
};

/** Of what did not run. */
type NoOutcome = "not-run" | "skipped";

/** For an outcome. */
export const WORD: Readonly<Record<Outcome | NoOutcome, string>> = {
  pass: "PASSED",
  fail: "FAILED",
  unverifiable: "UNVERIFIABLE",
  "not-exercised": "NOT EXERCISED",
  timeout: "TIMED OUT",
  interrupted: "INTERRUPTED",
  "not-run": "NOT RUN",
  skipped: "SKIPPED",
};

/** What came of it. */
export function outcomeOf(result: Result): Outcome | NoOutcome {
  if (result.kind === "judged") return result.judgement.outcome;
  return result.skipped ? "skipped" : "not-run";
}

/** Before the outcome of a whole scenario. */
export function markOf(result: Result): string {
  const outcome = outcomeOf(result);
  if (outcome === "pass") return MARK.pass;
  if (outcome === "skipped") return "-";
  return outcome === "not-exercised" || outcome === "unverifiable" ? "?" : MARK.fail;
}

/** What a result is called: the scenario's name, or its file where it could not be read. */
export function titleOf(result: Result): string {
  if (result.kind === "not-run") return result.file;
  const values = Object.entries(result.variables).map(([name, value]) => `${name}=${value}`);
  const { name } = result.runs[0];
  return values.length === 0 ? name : `${name} (${values.join(", ")})`;
}

/**
 * `22 messages in 10.5s of virtual time`; `44 messages of 2 feeds for 3 handlers` where these have
 * names.
 */
export function extentOf(runs: Runs): string {
  const [{ time, feed }] = runs;
  const feeds = runs.filter((run, i) => runs.findIndex((other) => other.feed === run.feed) === i);
  const messages = feeds.reduce((sum, { first, next }) => sum + next - first, 0);
  const of = feed === "" ? "" : ` of ${plural(feeds.length, "feed")}`;
  const named = runs.some(({ handler }) => handler !== undefined);
  const to = named ? ` for ${plural(runs.length, "handler")}` : "";
  const took = `${formatDuration(durationOf(runs))}${time === "virtual" ? " of virtual time" : ""}`;
  return `${plural(messages, "message")}${of}${to} in ${took}`;
}

/** How long the longest of them took. */
export function durationOf(runs: Runs): Nanos {
  return Math.max(...runs.map(({ durationNs }) => durationNs));
}

/** What was expected: with its name, where it has one. */
export function expectedOf({ text, check }: Verdict): string {
  return check === undefined ? text : `${text} (${check})`;
}
