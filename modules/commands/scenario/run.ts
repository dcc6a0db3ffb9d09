import * as z from "zod";
import { EXIT, type ExitCode } from "../../core/errors.ts";
import { renderVerdict } from "../../reports/verdict.ts";
import { loadScenario, type Scenario } from "../../scenario/load.ts";
import { formatProblems, formatSummary } from "../../scenario/document/problem.ts";
import { runScenario } from "../../scenario/run.ts";
import { judgeRun } from "../../scenario/verdict.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { tell } from "../tell.ts";
import { readScenarioText } from "./files.ts";

const options = {
  time: {
    value: "<real|virtual>",
    summary: "on real sockets, or in milliseconds (default: what the file says)",
    type: z.enum(["real", "virtual"], { error: "is not one of real, virtual" }),
  },
  seed: {
    value: "<text>",
    summary: "what chance begins with (default: the file's, or fresh)",
    type: z.string().min(1, "is empty: leave it out for a fresh one"),
  },
  ...OUTPUT_OPTIONS,
} as const;

/** Runs a scenario and judges it. */
export const scenarioRun: Command = {
  options,
  examples: [
    "feedlab scenario run demo",
    "feedlab scenario run demo --time virtual",
    "feedlab scenario run my.yaml --seed 7 --output json",
  ],
  run,
};

/** Reads a scenario and shows what is wrong with it; undefined when it cannot be run. */
export function readScenario(operand: string, shell: Shell): Scenario | undefined {
  const { file, text } = readScenarioText(operand);
  const { scenario, problems } = loadScenario(text, file);
  if (problems.length > 0) {
    shell.err(formatProblems(problems, shell.columns));
    if (scenario === undefined) shell.err(formatSummary(problems));
  }
  return scenario;
}

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const [operand = ""] = operands;
  const scenario = readScenario(operand, shell);
  if (scenario === undefined) return EXIT.usage;
  const time = given.time ?? scenario.time;
  const result = await runScenario(scenario, shell.openWorld(time), {
    seed: given.seed ?? scenario.seed ?? shell.freshSeed(),
    observe: tell(shell, given),
    observePackets: !given.quiet,
    interrupted: shell.interrupted,
  });
  const judgement = judgeRun(result, scenario.expectations, scenario.heartbeats);
  const { outcome, exitCode, verdicts, notes } = judgement;
  const again = `feedlab scenario run ${operand} --seed ${result.seed} --time ${time}`;
  if (given.output === "json") {
    for (const verdict of verdicts) shell.out(JSON.stringify({ event: "verdict", ...verdict }));
    const { seed, name, durationNs } = result;
    const facts = {
      event: "outcome",
      name,
      outcome,
      exitCode,
      time,
      seed,
      durationNs,
      notes,
      again,
    };
    shell.out(JSON.stringify(facts));
  } else {
    const paint = shell.paint(given.color);
    if (!given.quiet) shell.out("");
    shell.out(renderVerdict(result, judgement, again, paint));
  }
  return exitCode;
}
