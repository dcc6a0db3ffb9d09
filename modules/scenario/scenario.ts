/**
 * A scenario as plain data, and the YAML keys that it is read from. A default is given as it would
 * be written (`prefault`), so that the schema and `plan --full` can show it.
 */
import * as z from "zod";
import type { RecoveryCodec } from "../codecs/recovery/recovery.ts";
import type { MessageState } from "../messages/message.ts";
import { messageFormats } from "../messages/mod.ts";
import { stateOf } from "../messages/state.ts";
import { recoveries } from "../codecs/recovery/mod.ts";
import {
  count,
  duration,
  endpoint,
  group,
  host,
  messages,
  named,
  positiveDuration,
  spread,
} from "../core/options.ts";
import { REQUIREMENTS } from "../core/requirement.ts";
import { type Invariant, INVARIANTS } from "../core/run.ts";
import { RETAIN_MAX } from "../stores/memory.ts";
import { stores } from "../stores/mod.ts";
import type { NamesFile } from "./document/mod.ts";
import { expectation } from "./expect.ts";
import { fault } from "./faults.ts";
import { feed, type FeedPlan, protocolOf } from "./feed.ts";
import { handlerNames, handlersSchema, type Outline, wrongNames } from "./handlers.ts";
import { rule } from "./impair.ts";
import { bufferSize, listen, LISTEN_KEYS, type Listen, quotaKeys, someMessages } from "./listen.ts";
import { matrix } from "./matrix.ts";
import { entry } from "./timeline.ts";

/** The language version that this program reads. */
export const LANGUAGE = 1;

const line = z
  .strictObject({
    group: group(),
    source: host().optional(),
    interface: z.string().min(1).default("lo"),
    ttl: count(1, 255).default(1),
    skew: spread().prefault("0ms"),
    send_buffer: bufferSize().optional(),
  })
  .transform(({ send_buffer: sendBuffer, ...rest }) => ({ ...rest, sendBuffer }));

const LINE_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

const lines = z
  .record(z.string().regex(LINE_NAME, "a line's name is a letter, then letters and digits"), line)
  .refine((given) => Object.keys(given).length > 0, {
    error: "a feed needs a line: add A: { group: 239.192.1.1:6000 }",
  });

/** The keys of each recovery server. */
const serverKeys = {
  listen: endpoint(),
  store: named(stores, "store").prefault("memory"),
  retain: messages().prefault(`${RETAIN_MAX} messages`),
  max_request: someMessages().optional(),
  quota: z
    .strictObject({
      ...quotaKeys,
      scope: z.enum(["client", "all"]).default("client"),
      reply: z.enum(["quota", "not_found"]).default("quota"),
    })
    .optional(),
  faults: z.array(fault).default([]),
};

/** The keys below `recovery:`; `others` are asked in turn when a server does not answer. */
export const recovery = z.strictObject({
  protocol: named(recoveries, "protocol").optional(),
  ...serverKeys,
  repairs: group().optional(),
  others: z.array(z.strictObject(serverKeys)).default([]),
});

/** Where snapshots are had, and how old they are. */
export const snapshot = z.strictObject({
  listen: endpoint(),
  every: positiveDuration().optional(),
  lag: duration().prefault("0ms"),
});

type Recovery = z.output<typeof recovery>;

/** How lost messages of a feed are asked for: as `recovery:` says, or as the feed's protocol does. */
export function recoveryCodecOf(
  feed: Pick<FeedPlan, "protocol">,
  recovery: Pick<Recovery, "protocol"> | undefined,
  epochMs = 0,
): RecoveryCodec {
  const chosen = recovery?.protocol;
  if (chosen === undefined || isFeedsOwn(chosen, feed)) return protocolOf(feed, epochMs).recovery;
  return chosen.definition.create(chosen.options, { epochMs });
}

/** A state of the messages that a feed usually carries; undefined where nobody knows what they come to. */
export function createState(feed: Pick<FeedPlan, "protocol">): MessageState | undefined {
  const names = protocolOf(feed).packets.messages;
  return stateOf(
    names.flatMap((name) =>
      messageFormats.flatMap((one) => (one.name === name ? [one.create({})] : [])),
    ),
  );
}

/** What keeps a feed from having snapshots, or a listener from beginning with one. */
export function wrongSnapshot({
  feed,
  snapshot,
  start,
}: Pick<FeedKeys, "feed" | "snapshot"> & {
  readonly start?: Listen["start"] | undefined;
}): string | undefined {
  if (snapshot === undefined) {
    if (start !== "snapshot") return undefined;
    return "there is nobody to ask for one: add snapshot: { listen: 127.0.0.1:7001 }";
  }
  if (createState(feed) !== undefined) return undefined;
  const { name } = feed.protocol.definition;
  return `nobody here can make a snapshot of what the ${name} protocol carries: remove snapshot`;
}

/** Named without options, the recovery of the feed's own protocol is that of the feed, options and all. */
function isFeedsOwn(
  { definition, options }: NonNullable<Recovery["protocol"]>,
  { protocol }: Pick<FeedPlan, "protocol">,
): boolean {
  if (definition.name !== protocol.definition.name) return false;
  return JSON.stringify(options) === JSON.stringify(definition.options.parse({}));
}

