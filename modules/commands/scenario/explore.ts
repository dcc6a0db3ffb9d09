import { EXIT, type ExitCode, UserError } from "../../core/errors.ts";
import { count } from "../../core/options.ts";
import { type JudgedRun, worstOf } from "../../core/result.ts";
import { plural } from "../../core/units.ts";
import type { Verdict } from "../../core/verdict.ts";
import { againOf, shellWord } from "../../reports/again.ts";
import { renderJudged } from "../../reports/text.ts";
import { wrap } from "../../reports/wrap.ts";
import type { Draft } from "../../scenario/draft.ts";
import { type Failure, failuresOf, isAmong } from "../../scenario/failure.ts";
import { formatScenario, pinnedScenario } from "../../scenario/full.ts";
import { loadScenario } from "../../scenario/load.ts";
import { shrink, type Shrunk } from "../../scenario/shrink.ts";
import { type Command, readOptions, type Values, type Words } from "../command.ts";
import { fileOption } from "../file-option.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { judgeVirtually } from "./judged.ts";
import { oneOfWords, SEED_OPTION, VAR_OPTION } from "./options.ts";
import { checkOutputs, writeOutput } from "./outputs.ts";
import { readSingle, type RunnableScenario } from "./matrix.ts";

/** Seeds of one exploration. */
const SEEDS_MAX = 1_000_000;

const options = {
  seeds: {
    value: "<count>",
    summary: "how many seeds to try: SEED-1, SEED-2 and so on",
    type: count(1, SEEDS_MAX),
    fallback: "100",
  },
  ...SEED_OPTION,
  all: { summary: "go on behind the first seed that fails, and count" },
  ...VAR_OPTION,
  output: {
    value: "<file>",
    summary: "write the smaller scenario here (default: to the terminal)",
    type: fileOption(),
  },
  format: {
    value: "<text|json>",
    summary: "for people or for programs",
    type: oneOfWords("text", "json"),
    fallback: "text",
  },
  color: OUTPUT_OPTIONS.color,
} as const;

type Given = Values<typeof options>;

/** Runs a scenario with many seeds, and makes the first that fails as small as can be. */
export const scenarioExplore: Command = {
  options,
  examples: [
    "feedlab scenario explore my.yaml --seeds 1k",
    "feedlab scenario explore my.yaml --seed 7 --output small.yaml",
    "feedlab scenario explore my.yaml --all --format json",
  ],
  run,
};

/** What came of the seeds. */
interface Explored {
  readonly base: string;
  readonly tried: number;
  /** Seeds that did not pass, with what came of them. */
  readonly failed: readonly { readonly seed: string; readonly exitCode: ExitCode }[];
  readonly first: JudgedRun | undefined;
  readonly interrupted: boolean;
}

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const [operand = ""] = operands;
  checkOutputs([given.output], operands);
  // The seeds are this command's own, whatever a matrix says.
  const read = readSingle(operand, shell, Object.fromEntries(given.var), given.seed ?? "");
  if (read === undefined) return EXIT.usage;
  const base = given.seed ?? read.scenario.seed ?? shell.freshSeed();
  const explored = await tryAll(read, base, given, shell);
  const { first } = explored;
  const small = first === undefined ? undefined : await shrinkRun(read, first, shell);
  shell.status?.("");
  const text = small && formatScenario(small.draft);
  if (text !== undefined && given.output !== undefined) writeOutput(given.output, `${text}\n`);
  if (given.format === "json") {
    shell.out(JSON.stringify(asJson(explored, small, given.output), undefined, 2));
  } else tell(explored, small, text, given, shell);
  if (explored.interrupted) return EXIT.interrupted;
  return worstOf(explored.failed.map(({ exitCode }) => exitCode));
}

async function tryAll(
  read: RunnableScenario,
  base: string,
  { seeds, all }: Given,
  shell: Shell,
): Promise<Explored> {
  const failed: { seed: string; exitCode: ExitCode }[] = [];
  let first: JudgedRun | undefined;
  let tried = 0;
  let interrupted = false;
  while (tried < seeds && !interrupted) {
    const seed = `${base}-${tried + 1}`;
    const judged = await judgeVirtually(read, seed, shell);
    const { outcome, exitCode } = judged.judgement;
    if (outcome === "interrupted") {
      interrupted = true;
      continue;
    }
    tried++;
    if (outcome !== "pass") {
      failed.push({ seed, exitCode });
      // What says most against the scenario: of equals the first.
      const before = first?.judgement.exitCode ?? EXIT.ok;
      if (worstOf([before, exitCode]) !== before) first = judged;
      if (!all) break;
    }
    shell.status?.(`  ${tried} of ${plural(seeds, "seed")}, ${failed.length} not passed`);
  }
  return { base, tried, failed, first, interrupted };
}

