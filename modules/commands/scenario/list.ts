import { EXIT, type ExitCode } from "../../core/errors.ts";
import { loadScenario } from "../../scenario/load.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { bundledNames, readScenarioText } from "./files.ts";

const options = { color: OUTPUT_OPTIONS.color } as const;

/** Shows what comes with feedlab. */
export const scenarioList: Command = {
  options,
  examples: ["feedlab scenario list"],
  run,
};

async function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const paint = shell.paint(readOptions(options, words).color);
  const names = bundledNames();
  const room = Math.max(...names.map(({ length }) => length));
  for (const name of names) {
    const { text, readBase } = readScenarioText(name);
    const { scenario } = loadScenario(text, `${name}.yaml`, {}, readBase);
    shell.out(`${paint.bold(name.padEnd(room))}   ${scenario?.name ?? "(cannot be read)"}`);
  }
  return EXIT.ok;
}
