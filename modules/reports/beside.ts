/** The handlers of one feed beside each other: a column for each, and a row for what differs. */
import type { JudgedRun } from "../core/result.ts";
import { type Comparison, compareRuns, verdictsAbout } from "./compare.ts";
import { renderComparison } from "./compare-text.ts";
import { type Row, rowsOf, spread } from "./facts.ts";

/** How the handlers of a feed differ. */
export interface Beside {
  /** Empty where the feed has no name. */
  readonly feed: string;
  readonly comparison: Comparison;
}

/** One for each feed that several follow. */
export function handlersBeside({
  runs,
  judgement,
}: Pick<JudgedRun, "runs" | "judgement">): Beside[] {
  const feeds = [...new Set(runs.map(({ feed }) => feed))];
  return feeds.flatMap((feed): Beside[] => {
    const handlers = runs.filter((run) => run.feed === feed);
    if (handlers.length < 2) return [];
    const sides = handlers.map((run) => {
      const { handler: label = "" } = run;
      const verdicts = verdictsAbout(run, judgement);
      // What patience costs, and what it saves.
      const latency: Row = ["latency", spread(run.latency)];
      return { label, run, verdicts, figures: [], facts: [...rowsOf(run), latency] };
    });
    return [{ feed, comparison: compareRuns(sides) }];
  });
}

/** As tables below each other, each with an empty line above it; no lines where nothing differs. */
export function renderBeside(
  judged: Pick<JudgedRun, "runs" | "judgement">,
  columns = Infinity,
): string[] {
  return handlersBeside(judged).flatMap(({ feed, comparison }) => {
    const table = renderComparison(comparison, columns);
    return table.length === 0 ? [] : ["", ...(feed === "" ? [] : [feed]), ...table];
  });
}
