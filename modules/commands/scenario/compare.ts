import { EXIT, type ExitCode, UserError } from "../../core/errors.ts";
import type { JudgedRun } from "../../core/result.ts";
import { type Part, partName, type Run } from "../../core/run.ts";
import { quote } from "../../core/units.ts";
import { comparisonJson } from "../../reports/compare-json.ts";
import { renderComparison, renderDifference } from "../../reports/compare-text.ts";
import { type Comparison, compareRuns } from "../../reports/compare.ts";
import { titleOf, WORD } from "../../reports/outcome.ts";
import type { Paint } from "../../reports/paint.ts";
import { sideOf } from "../../scenario/sides.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { judgeVirtually } from "./judged.ts";
import { oneOfWords, SEED_OPTION, VAR_OPTION } from "./options.ts";
import { isStoredRun, readRun } from "./outputs.ts";
import { readSingle, type RunnableScenario } from "./matrix.ts";

const options = {
  all: { summary: "also what is the same" },
  ...SEED_OPTION,
  ...VAR_OPTION,
  format: {
    value: "<text|json>",
    summary: "for people or for programs",
    type: oneOfWords("text", "json"),
    fallback: "text",
  },
  color: OUTPUT_OPTIONS.color,
} as const;

/**
 * Tells what differs between two runs: stored ones, or scenarios, which run in virtual time. Of a
 * single one, between the handlers of its feeds.
 */
export const scenarioCompare: Command = {
  options,
  examples: [
    "feedlab scenario compare before.ndjson after.ndjson",
    "feedlab scenario compare run.ndjson my.yaml",
    "feedlab scenario compare quick.yaml patient.yaml --seed 7 --all",
    "feedlab scenario compare handlers.yaml",
  ],
  run,
};

/** What the two are called. */
const LABELS = ["A", "B"] as const;

/** The runs of one feed; what only one of two has cannot be compared. */
interface ComparedFeed {
  readonly part: Part;
  readonly comparison: Comparison | undefined;
  readonly onlyIn: string | undefined;
}

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const variables = Object.fromEntries(given.var);
  // All mistakes are told before anything runs.
  const read = operands.map((operand) =>
    isStoredRun(operand) ? readRun(operand) : readSingle(operand, shell, variables),
  );
  if (read.includes(undefined)) return EXIT.usage;
  const both = read as readonly (JudgedRun | RunnableScenario)[];
  const [only, second] = both;
  if (only !== undefined && second === undefined) checkAlone(only, operands[0]!);
  const seed = given.seed ?? seedOf(both) ?? shell.freshSeed();
  const judged: JudgedRun[] = [];
  for (const [i, one] of both.entries()) {
    const result = "runs" in one ? one : await judgeVirtually(one, seed, shell);
    // A stored run is what its file is called.
    judged.push({ ...result, operand: operands[i]! });
    if (!("runs" in one) && result.judgement.outcome === "interrupted") return EXIT.interrupted;
  }
  const [a, b = a] = judged as [JudgedRun, JudgedRun?];
  const feeds = judged.length === 1 ? handlersOf(a) : feedsOf(a, b);
  const same =
    a.judgement.outcome === b.judgement.outcome &&
    feeds.every(({ comparison }) => comparison?.sameVerdicts && comparison.sameGaps);
  const exitCode = same ? EXIT.ok : EXIT.failed;
  if (given.format === "json") {
    shell.out(JSON.stringify(asJson(judged, feeds, same, exitCode), undefined, 2));
  } else {
    shell.out(render(judged, feeds, given.all, shell.paint(given.color), shell.columns));
  }
  return exitCode;
}

/** One run by itself has nothing to be compared, unless several follow a feed of it. */
function checkAlone(one: JudgedRun | RunnableScenario, operand: string): void {
  const several =
    "runs" in one
      ? one.runs.some((run, i) => one.runs.findIndex(({ feed }) => feed === run.feed) < i)
      : one.scenario.feeds.some(({ handlers }) => handlers.length > 1);
  if (several) return;
  throw new UserError(
    `Cannot compare ${quote(operand)} with nothing: name another run, or take one whose listen: has ` +
      "several handlers",
  );
}

/** The handlers of each feed that several follow. */
function handlersOf({ runs, judgement }: JudgedRun): ComparedFeed[] {
  const feeds = [...new Set(runs.map(({ feed }) => feed))];
  return feeds.flatMap((feed): ComparedFeed[] => {
    const own = runs.filter((run) => run.feed === feed);
    if (own.length < 2) return [];
    const sides = own.map((run) => sideOf(run.handler ?? "", run, judgement));
    return [{ part: { feed }, comparison: compareRuns(sides), onlyIn: undefined }];
  });
}

