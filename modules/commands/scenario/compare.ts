import { EXIT, type ExitCode } from "../../core/errors.ts";
import type { JudgedRun } from "../../core/result.ts";
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

/** Tells what differs between two runs: stored ones, or scenarios, which run in virtual time. */
export const scenarioCompare: Command = {
  options,
  examples: [
    "feedlab scenario compare before.ndjson after.ndjson",
    "feedlab scenario compare run.ndjson my.yaml",
    "feedlab scenario compare quick.yaml patient.yaml --seed 7 --all",
  ],
  run,
};

/** What the two are called. */
const LABELS = ["A", "B"] as const;

/** The two runs of one feed; a feed that only one of them has cannot be compared. */
interface ComparedFeed {
  readonly feed: string;
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
  const seed = given.seed ?? seedOf(both) ?? shell.freshSeed();
  const judged: JudgedRun[] = [];
  for (const [i, one] of both.entries()) {
    const result = "runs" in one ? one : await judgeVirtually(one, seed, shell);
    // A stored run is what its file is called.
    judged.push({ ...result, operand: operands[i]! });
    if (!("runs" in one) && result.judgement.outcome === "interrupted") return EXIT.interrupted;
  }
  const [a, b] = judged as [JudgedRun, JudgedRun];
  const feeds = feedsOf(a, b);
  const same =
    a.judgement.outcome === b.judgement.outcome &&
    feeds.every(({ comparison }) => comparison?.sameVerdicts && comparison.sameGaps);
  const exitCode = same ? EXIT.ok : EXIT.failed;
  if (given.format === "json") {
    shell.out(JSON.stringify(asJson([a, b], feeds, same, exitCode), undefined, 2));
  } else {
    shell.out(render([a, b], feeds, given.all, shell.paint(given.color), shell.columns));
  }
  return exitCode;
}

/** That of a stored run, which cannot be changed any more; otherwise the first that a file names. */
function seedOf(both: readonly (JudgedRun | RunnableScenario)[]): string | undefined {
  const stored = both.flatMap((one) => ("runs" in one ? [one.runs[0].seed] : []));
  const named = both.flatMap((one) => ("runs" in one ? [] : [one.seed ?? one.scenario.seed]));
  return [...stored, ...named].find((seed) => seed !== undefined);
}

/** Feeds by their names; the only ones of both are compared whatever they are called. */
function feedsOf(a: JudgedRun, b: JudgedRun): ComparedFeed[] {
  const single = a.runs.length === 1 && b.runs.length === 1;
  const compared = a.runs.map((run): ComparedFeed => {
    const other = single ? b.runs[0] : b.runs.find(({ feed }) => feed === run.feed);
    if (other === undefined) return { feed: run.feed, comparison: undefined, onlyIn: LABELS[0] };
    const sides = [sideOf(LABELS[0], run, a.judgement), sideOf(LABELS[1], other, b.judgement)];
    return { feed: run.feed, comparison: compareRuns(sides), onlyIn: undefined };
  });
  const others = single
    ? []
    : b.runs.filter(({ feed }) => a.runs.every((run) => run.feed !== feed));
  return [
    ...compared,
    ...others.map(({ feed }) => ({ feed, comparison: undefined, onlyIn: LABELS[1] })),
  ];
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
    return `${LABELS[i]}  ${one.operand}: ${titleOf(one)}, seed ${seed}, ${time} time: ${word}`;
  });
  for (const { feed, comparison } of feeds) {
    const table = comparison === undefined ? [] : renderComparison(comparison, columns, all);
    const title = feed === "" ? [] : [paint.bold(feed)];
    if (table.length > 0) lines.push("", ...title, ...table);
  }
  for (const label of LABELS) {
    const own = feeds.filter(({ onlyIn }) => onlyIn === label).map(({ feed }) => feed);
    if (own.length > 0) lines.push("", `only in ${label}: ${own.map(feedText).join(", ")}`);
  }
  const [a, b] = judged;
  const comparisons = feeds.flatMap(({ comparison }) => comparison ?? []);
  const differences = [
    ...(a?.judgement.outcome === b?.judgement.outcome ? [] : ["outcomes differ"]),
    ...(comparisons.length === feeds.length ? [] : ["feeds differ"]),
    ...(comparisons.length === 0 ? [] : [renderDifference(comparisons)]),
  ];
  return [...lines, "", differences.join(", ")].join("\n");
}

function feedText(feed: string): string {
  return feed === "" ? "a feed without a name" : `feed ${feed}`;
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
    sides: Object.fromEntries(
      judged.map(({ operand, variables, runs, judgement }, i) => {
        const [{ name, seed, time }] = runs;
        const { outcome } = judgement;
        return [LABELS[i]!, { operand, name, variables, seed, time, outcome }];
      }),
    ),
    feeds: feeds.map(({ feed, comparison, onlyIn }) => ({
      ...(feed === "" ? {} : { feed }),
      ...(comparison === undefined ? { onlyIn } : comparisonJson(comparison)),
    })),
  };
}
