/** Workflow commands of GitHub Actions: what is wrong, beside the line of the file that says it. */
import type { JudgedRun, NotRun, Place } from "../core/result.ts";
import { againOf } from "./again.ts";
import { expectedOf, outcomeOf, titleOf, WORD } from "./outcome.ts";
import type { ReportDefinition } from "./report.ts";
import { whyOf } from "./why.ts";

/** Annotations. Nothing when all passed: GitHub shows ten of a kind, and silence is good news. */
export const github: ReportDefinition = {
  name: "github",
  summary: "annotations of GitHub Actions for what is wrong, each in its place",
  render: (results) =>
    results
      .flatMap((result) => (result.kind === "judged" ? ofRun(result) : ofNotRun(result)))
      .join("\n"),
};

/** One annotation. Without a place it belongs to the file. */
export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly file: string;
  readonly place: Place | undefined;
  readonly title: string;
  readonly message: string;
}

/** As a line of a workflow's output. */
export function renderAnnotation({ level, file, place, title, message }: Annotation): string {
  const properties = {
    file,
    ...(place === undefined
      ? {}
      : { line: place.line, col: place.column, endColumn: place.column + place.length }),
    title,
  };
  const list = Object.entries(properties).map(
    ([key, value]) => `${key}=${property(String(value))}`,
  );
  return `::${level} ${list.join(",")}::${data(message)}`;
}

function ofRun(judged: JudgedRun): string[] {
  const { file, runs, judgement, places } = judged;
  const { outcome, verdicts, notes } = judgement;
  if (outcome === "pass") return [];
  const title = `${WORD[outcome]}: ${titleOf(judged)}`;
  const again = `again  ${againOf(judged)}`;
  const red = verdicts.filter((verdict) => verdict.outcome !== "pass");
  // A run that proves nothing has no red expectations, only reasons.
  const trusted = outcome === "fail" || outcome === "not-exercised" || outcome === "timeout";
  const failed = (trusted ? red : []).map((verdict) => {
    const message = `${expectedOf(verdict)}: ${verdict.outcome === "fail" ? "got " : ""}${verdict.got}`;
    return renderAnnotation({
      level: "error",
      file,
      place: Object.hasOwn(places, verdict.text) ? places[verdict.text] : undefined,
      title,
      message: [message, ...whyOf(runs, verdict).lines, again].join("\n"),
    });
  });
  const level = failed.length > 0 ? "warning" : "error";
  const reasons = notes.length === 0 && failed.length === 0 ? [WORD[outcome].toLowerCase()] : notes;
  return [
    ...failed,
    ...reasons.map((note) =>
      renderAnnotation({ level, file, place: undefined, title, message: `${note}\n${again}` }),
    ),
  ];
}

function ofNotRun(result: NotRun): string[] {
  const { file, reason, mistakes } = result;
  const title = `${WORD[outcomeOf(result)]}: ${titleOf(result)}`;
  if (mistakes.length === 0) {
    const level = result.skipped ? "notice" : "error";
    return [renderAnnotation({ level, file, place: undefined, title, message: reason })];
  }
  return mistakes.map(({ severity: level, message, file: at = file, ...place }) =>
    renderAnnotation({ level, file: at, place, title, message }),
  );
}

/** What GitHub's own toolkit escapes in a message. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** In a property a colon and a comma would end it. */
function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