/** That of a stored run, which cannot be changed any more; otherwise the first that a file names. */
function seedOf(both: readonly (JudgedRun | RunnableScenario)[]): string | undefined {
  const stored = both.flatMap((one) => ("runs" in one ? [one.runs[0].seed] : []));
  const named = both.flatMap((one) => ("runs" in one ? [] : [one.seed ?? one.scenario.seed]));
  return [...stored, ...named].find((seed) => seed !== undefined);
}

/** Handlers by their names and their feeds'; the only ones of both are compared whatever they are called. */
function feedsOf(a: JudgedRun, b: JudgedRun): ComparedFeed[] {
  const single = a.runs.length === 1 && b.runs.length === 1;
  const compared = a.runs.map((run): ComparedFeed => {
    const other = single ? b.runs[0] : b.runs.find((one) => isSame(one, run));
    if (other === undefined) return { part: run, comparison: undefined, onlyIn: LABELS[0] };
    const sides = [sideOf(LABELS[0], run, a.judgement), sideOf(LABELS[1], other, b.judgement)];
    return { part: run, comparison: compareRuns(sides), onlyIn: undefined };
  });
  const others = single ? [] : b.runs.filter((one) => !a.runs.some((run) => isSame(one, run)));
  return [
    ...compared,
    ...others.map((part) => ({ part, comparison: undefined, onlyIn: LABELS[1] })),
  ];
}

function isSame(one: Run, other: Run): boolean {
  return partName(one) === partName(other);
}

function render(
  judged: readonly JudgedRun[],
  feeds: readonly ComparedFeed[],
  all: boolean,
  paint: Paint,
  columns: number,
): string {
  const lines = judged.map((one, i) => {
    const { outcome } = one.judgement;
    const word = outcome === "pass" ? paint.good(WORD[outcome]) : paint.bad(WORD[outcome]);
    const [{ seed, time }] = one.runs;
    const label = judged.length === 1 ? "" : `${LABELS[i]}  `;
    return `${label}${one.operand}: ${titleOf(one)}, seed ${seed}, ${time} time: ${word}`;
  });
  for (const { part, comparison } of feeds) {
    const table = comparison === undefined ? [] : renderComparison(comparison, columns, all);
    const name = partName(part);
    const title = name === "" ? [] : [paint.bold(name)];
    if (table.length > 0) lines.push("", ...title, ...table);
  }
  for (const label of LABELS) {
    const own = feeds.filter(({ onlyIn }) => onlyIn === label).map(({ part }) => part);
    if (own.length > 0) lines.push("", `only in ${label}: ${own.map(partText).join(", ")}`);
  }
  const [a, b = a] = judged;
  const comparisons = feeds.flatMap(({ comparison }) => comparison ?? []);
  const named = feeds.some(({ part: { handler = "" } }) => handler !== "");
  const differences = [
    ...(a?.judgement.outcome === b?.judgement.outcome ? [] : ["outcomes differ"]),
    ...(comparisons.length === feeds.length ? [] : [`${named ? "handlers" : "feeds"} differ`]),
    ...(comparisons.length === 0 ? [] : [renderDifference(comparisons)]),
  ];
  return [...lines, "", differences.join(", ")].join("\n");
}

function partText({ feed = "", handler = "" }: Part): string {
  const of = feed === "" ? "" : `feed ${feed}`;
  if (handler !== "") return `handler ${handler}${of === "" ? "" : ` of ${of}`}`;
  return of === "" ? "a feed without a name" : of;
}

function asJson(
  judged: readonly JudgedRun[],
  feeds: readonly ComparedFeed[],
  same: boolean,
  exitCode: ExitCode,
): object {
  return {
    format: "feedlab comparison",
    version: 1,
    same,
    exitCode,
    ...(judged.length === 1
      ? { run: sideJson(judged[0]!) }
      : { sides: Object.fromEntries(judged.map((one, i) => [LABELS[i]!, sideJson(one)])) }),
    feeds: feeds.map(({ part: { feed = "", handler = "" }, comparison, onlyIn }) => ({
      ...(feed === "" ? {} : { feed }),
      ...(handler === "" ? {} : { handler }),
      ...(comparison === undefined ? { onlyIn } : comparisonJson(comparison)),
    })),
  };
}

function sideJson({ operand, variables, runs, judgement }: JudgedRun): object {
  const [{ name, seed, time }] = runs;
  const { outcome } = judgement;
  return { operand, name, variables, seed, time, outcome };
}
