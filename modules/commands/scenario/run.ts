import { dirname, resolve } from "node:path";
import * as z from "zod";
import { EXIT, type ExitCode, UserError } from "../../core/errors.ts";
import {
  exitCodeOf,
  type JudgedRun,
  type NotRun,
  type Result,
  worstOf,
} from "../../core/result.ts";
import { renderOutcome } from "../../reports/ndjson.ts";
import { renderFacts, renderJudged, renderNotRun, renderSummary } from "../../reports/text.ts";
import type { Scenario } from "../../scenario/load.ts";
import { sourceFileOf } from "../../scenario/recorded.ts";
import { runScenario } from "../../scenario/run.ts";
import { writeStored } from "../../scenario/stored.ts";
import { judgeRun } from "../../scenario/verdict.ts";
import { Capture, PCAP_OPTION, recordedPlaces } from "../capture.ts";
import { type Command, readOptions, type Values, type Words } from "../command.ts";
import { complain } from "../complain.ts";
import { fileOption } from "../file-option.ts";
import { OUTPUT_OPTIONS, TRANSPORT_OPTION } from "../options.ts";
import type { Shell } from "../shell.ts";
import { tellPath } from "../tell.ts";
import { machineFacts } from "./machine.ts";
import { SEED_OPTION, VAR_OPTION } from "./options.ts";
import { checkOutputs, reportOption, writeOutput, writeReports } from "./outputs.ts";
import { flagsFor, namesOf, type RunnableScenario, runsOf } from "./matrix.ts";
import { notRun, readScenario, type ReadScenario, showMistakes } from "./read.ts";
import { watchRun } from "./watch.ts";

const options = {
  time: {
    value: "<real|virtual>",
    summary: "on real sockets, or in milliseconds (default: what the file says)",
    type: z.enum(["real", "virtual"], { error: "is not one of real, virtual" }),
  },
  ...SEED_OPTION,
  ...VAR_OPTION,
  save: {
    value: "<file>",
    summary: "store the run, to be shown or asked about later",
    type: fileOption(),
  },
  ...PCAP_OPTION,
  ...TRANSPORT_OPTION,
  report: {
    value: "<name[=file]>",
    summary: "also as text, json, ndjson, junit, github or markdown; repeatable",
    type: reportOption(),
    many: true,
  },
  verbose: { summary: "a line for every packet, however many there are, and how they travel" },
  ...OUTPUT_OPTIONS,
} as const;

/** Options of which each file has room for one run. */
const SINGLE = [
  ["save", "--save stores"],
  ["pcap", "--pcap records"],
] as const;

type Given = Values<typeof options>;

/** Runs scenarios, one after another, and judges them. */
export const scenarioRun: Command = {
  options,
  examples: [
    "feedlab scenario run demo",
    "feedlab scenario run demo --time virtual",
    "feedlab scenario run my.yaml --seed 7 --output json",
    "feedlab scenario run *.yaml --report junit=out.xml --report github",
    "feedlab scenario run my.yaml --save run.ndjson",
    "feedlab scenario run my.yaml --time virtual --pcap run.pcapng",
  ],
  run,
};

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const single = SINGLE.filter(([option]) => given[option] !== undefined).map(([, does]) => does);
  if (single.length > 0 && operands.length > 1) {
    throw new UserError(`${single[0]} one run: give one scenario, not ${operands.length}`);
  }
  const files = given.report.map(({ file }) => file);
  checkOutputs([given.save, given.pcap, ...files], operands);

  const variables = Object.fromEntries(given.var);
  const read = operands.map((operand) => readScenario(operand, variables));
  showMistakes(read, shell);
  const runs = read.every(isRunnable) ? read.flatMap((one) => runsOf(one, given.seed)) : undefined;
  if (single.length > 0 && runs !== undefined && runs.length > 1) {
    const flags = flagsFor(read[0]!.scenario!, variables, given.seed);
    throw new UserError(
      `${single[0]} one run, and the matrix makes ${runs.length}: choose one with ${flags}`,
    );
  }
  const capture = new Capture(given.pcap, shell);
  const results =
    runs !== undefined
      ? await runAll(runs, given, shell, capture)
      : read.filter((one) => !isRunnable(one)).map(notRun);

  const paint = shell.paint(given.color);
  if (results.length > 1) {
    if (given.output === "json") shell.out(JSON.stringify(summaryOf(results)));
    else shell.out(`\n${renderSummary(results, paint)}`);
  }
  const [only] = results;
  if (given.save !== undefined && only?.kind === "judged") {
    writeOutput(given.save, writeStored(only));
  }
  writeReports(given.report, results, shell, paint);
  return worstOf([...results.map(exitCodeOf), capture.exitCode]);
}