/** What is wrong with where the repairs go. */
export function wrongRepairs(
  feed: Pick<FeedPlan, "protocol">,
  recovery: Pick<Recovery, "protocol" | "repairs">,
): string | undefined {
  const name = (recovery.protocol ?? feed.protocol).definition.name;
  const grouped = recoveryCodecOf(feed, recovery).repairs === "group";
  if (grouped && recovery.repairs === undefined) {
    return `the ${name} protocol sends repairs to a group: add repairs: 239.192.1.9:6009`;
  }
  if (!grouped && recovery.repairs !== undefined) {
    return `the ${name} protocol sends repairs to whoever asked: remove repairs`;
  }
  return undefined;
}

/** What may be broken. */
const invariant = z.enum(Object.keys(INVARIANTS) as [Invariant, ...Invariant[]]);

/** The keys that are about one feed, in the order in which people write them. */
const feedKeys = {
  feed,
  lines,
  impair: z.array(rule).default([]),
  recovery: recovery.optional(),
  snapshot: snapshot.optional(),
  timeline: z.array(entry).default([]),
  listen: listen.prefault({}),
};

const feedSchema = z.strictObject(feedKeys);

/** One feed of a file, read: with the only handler of it, or handlers by their names. */
export type FeedKeys = Omit<z.output<typeof feedSchema>, "listen"> & {
  readonly listen: Listen | ReadonlyMap<string, Listen>;
};

const FEED_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;
const FEED_NAME_RULE = "a feed's name is a letter, then letters and digits";

const feeds = z
  .record(z.string().regex(FEED_NAME, FEED_NAME_RULE), feedSchema)
  .refine((given) => Object.keys(given).length > 0, {
    error: "there is no feed: add one, such as tapeA: { feed: { ... }, lines: { ... } }",
  });

const head = {
  use: z.string().min(1).optional(),
  feedlab: z.literal(LANGUAGE, { error: `expected ${LANGUAGE}, the version of the language` }),
  name: z.string().min(1),
  description: z.string().optional(),
  tags: z.array(z.string()).default([]),
  seed: z.union([z.string().min(1), z.number().transform(String)]).optional(),
  vars: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).default({}),
  matrix: matrix.default({}),
  time: z.enum(["real", "virtual"]).default("real"),
  timeout: positiveDuration().optional(),
  requires: z.array(z.enum(REQUIREMENTS)).default([]),
};

const tail = {
  expect: z.array(expectation).default([]),
  allow: z.array(invariant).default([]),
};

/** The whole file of one feed, all but what needs more than one key to be judged. */
export const scenarioSchema = z.strictObject({ ...head, ...feedKeys, ...tail });

/** The keys that move into a feed where there are several. */
export const FEED_KEYS: readonly (keyof FeedKeys)[] = Object.keys(feedKeys) as (keyof FeedKeys)[];

/** Of each of them is told elsewhere what to do with it. */
const misplaced: object = Object.fromEntries(FEED_KEYS.map((key) => [key, z.unknown().optional()]));

/** The whole file of feeds that have names. */
export const feedsSchema = z.strictObject({ ...head, feeds, ...misplaced, ...tail });

/** A schema with keys of its own that makes a scenario file. */
export type FileSchema = z.ZodObject & z.ZodType<ScenarioFile>;

/** The schema of a file with these keys, and with these below them. */
export function schemaFor(keys: Outline["children"]): FileSchema {
  const feeds = keys.get("feeds");
  const handlers = namesIn(keys);
  if (feeds === undefined) {
    return handlers === undefined
      ? scenarioSchema
      : z.strictObject({ ...head, ...withHandlers(handlers), ...tail });
  }
  const named = [...feeds.children].map(([name, { children }]) => [`${name}`, children] as const);
  if (named.every(([, own]) => namesIn(own) === undefined)) return feedsSchema;
  // Each feed has a form of its own.
  const forms = named
    .filter(([name]) => FEED_NAME.test(name))
    .map(([name, own]) => [name, z.strictObject(withHandlers(namesIn(own)))] as const);
  const error = (issue: object): string | undefined => wrongNames(issue, FEED_NAME_RULE);
  const all = z.strictObject(Object.fromEntries(forms), { error });
  return z.strictObject({ ...head, feeds: all, ...misplaced, ...tail });
}

/** The names of the handlers in a feed with these keys, where they have names. */
function namesIn(keys: Outline["children"]): readonly string[] | undefined {
  return handlerNames(keys.get("listen"), LISTEN_KEYS);
}

function withHandlers(names: readonly string[] | undefined): typeof feedKeys {
  if (names === undefined) return feedKeys;
  const handlers = handlersSchema(listen, names, LISTEN_KEYS);
  return { ...feedKeys, listen: handlers as unknown as (typeof feedKeys)["listen"] };
}

/** A trace is written as noughts and ones, or is the name of a file that holds them. */
export const namesFile: NamesFile = (path, text) =>
  path.at(-1) === "trace" && /[^01\s,_]/.test(text);

/** A scenario file, read but not yet judged as a whole. */
export type ScenarioFile =
  | (Omit<z.output<typeof scenarioSchema>, keyof FeedKeys> & FeedKeys)
  | (ScenarioHead & { readonly feeds: Readonly<Record<string, FeedKeys>> });

/** What stands in a file besides its feeds, read. */
export type ScenarioHead = Omit<z.output<typeof feedsSchema>, "feeds">;
