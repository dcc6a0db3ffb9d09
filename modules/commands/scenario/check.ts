import { EXIT, type ExitCode } from "../../core/errors.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { readScenario } from "./run.ts";

const options = { color: OUTPUT_OPTIONS.color } as const;

/** Reads scenarios without running them. */
export const scenarioCheck: Command = {
  options,
  examples: ["feedlab scenario check my.yaml"],
  run,
};

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const paint = shell.paint(readOptions(options, words).color);
  let code: ExitCode = EXIT.ok;
  for (const operand of operands) {
    const scenario = readScenario(operand, shell);
    if (scenario === undefined) code = EXIT.usage;
    else shell.out(`${paint.good("✓")} ${operand}: ${scenario.name}`);
  }
  return code;
}
