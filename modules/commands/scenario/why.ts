import { EXIT, type ExitCode, UserError } from "../../core/errors.ts";
import type { FeedEvent } from "../../core/events.ts";
import { count } from "../../core/options.ts";
import type { Run } from "../../core/run.ts";
import { formatRange, type Seq } from "../../core/seq.ts";
import { renderLife } from "../../reports/life.ts";
import { readingFrom } from "../../scenario/document/mod.ts";
import { covers, lifeOf } from "../../scenario/life.ts";
import { loadScenario } from "../../scenario/load.ts";
import { runScenario } from "../../scenario/run.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import { fileOption } from "../file-option.ts";
import type { Shell } from "../shell.ts";
import { SEED_OPTION, VAR_OPTION } from "./options.ts";
import { readRun } from "./outputs.ts";
import { readOne } from "./read.ts";

const options = {
  run: {
    value: "<file>",
    summary: "ask a run that was stored, in place of a scenario",
    type: fileOption(),
  },
  ...SEED_OPTION,
  ...VAR_OPTION,
  color: OUTPUT_OPTIONS.color,
} as const;

/**
 * Tells the life of one message: of a stored run, or of a scenario, which is run again in virtual
 * time. There is no "last run": nothing is written that was not asked for.
 */
export const scenarioWhy: Command = {
  options,
  examples: ["feedlab scenario why 5 demo --seed 7", "feedlab scenario why 5 --run run.ndjson"],
  run,
};

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const [word = "", file] = operands;
  const seq = count().safeParse(word);
  if (!seq.success) {
    throw new UserError(`${JSON.stringify(word)} is no message's number: write one like 5`);
  }
  const paint = shell.paint(given.color);
  if (given.run !== undefined) {
    if (file !== undefined) {
      throw new UserError(`both ${JSON.stringify(file)} and --run: ask one of them`);
    }
    const { run, text, bases, file: name, variables } = readRun(given.run);
    published(run, seq.data);
    // A later feedlab may not read it any more; the journal is enough for most of it.
    const { scenario } = loadScenario(text, name, variables, readingFrom(bases));
    shell.out(renderLife(seq.data, run, lifeOf(seq.data, { run, scenario }), paint));
    return EXIT.ok;
  }
  if (file === undefined) {
    throw new UserError(
      `scenario why needs a scenario or a stored run: write feedlab scenario why ${word} demo, ` +
        `or --run run.ndjson`,
    );
  }
  const read = readOne(file, shell, Object.fromEntries(given.var));
  if (read === undefined) return EXIT.usage;
  const { scenario } = read;
  const events: FeedEvent[] = [];
  const result = await runScenario(scenario, await shell.openWorld("virtual"), {
    seed: given.seed ?? scenario.seed ?? shell.freshSeed(),
    observe: (event) => {
      if (!("from" in event) || covers(event, seq.data)) events.push(event);
    },
    observePackets: true,
    interrupted: shell.interrupted,
  });
  published(result, seq.data);
  shell.out(
    renderLife(seq.data, result, lifeOf(seq.data, { run: result, scenario, events }), paint),
  );
  return EXIT.ok;
}

function published({ first, next, name }: Run, seq: Seq): void {
  if (seq >= first && seq < next) return;
  const have = next === first ? "nothing" : `SEQ:${formatRange({ from: first, until: next })}`;
  throw new UserError(`SEQ:${seq} was never published: ${name} published ${have}`);
}
