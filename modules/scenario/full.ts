import { stringify } from "yaml";
import type { Base } from "../core/result.ts";
import { formatDuration } from "../core/units.ts";
import { fill } from "./document/fill.ts";
import { readDocument, readingFrom } from "./document/mod.ts";
import type { Variables } from "./document/variables.ts";
import { INTERVAL_DEFAULT } from "./feed.ts";
import type { Scenario } from "./load.ts";
import { outlineOf } from "./handlers.ts";
import { feedParts } from "./open.ts";
import { feedSeed, type FeedScenario } from "./feed-scenario.ts";
import { namesFile, type ScenarioFile, schemaFor } from "./scenario.ts";

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
  const given = inputOf(text, file, variables, bases);
  const schema = schemaFor(outlineOf(given).children);
  const filled = fill(schema, given) as Keys;
  const { use: _u, vars: _, matrix: _m, feeds, ...rest } = filled;
  const { feeds: read } = scenario;
  const full =
    feeds === undefined
      ? { ...rest, seed, ...fullFeed(rest, read[0], seed) }
      : {
          ...rest,
          seed,
          feeds: Object.fromEntries(
            read.map((feed) => {
              const keys = (feeds as Readonly<Record<string, Keys>>)[feed.name]!;
              return [feed.name, { ...keys, ...fullFeed(keys, feed, seed) }];
            }),
          ),
        };
  return ordered(full, Object.keys(schema.shape));
}

/**
 * A scenario as plain data without any default: as it is written, with variables in their places. It
 * has the seed, runs in virtual time, and every rule has its name, so that to take one out moves no
 * other.
 */
export function pinnedScenario(
  text: string,
  file: string,
  variables: Variables,
  scenario: Scenario,
  seed: string,
  bases: readonly Base[] = [],
): Readonly<Record<string, unknown>> {
  const given = inputOf(text, file, variables, bases) as Keys;
  const { use: _u, vars: _v, matrix: _m, requires: _r, feeds, ...rest } = given;
  const { feeds: read } = scenario;
  const pinned =
    feeds === undefined
      ? withNames(rest, read[0])
      : {
          ...rest,
          feeds: Object.fromEntries(
            read.map((feed) => {
              const keys = (feeds as Readonly<Record<string, Keys>>)[feed.name]!;
              return [feed.name, withNames(keys, feed)];
            }),
          ),
        };
  const all = { ...pinned, seed, time: "virtual" };
  return ordered(all, Object.keys(schemaFor(outlineOf(all).children).shape));
}

function withNames(keys: Keys, { rules }: FeedScenario): Keys {
  const { impair } = keys;
  if (impair === undefined) return keys;
  return { ...keys, impair: named(impair as object[], rules) };
}

function named(impair: readonly object[], rules: FeedScenario["rules"]): object[] {
  return impair.map((rule, i) => ({ name: rules[i]!.name, ...rule }));
}

/** What stands in the file, with variables in their places and what it uses below it. */
function inputOf(
  text: string,
  file: string,
  variables: Variables,
  bases: readonly Base[],
): unknown {
  const reading = readingFrom(bases);
  return readDocument<ScenarioFile>(text, file, schemaFor, variables, reading, namesFile).input();
}

type Keys = Readonly<Record<string, unknown>>;

/** The keys of a feed whose defaults the schema does not know. */
function fullFeed({ feed, impair }: Keys, scenario: FeedScenario, seed: string): Keys {
  const paced = PACES.some((key) => Object.hasOwn(feed as object, key));
  return {
    feed: {
      ...(paced ? {} : { interval: formatDuration(INTERVAL_DEFAULT) }),
      source: scenario.feed.source.definition.name,
      ...(scenario.feed.session === "" ? {} : { session: scenario.feed.session }),
      first: feedParts(scenario, feedSeed(seed, scenario.name)).first,
      ...(feed as object),
    },
    impair: named(impair as object[], scenario.rules),
  };
}

/** As the text of a scenario file. */
export function formatScenario(full: Readonly<Record<string, unknown>>): string {
  return stringify(full, { lineWidth: 100 }).trimEnd();
}

/** Keys in the order in which the schema has them. */
function ordered(full: Keys, keys: readonly string[]): Keys {
  const have = keys.filter((key) => Object.hasOwn(full, key));
  return Object.fromEntries(have.map((key) => [key, full[key]]));
}