function isRunnable(read: ReadScenario): read is ReadScenario & { readonly scenario: Scenario } {
  return read.scenario !== undefined;
}

async function runAll(
  read: readonly RunnableScenario[],
  given: Given,
  shell: Shell,
  capture: Capture,
): Promise<Result[]> {
  const results: Result[] = [];
  const text = given.output === "text";
  const paint = shell.paint(given.color);
  for (const one of read) {
    const { operand, file } = one;
    if (results.some((result) => exitCodeOf(result) === EXIT.interrupted)) {
      const reason = "interrupted before it began";
      const never = { reason, mistakes: [], exitCode: EXIT.interrupted };
      results.push({ kind: "not-run", operand, file, ...never });
      continue;
    }
    if (text && read.length > 1) {
      shell.out(`${results.length > 0 ? "\n" : ""}${paint.bold(`== ${file}${valuesOf(one)}`)}`);
    }
    const result = await runOne(one, given, shell, capture);
    results.push(result);
    if (!text) for (const line of renderOutcome(result)) shell.out(line);
    else if (result.kind === "not-run") {
      if (result.skipped) shell.out(renderNotRun(result, paint));
      else complain(shell, result.reason);
    } else {
      if (!given.quiet) shell.out(["", ...renderFacts(result, shell.columns)].join("\n"));
      shell.out(renderJudged(result, paint, shell.columns));
    }
  }
  return results;
}

/** ` (loss=1%, seed 3)`: which run of a matrix this is. */
function valuesOf(one: RunnableScenario): string {
  const names = namesOf(one);
  return names === "" ? "" : ` (${names})`;
}

/** Runs one scenario. That the machine could not is a result too: others may still run. */
async function runOne(
  read: RunnableScenario,
  given: Given,
  shell: Shell,
  capture: Capture,
): Promise<JudgedRun | NotRun> {
  const { scenario, seed, problems: _, failure: _f, open: _o, ...named } = read;
  const time = given.time ?? scenario.time;
  // In virtual time nothing of the machine is needed.
  const lines = scenario.feeds.flatMap((feed) => feed.lines);
  const reason = time === "real" ? await shell.unmet(scenario.requires, lines) : undefined;
  if (reason !== undefined) {
    const { operand, file } = named;
    return {
      kind: "not-run",
      operand,
      file,
      reason,
      mistakes: [],
      skipped: true,
      exitCode: EXIT.ok,
    };
  }
  const watch = watchRun(scenario, shell, given);
  try {
    const places = scenario.feeds.flatMap((feed) =>
      recordedPlaces(feed.lines, feed.recovery, feed.name),
    );
    const sources = scenario.feeds.map(({ feed }) => sourceFileOf(feed));
    const from = sources.map((source) => source && resolve(dirname(read.operand), source));
    const { world, departures } = capture.record(
      await shell.openWorld(time, given.transport),
      places,
      from,
    );
    const path = await tellPath(shell, given, world);
    const runs = await runScenario(scenario, world, {
      seed: seed ?? scenario.seed ?? shell.freshSeed(),
      interrupted: shell.interrupted,
      departures,
      ...watch,
    });
    const judgement = judgeRun(runs, scenario);
    const facts = machineFacts(path);
    return { kind: "judged", ...named, facts, places: scenario.places, runs, judgement };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { operand, file } = read;
    const { message: reason, exitCode } = error;
    return { kind: "not-run", operand, file, reason, mistakes: [], exitCode };
  } finally {
    watch.end();
    capture.close();
  }
}

/** What came of several scenarios, for programs. */
function summaryOf(results: readonly Result[]): object {
  const exitCode = worstOf(results.map(exitCodeOf));
  const scenarios = results.map((result) => ({ file: result.file, exitCode: exitCodeOf(result) }));
  return { event: "summary", exitCode, scenarios };
}
