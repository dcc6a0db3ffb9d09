/** The report for programs that read line by line. */
import { exitCodeOf, type Result } from "../core/result.ts";
import { eventsOf } from "../core/journal.ts";
import { partName, type Run, type Runs } from "../core/run.ts";
import { againOf } from "./again.ts";
import { latenessFigures, rateFact } from "./json.ts";
import { durationOf, outcomeOf } from "./outcome.ts";
import type { ReportDefinition } from "./report.ts";

/** What `--output json` writes while a run goes on: events, verdicts, the outcome. */
export const ndjson: ReportDefinition = {
  name: "ndjson",
  summary: "one JSON object a line: the journal's events, the pacing, the verdicts, the outcome",
  render: (results) =>
    results
      .flatMap((result) => [
        ...(result.kind === "judged"
          ? journalOf(result.runs).map((event) => JSON.stringify(event))
          : []),
        ...renderOutcome(result),
      ])
      .join("\n"),
};

/** The events of all feeds in the order of their times, each with the names that it has. */
function journalOf(runs: Runs): object[] {
  if (partName(runs[0]) === "") return [...runs[0].journal];
  return eventsOf(runs)
    .map(({ event, feed, handler }) => ({
      ...event,
      ...(feed === "" ? {} : { feed }),
      ...(handler === "" ? {} : { handler }),
    }))
    .toSorted((a, b) => a.atNs - b.atNs);
}

/** How a feed kept its schedule. */
function pacingOf({ feed, rateWanted, rateAchieved, lateness }: Run): object {
  const named = feed === "" ? {} : { feed };
  const rates = { rateWanted: rateFact(rateWanted), rateAchieved };
  return { event: "pacing", ...named, ...rates, lateness: latenessFigures(lateness) };
}

/** A line for the pacing of each feed, one for each verdict, and one for the outcome. */
export function renderOutcome(result: Result): string[] {
  const outcome = outcomeOf(result);
  const exitCode = exitCodeOf(result);
  const { file } = result;
  if (result.kind === "not-run") {
    const { reason, mistakes } = result;
    return [JSON.stringify({ event: "outcome", file, outcome, exitCode, reason, mistakes })];
  }
  const { name, time, seed } = result.runs[0];
  const durationNs = durationOf(result.runs);
  const { verdicts, notes } = result.judgement;
  const again = againOf(result);
  return [
    ...result.runs.map(pacingOf),
    ...verdicts.map((verdict) => ({ event: "verdict", ...verdict })),
    { event: "outcome", name, outcome, exitCode, time, seed, durationNs, notes, again, file },
  ].map((line) => JSON.stringify(line));
}
