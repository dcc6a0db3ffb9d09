import { EXIT, type ExitCode } from "../../core/errors.ts";
import { scenarioJsonSchema } from "../../scenario/schema.ts";
import type { Command, Words } from "../command.ts";
import type { Shell } from "../shell.ts";

/** Prints the JSON schema of scenario files. */
export const scenarioSchema: Command = {
  options: {},
  examples: ["feedlab scenario schema > feedlab.schema.json"],
  run,
};

async function run(_operands: readonly string[], _words: Words, shell: Shell): Promise<ExitCode> {
  shell.out(JSON.stringify(scenarioJsonSchema(), undefined, 2));
  return EXIT.ok;
}
