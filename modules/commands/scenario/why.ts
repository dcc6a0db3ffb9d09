import * as z from "zod";
import { EXIT, type ExitCode, UserError } from "../../core/errors.ts";
import type { FeedEvent } from "../../core/events.ts";
import { count } from "../../core/options.ts";
import { didYouMean } from "../../core/registry.ts";
import { isAbout, type Part, type Run, runOf } from "../../core/run.ts";
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
  handler: {
    value: "<name>",
    summary: "who followed the feed, where there are several",
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
    const part = chosen(runs, given);
    const run = runOf(runs, part);
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
  const parts = scenario.feeds.flatMap(({ name: feed, handlers }) =>
    handlers.map(({ name: handler }) => ({ feed, handler })),
  );
  const part = chosen(parts, given);
  const asked = scenario.feeds.find(({ name }) => name === part.feed)!;
  const events: FeedEvent[] = [];
  const runs = await runScenario(scenario, await shell.openWorld("virtual"), {
    seed: seed ?? scenario.seed ?? shell.freshSeed(),
    observe: (event, feed, handler) => {
      if (!isAbout({ feed, handler }, part)) return;
      if (!("from" in event) || covers(event, seq.data)) events.push(event);
    },
    observePackets: true,
    interrupted: shell.interrupted,
  });
  const run = runOf(runs, part);
  published(run, seq.data);
  for (const line of renderNote(first, shell.columns)) shell.out(line);
  shell.out(renderLife(seq.data, run, lifeOf(seq.data, { run, scenario: asked, events }), paint));
  return EXIT.ok;
}

/** The part that is meant: where there are several, only its names tell. */
function chosen(
  parts: readonly Part[],
  given: { readonly feed?: string | undefined; readonly handler?: string | undefined },
): Required<Part> {
  const feed = named("feed", unique(parts.map((part) => part.feed ?? "")), given.feed);
  const own = parts.filter((part) => part.feed === feed);
  const handlers = unique(own.map(({ handler = "" }) => handler));
  return { feed, handler: named("handler", handlers, given.handler) };
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

function named(what: string, names: readonly string[], name: string | undefined): string {
  if (name === undefined) {
    const [only = "", ...others] = names;
    if (others.length === 0) return only;
    throw new UserError(`which ${what}? add --${what} ${only} (have ${names.join(", ")})`);
  }
  const known = names.filter((one) => one !== "");
  if (known.includes(name)) return name;
  const have =
    known.length === 0
      ? `: the only ${what} has no name: leave out --${what}`
      : didYouMean(name, known);
  throw new UserError(`no ${what} ${JSON.stringify(name)}${have}`);
}

function published({ first, next, name }: Run, seq: Seq): void {
  if (seq >= first && seq < next) return;
  const have = next === first ? "nothing" : `SEQ:${formatRange({ from: first, until: next })}`;
  throw new UserError(`SEQ:${seq} was never published: ${name} published ${have}`);
}