/** Undefined where the scenario, written out, does not fail like the run. */
async function shrinkRun(
  read: RunnableScenario,
  judged: JudgedRun,
  shell: Shell,
): Promise<Shrunk | undefined> {
  const { runs, judgement } = judged;
  const { text, file, variables, scenario, bases, open } = read;
  const { seed } = runs[0];
  const failure = failuresOf(runs, judgement, scenario)[0];
  if (failure === undefined) return undefined;
  let tried = 0;
  const fails = async (draft: Draft): Promise<boolean | undefined> => {
    const again = formatScenario(draft);
    const { scenario: one } = loadScenario(again, file, {}, undefined, open);
    if (one === undefined) return undefined;
    shell.status?.(`  making it smaller: ${plural(++tried, "run")}`);
    return failsLike(failure, { ...read, text: again, scenario: one }, seed, shell);
  };
  const draft = pinnedScenario(text, file, variables, scenario, seed, bases);
  if ((await fails(draft)) !== true) return undefined;
  return shrink(draft, {
    fails,
    published: new Map(runs.map(({ feed, first, next }) => [feed, next - first])),
    // What never came to bear comes to bear in no shorter feed.
    shorten: judgement.outcome !== "not-exercised",
  });
}

async function failsLike(
  failure: Failure,
  read: RunnableScenario,
  seed: string,
  shell: Shell,
): Promise<boolean> {
  try {
    const { runs, judgement } = await judgeVirtually(read, seed, shell);
    return isAmong(failure, failuresOf(runs, judgement, read.scenario));
  } catch (error) {
    // What was left out may be what made it possible.
    if (error instanceof UserError) return false;
    throw error;
  }
}

/** The scenario first and the rest as comments below it, so that all of it is a scenario file. */
function tell(
  explored: Explored,
  small: Shrunk | undefined,
  text: string | undefined,
  { output, color }: Given,
  shell: Shell,
): void {
  const { first } = explored;
  const commented = text !== undefined && output === undefined;
  const paint = shell.paint(commented ? "never" : color);
  const columns = shell.columns - (commented ? 2 : 0);
  const lines = [
    ...(first === undefined ? [] : renderJudged(first, paint, columns).split("\n")),
    countText(explored),
    ...(small === undefined ? [] : smallLines(small, output, columns)),
  ];
  if (commented) shell.out(text);
  shell.out(lines.map((line) => (commented ? `# ${line}`.trimEnd() : line)).join("\n"));
}

function countText({ base, tried, failed, interrupted }: Explored): string {
  const range = tried === 1 ? `${base}-1` : `${base}-1 to ${base}-${tried}`;
  const stopped = interrupted ? ", then interrupted" : "";
  if (failed.length === 0) return `all of ${plural(tried, "seed")} passed: ${range}${stopped}`;
  return `${tried - failed.length} of ${plural(tried, "seed")} passed: ${range}${stopped}`;
}

function smallLines(
  { leftOut, messages, runs, limited }: Shrunk,
  output: string | undefined,
  columns: number,
): string[] {
  const shorter = messages.map(
    ({ feed, from, to }) => `${feed === "" ? "" : `${feed}: `}${to} of ${plural(from, "message")}`,
  );
  const what = shorter.length === 0 ? "" : ` with ${shorter.join(", ")}`;
  const more = limited ? "; there may be a smaller one" : "";
  const file = output ?? "small.yaml";
  const saved = output === undefined ? "   (with this in it)" : "";
  return [
    wrap("smaller  ", `fails the same way${what} (${plural(runs, "run")}${more})`, columns),
    ...leftOut.map((one) => wrap("left out ", one, columns)),
    `again  feedlab scenario run ${shellWord(file)}${saved}`,
  ];
}

function asJson(
  { base, tried, failed, first, interrupted }: Explored,
  small: Shrunk | undefined,
  output: string | undefined,
): object {
  return {
    format: "feedlab exploration",
    version: 1,
    seed: base,
    tried,
    passed: tried - failed.length,
    interrupted,
    failed,
    ...(first === undefined ? {} : { first: firstJson(first) }),
    ...(small === undefined
      ? {}
      : {
          smaller: {
            runs: small.runs,
            limited: small.limited,
            leftOut: small.leftOut,
            messages: small.messages,
            ...(output === undefined ? {} : { again: `feedlab scenario run ${shellWord(output)}` }),
            scenario: small.draft,
          },
        }),
  };
}

function firstJson(judged: JudgedRun): object {
  const { outcome, exitCode, verdicts, notes } = judged.judgement;
  const wrong: readonly Verdict[] = verdicts.filter((verdict) => verdict.outcome !== "pass");
  const [{ seed }] = judged.runs;
  return { seed, outcome, exitCode, verdicts: wrong, notes, again: againOf(judged) };
}
