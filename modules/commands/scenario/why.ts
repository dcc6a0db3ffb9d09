import * as z from "zod";
import { EXIT, type ExitCode, UserError } from "../../core/errors.ts";
import type { FeedEvent } from "../../core/events.ts";
import { count } from "../../core/options.ts";
import { didYouMean } from "../../core/registry.ts";
import { type Run, runNamed } from "../../core/run.ts";
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
import { readFirst, renderNote } from "./matrix.ts";

const options = {
  run: {
    value: "<file>",
    summary: "ask a run that was stored, in place of a scenario",
    type: fileOption(),
  },
  feed: {
    value: "<name>",
    summary: "the feed that the message is of, where there are several",
    type: z.string(),
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
  examples: [
    "feedlab scenario why 5 demo --seed 7",
    "feedlab scenario why 5 --run run.ndjson --feed tapeA",
  ],
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
    const { runs, text, bases, file: name, variables } = readRun(given.run);
    const run = chosen(runs, given.feed, ({ feed }) => feed);
    published(run, seq.data);
    // A later feedlab may not read it any more; the journal is enough for most of it.
    const { scenario } = loadScenario(text, name, variables, readingFrom(bases));
    const feed = scenario?.feeds.find((one) => one.name === run.feed);
    shell.out(renderLife(seq.data, run, lifeOf(seq.data, { run, scenario: feed }), paint));
    return EXIT.ok;
  }
  if (file === undefined) {
    throw new UserError(
      `scenario why needs a scenario or a stored run: write feedlab scenario why ${word} demo, ` +
        `or --run run.ndjson`,
    );
  }
  const first = readFirst(file, shell, Object.fromEntries(given.var), given.seed);
  if (first === undefined) return EXIT.usage;
  const { scenario, seed } = first.read;
  const asked = chosen(scenario.feeds, given.feed, ({ name }) => name);
  const events: FeedEvent[] = [];
  const runs = await runScenario(scenario, await shell.openWorld("virtual"), {
    seed: seed ?? scenario.seed ?? shell.freshSeed(),
    observe: (event, feed) => {
      if (feed !== asked.name) return;
      if (!("from" in event) || covers(event, seq.data)) events.push(event);
    },
    observePackets: true,
    interrupted: shell.interrupted,
  });
  const run = runNamed(runs, asked.name);
  published(run, seq.data);
  for (const line of renderNote(first, shell.columns)) shell.out(line);
  shell.out(renderLife(seq.data, run, lifeOf(seq.data, { run, scenario: asked, events }), paint));
  return EXIT.ok;
}

/** The one that is meant: where there are several, only its name tells. */
function chosen<T>(
  feeds: readonly [T, ...T[]],
  name: string | undefined,
  nameOf: (feed: T) => string,
): T {
  const [only, ...others] = feeds;
  if (name === undefined) {
    if (others.length === 0) return only;
    const names = feeds.map(nameOf);
    throw new UserError(`which feed? add --feed ${names[0]} (have ${names.join(", ")})`);
  }
  const found = feeds.find((feed) => nameOf(feed) === name && name !== "");
  if (found !== undefined) return found;
  const known = feeds.map(nameOf).filter((one) => one !== "");
  const have =
    known.length === 0 ? ": the only feed has no name: leave out --feed" : didYouMean(name, known);
  throw new UserError(`no feed ${JSON.stringify(name)}${have}`);
}

function published({ first, next, name }: Run, seq: Seq): void {
  if (seq >= first && seq < next) return;
  const have = next === first ? "nothing" : `SEQ:${formatRange({ from: first, until: next })}`;
  throw new UserError(`SEQ:${seq} was never published: ${name} published ${have}`);
}
