import { stringify } from "yaml";
import type { Base } from "../core/result.ts";
import { formatDuration } from "../core/units.ts";
import { fill } from "./document/fill.ts";
import { readDocument, readingFrom } from "./document/mod.ts";
import type { Variables } from "./document/variables.ts";
import { INTERVAL_DEFAULT } from "./feed.ts";
import type { Scenario } from "./load.ts";
import { feedParts } from "./open.ts";
import { namesFile, scenarioSchema } from "./scenario.ts";

/** Keys that say how fast a feed is; without any of them it has an interval. */
const PACES = ["interval", "rate", "burst", "phases"];

/**
 * A scenario as plain data in the words of the language, with every default, name and seed that it
 * leaves out. Variables are in their places, so `vars` and `matrix` are gone; what it uses is written out.
 */
export function fullScenario(
  text: string,
  file: string,
  variables: Variables,
  scenario: Scenario,
  seed: string,
  bases: readonly Base[] = [],
): Readonly<Record<string, unknown>> {
  const document = readDocument(
    text,
    file,
    scenarioSchema,
    variables,
    readingFrom(bases),
    namesFile,
  );
  const filled = fill(scenarioSchema, document.input()) as Readonly<Record<string, unknown>>;
  const { use: _u, vars: _, matrix: _m, feed, impair, ...rest } = filled;
  const paced = PACES.some((key) => Object.hasOwn(feed as object, key));
  return ordered({
    ...rest,
    seed,
    feed: {
      ...(paced ? {} : { interval: formatDuration(INTERVAL_DEFAULT) }),
      source: scenario.feed.source.definition.name,
      ...(scenario.feed.session === "" ? {} : { session: scenario.feed.session }),
      first: feedParts(scenario, seed).first,
      ...(feed as object),
    },
    impair: (impair as object[]).map((rule, i) => ({ name: scenario.rules[i]!.name, ...rule })),
  });
}

/** As the text of a scenario file. */
export function formatScenario(full: Readonly<Record<string, unknown>>): string {
  return stringify(full, { lineWidth: 100 }).trimEnd();
}

/** Keys in the order in which the schema has them. */
function ordered(full: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const keys = Object.keys(scenarioSchema.shape).filter((key) => Object.hasOwn(full, key));
  return Object.fromEntries(keys.map((key) => [key, full[key]]));
}
