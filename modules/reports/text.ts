/** The report of the terminal: what was measured, the verdict, and how to get there again. */
import { exitCodeOf, type JudgedRun, type NotRun, type Result, worstOf } from "../core/result.ts";
import type { Part } from "../core/run.ts";
import { plural } from "../core/units.ts";
import { againOf, lookOf } from "./again.ts";
import { renderBeside } from "./beside.ts";
import { factsOf, transportRows } from "./facts.ts";
import { markOf, outcomeOf, titleOf, WORD } from "./outcome.ts";
import type { Paint } from "./paint.ts";
import type { ReportDefinition } from "./report.ts";
import { renderRows } from "./table.ts";
import { renderVerdict } from "./verdict.ts";

/** For people. */
export const text: ReportDefinition = {
  name: "text",
  summary: "what the terminal shows at the end of a run",
  render: (results, { paint, columns }) =>
    [
      ...results.map((result) =>
        result.kind === "judged"
          ? [...renderFacts(result, columns), renderJudged(result, paint, columns)].join("\n")
          : renderNotRun(result, paint),
      ),
      ...(results.length > 1 ? [renderSummary(results, paint)] : []),
    ].join("\n\n"),
};

/** That a scenario did not run, and why. */
export function renderNotRun(result: NotRun, paint: Paint): string {
  const word = WORD[outcomeOf(result)];
  const painted = paint.bold(result.skipped ? paint.warn(word) : paint.bad(word));
  return `${painted}: ${result.file}: ${result.reason}`;
}

/** What was measured, a line each, and the handlers of a feed beside each other. */
export function renderFacts(judged: JudgedRun, columns = Infinity): string[] {
  const rows = renderRows([...transportRows(judged), ...factsOf(judged.runs)], columns);
  const beside = renderBeside(judged, columns);
  return [...rows, ...beside, ...(beside.length === 0 ? [] : [""])];
}

/** The verdict, with why it failed and how to get there again. */
export function renderJudged(judged: JudgedRun, paint: Paint, columns = Infinity): string {
  const look = (seq: number, part: Part): string => lookOf(judged, seq, part);
  return renderVerdict(judged.runs, judged.judgement, againOf(judged), paint, look, columns);
}

/** One line for each of several results, and one for all. */
export function renderSummary(results: readonly Result[], paint: Paint): string {
  const words = results.map((result) => WORD[outcomeOf(result)]);
  const room = Math.max(...words.map(({ length }) => length));
  const fileRoom = Math.max(...results.map(({ file }) => file.length));
  const lines = results.map((result, i) => {
    const outcome = outcomeOf(result);
    const start = `${markOf(result)} ${words[i]!.padEnd(room)}`;
    const seed =
      result.kind === "judged" ? `${titleOf(result)}, seed ${result.runs[0].seed}` : result.reason;
    const painted =
      outcome === "pass"
        ? paint.good(start)
        : outcome === "skipped"
          ? paint.warn(start)
          : paint.bad(start);
    return `${painted}   ${result.file.padEnd(fileRoom)}   ${seed}`;
  });
  const passed = results.filter((result) => outcomeOf(result) === "pass").length;
  const code = worstOf(results.map(exitCodeOf));
  const skipped = results.filter((result) => outcomeOf(result) === "skipped").length;
  const rest = skipped === 0 ? "" : `, ${skipped} skipped`;
  lines.push(`${passed} of ${plural(results.length, "scenario")} passed${rest} (exit ${code})`);
  return lines.join("\n");
}
