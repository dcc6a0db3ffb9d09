/** A summary for the page of a CI run, in the Markdown of GitHub and GitLab. */
import type { JudgedRun, NotRun, Result } from "../core/result.ts";
import { againOf } from "./again.ts";
import { type Beside, handlersBeside } from "./beside.ts";
import { comparisonRows } from "./compare-text.ts";
import { factsOf, type Row, transportRows } from "./facts.ts";
import { expectedOf, extentOf, MARK, markOf, outcomeOf, titleOf, WORD } from "./outcome.ts";
import type { ReportDefinition } from "./report.ts";
import { whyOf } from "./why.ts";

/** For the page of a CI run. */
export const markdown: ReportDefinition = {
  name: "markdown",
  summary: "a summary for the page of a CI run",
  render: (results) =>
    [
      ...(results.length > 1 ? [overview(results)] : []),
      ...results.map((result) => (result.kind === "judged" ? ofRun(result) : ofNotRun(result))),
    ].join("\n\n"),
};

function overview(results: readonly Result[]): string {
  const rows = results.map((result): Row => [
    `${markOf(result)} ${WORD[outcomeOf(result)]}`,
    plain(titleOf(result)),
  ]);
  const passed = results.filter((result) => outcomeOf(result) === "pass").length;
  return [
    `## feedlab: ${passed} of ${results.length} scenarios passed`,
    "",
    ...table(["Outcome", "Scenario"], rows),
  ].join("\n");
}

function ofRun(judged: JudgedRun): string {
  const { file, runs, judgement } = judged;
  const { outcome, verdicts, notes } = judgement;
  const whys = verdicts
    .filter((verdict) => verdict.outcome !== "pass")
    .flatMap((verdict) => {
      const { lines } = whyOf(runs, verdict);
      return lines.length === 0
        ? []
        : [`- ${code(expectedOf(verdict))}`, ...lines.map((line) => `  - ${plain(line)}`)];
    });
  return [
    heading(judged),
    "",
    `${code(file)}, ${extentOf(runs)}, seed ${code(runs[0].seed)}`,
    "",
    ...table(
      ["", "Expectation", "Got"],
      verdicts.map((verdict) => [
        MARK[verdict.outcome],
        code(expectedOf(verdict)),
        plain(verdict.got),
      ]),
    ),
    ...block(whys),
    ...block(notes.map((note) => `- ${plain(note)}`)),
    "",
    ...handlersBeside(judged).flatMap(besideTable),
    "<details><summary>What was measured</summary>",
    "",
    ...table(
      ["", ""],
      [...transportRows(judged), ...factsOf(runs)].map(([label, value]) => [
        plain(label),
        plain(value),
      ]),
    ),
    "",
    "</details>",
    ...(outcome === "pass" ? [] : ["", `Again: ${code(againOf(judged))}`]),
  ].join("\n");
}

function ofNotRun(result: NotRun): string {
  return [
    heading(result),
    "",
    plain(result.reason),
    ...block(
      result.mistakes.map(
        ({ file = result.file, line, column, severity, message }) =>
          `- ${code(`${file}:${line}:${column}`)} ${severity}: ${plain(message)}`,
      ),
    ),
  ].join("\n");
}

/** What differs between the handlers of a feed. */
function besideTable({ feed, comparison }: Beside): string[] {
  const [[, ...labels] = [], ...rows] = comparisonRows(comparison);
  if (rows.length === 0) return [];
  const head = [plain(feed), ...labels.map(plain)];
  return [
    ...table(
      head,
      rows.map((row) => row.map(plain)),
    ),
    "",
  ];
}

function heading(result: Result): string {
  return `### ${markOf(result)} ${WORD[outcomeOf(result)]}: ${plain(titleOf(result))}`;
}

/** Lines with an empty one above, which Markdown needs before a list. */
function block(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ["", ...lines];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}

/** Text that means nothing to Markdown, in one line. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, " ")
    .replaceAll(/[\\`*_[\]{}#|~]/g, String.raw`\$&`)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

/** Text as code, in one line; also within a table, where a bar would end the cell. */
function code(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").replaceAll("|", String.raw`\|`);
  const longest = Math.max(...[...line.matchAll(/`+/g)].map(([run]) => run.length), 0);
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${line}${pad}${fence}`;
}
