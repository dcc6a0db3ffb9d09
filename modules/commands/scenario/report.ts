import { EXIT, type ExitCode, UserError } from "../../core/errors.ts";
import type { JudgedRun } from "../../core/result.ts";
import { quote } from "../../core/units.ts";
import { readingFrom } from "../../scenario/document/mod.ts";
import { loadScenario } from "../../scenario/load.ts";
import { judgeRun } from "../../scenario/verdict.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { formatOption, readRun, writeReports } from "./outputs.ts";

const options = {
  format: {
    value: "<name>",
    summary: "text, json, ndjson, junit, github or markdown",
    type: formatOption(),
    fallback: "text",
  },
  judge: { summary: "judge again what the stored scenario expects" },
  color: OUTPUT_OPTIONS.color,
} as const;

/** Shows stored runs again. Its exit code says whether it could, not what came of the runs. */
export const scenarioReport: Command = {
  options,
  examples: [
    "feedlab scenario report run.ndjson",
    "feedlab scenario report *.ndjson --format junit > out.xml",
  ],
  run,
};

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const stored = operands.map((file) => {
    const judged = readRun(file);
    return given.judge ? judgeAgain(judged, file) : judged;
  });
  const output = { report: given.format, file: undefined };
  writeReports([output], stored, shell, shell.paint(given.color));
  return EXIT.ok;
}

function judgeAgain(judged: JudgedRun, file: string): JudgedRun {
  const { text, bases, variables } = judged;
  const { scenario } = loadScenario(text, judged.file, variables, readingFrom(bases));
  if (scenario === undefined) {
    throw new UserError(
      `Cannot judge the run in ${quote(file)} again: this feedlab cannot read the scenario in it: ` +
        "leave out --judge",
    );
  }
  return { ...judged, places: scenario.places, judgement: judgeRun(judged.runs, scenario) };
}
