/** From what the command line says of a feed to the plan that a scenario's `feed:` would make. */
import * as z from "zod";
import type { RecoveryCodec, RecoveryDefinition } from "../codecs/recovery/recovery.ts";
import { recoveries } from "../codecs/recovery/mod.ts";
import { UserError } from "../core/errors.ts";
import { type Choice, named } from "../core/options.ts";
import { type Endpoint, formatEndpoint } from "../core/units.ts";
import { endlessFeed, type FeedPlan, protocolOf } from "../scenario/feed.ts";
import type { Flag } from "../scenario/flags.ts";
import type { Scenario, ScenarioLine } from "../scenario/load.ts";
import type { FeedParts } from "../scenario/open.ts";
import { RETAIN_MAX } from "../stores/memory.ts";
import type { World } from "../worlds/world.ts";
import type { Words } from "./command.ts";
import type { GivenLine } from "./options.ts";

/** The key that each flag stands for. */
const KEYS: Readonly<Record<string, string>> = {
  protocol: "protocol",
  source: "source",
  speed: "source.speed",
  session: "session",
  first: "first",
  messages: "messages",
  duration: "duration",
  interval: "interval",
  rate: "rate",
  arrivals: "arrivals",
  batch: "batch.messages",
  heartbeat: "heartbeat",
  "end-of-session": "end_of_session",
};

/** Flags whose words are names, or keys with options; all others are taken as they stand there. */
const AS_YAML: readonly string[] = ["protocol", "source", "recovery-protocol"];

/** Of the words on a command line, those that the feed is made of. */
function flagsOf(words: Words, keys: Readonly<Record<string, string>>): Flag[] {
  return Object.entries(keys).flatMap(([flag, key]): Flag[] => {
    const word = words[flag];
    if (word === true) return [{ flag, word: "", key, value: {} }];
    if (typeof word !== "string") return [];
    return [AS_YAML.includes(flag) ? { flag, word, key } : { flag, word, key, value: word }];
  });
}

/**
 * The feed that the words describe; `only` names the flags that are about it. Throws a UserError that
 * names the flag.
 */
export async function readFeed(words: Words, only?: readonly string[]): Promise<FeedPlan> {
  const keys = Object.entries(KEYS).filter(([flag]) => only?.includes(flag) ?? true);
  const flags = flagsOf(words, Object.fromEntries(keys));
  const plain = flags.filter(({ key, value }) => value !== undefined && !key.includes("."));
  if (plain.length === flags.length) {
    const read = endlessFeed.safeParse(Object.fromEntries(flags.map((f) => [f.key, f.value])));
    if (read.success) return read.data;
  }
  // Only here, for it reads YAML.
  const { readFlags } = await import("../scenario/flags.ts");
  const feed = readFlags(flags, endlessFeed);
  const { definition } = feed.source;
  const { packets } = protocolOf(feed);
  const misfit = definition.fits?.(packets);
  if (misfit !== undefined) {
    throw new UserError(
      `cannot publish ${definition.name} as ${feed.protocol.definition.name}: ` +
        misfit.replaceAll("source: ", "--source "),
    );
  }
  return feed;
}

/** The lines of a feed: those of `--line`, or the one of `--group`. */
export function linesOf(
  given: {
    readonly group: Endpoint;
    readonly interface: string;
    readonly line: readonly GivenLine[];
    readonly ttl?: number;
  },
  words: Words,
): ScenarioLine[] {
  const { group, interface: on, line, ttl = 1 } = given;
  if (line.length === 0) return [{ name: "A", group, interface: on, ttl, skew: 0 }];
  if (words["group"] !== undefined) {
    throw new UserError("--group and --line both say where: write --line alone");
  }
  for (const [i, { name, group }] of line.entries()) {
    const before = line.slice(0, i);
    if (before.some((other) => other.name === name)) {
      throw new UserError(`--line ${name} was given twice: give each line a name of its own`);
    }
    const place = formatEndpoint(group);
    const other = before.find((one) => formatEndpoint(one.group) === place);
    if (other !== undefined) {
      throw new UserError(
        `--line ${name}: line ${other.name} is on ${place} too: give each line a group of its own`,
      );
    }
  }
  return line.map((one) => ({ ...one, interface: on, ttl }));
}

/** `239.192.1.1:6000`, or of several lines `A 239.192.1.1:6000, B 239.192.1.2:6000`. */
export function placesOf(lines: readonly ScenarioLine[]): string {
  if (lines.length === 1) return formatEndpoint(lines[0]!.group);
  return lines.map(({ name, group }) => `${name} ${formatEndpoint(group)}`).join(", ");
}

/** The same for programs. */
export function placeFacts(lines: readonly ScenarioLine[]): Readonly<Record<string, unknown>> {
  if (lines.length === 1) return { group: formatEndpoint(lines[0]!.group) };
  return { lines: lines.map(({ name, group }) => ({ name, group: formatEndpoint(group) })) };
}

/** How lost messages are asked for, and where they are sent again if not in the answer. */
export interface GivenRecovery {
  /** That of the feed's protocol where none was named. */
  readonly choice: Choice<RecoveryDefinition<unknown>> | undefined;
  readonly repairs: Endpoint | undefined;
}

const recoverySchema = z.strictObject({
  recovery_protocol: named(
    recoveries as readonly RecoveryDefinition<unknown>[],
    "recovery protocol",
  ),
});

/** What the words say of recovery. Throws a UserError where that goes not together. */
export async function readRecovery(
  words: Words,
  feed: FeedPlan,
  given: { readonly recovery: Endpoint | "none"; readonly repairs?: Endpoint | undefined },
): Promise<GivenRecovery> {
  const { recovery, repairs } = given;
  for (const flag of ["recovery-protocol", "repairs"]) {
    if (recovery === "none" && words[flag] !== undefined) {
      throw new UserError(`--${flag} is of no use without a server: add --recovery host:port`);
    }
  }
  const choice = await chooseRecovery(words);
  if (recovery === "none") return { choice, repairs };
  const codec = codecOf(choice) ?? protocolOf(feed).recovery;
  const name = choice?.definition.name ?? feed.protocol.definition.name;
  if (codec.repairs === "group" && repairs === undefined) {
    throw new UserError(
      `the recovery of ${name} sends messages again on a group of its own: ` +
        `add --repairs 239.192.1.9:6100`,
    );
  }
  if (repairs !== undefined && codec.repairs === "answer") {
    throw new UserError(
      `--repairs ${formatEndpoint(repairs)}: the recovery of ${name} answers whoever asks, ` +
        `not a group: leave it out`,
    );
  }
  return { choice, repairs };
}

async function chooseRecovery(
  words: Words,
): Promise<Choice<RecoveryDefinition<unknown>> | undefined> {
  const flags = flagsOf(words, { "recovery-protocol": "recovery_protocol" });
  if (flags.length === 0) return undefined;
  const { readFlags } = await import("../scenario/flags.ts");
  return readFlags(flags, recoverySchema).recovery_protocol;
}

function codecOf(choice: GivenRecovery["choice"], epochMs = 0): RecoveryCodec | undefined {
  return choice?.definition.create(choice.options, { epochMs });
}

/** The parts of a feed, with the recovery protocol that was named in place of its own. */
export function withRecovery(
  parts: FeedParts,
  { choice }: GivenRecovery,
  { clock }: Pick<World, "clock">,
): FeedParts {
  const recovery = codecOf(choice, clock.epochMs);
  return recovery === undefined
    ? parts
    : { ...parts, protocol: { ...parts.protocol, recovery } };
}

/** As a scenario's `recovery:` says it. */
export function recoveryOf(
  listen: Endpoint,
  _asked: GivenRecovery,
): NonNullable<Scenario["recovery"]> {
  return { listen, retain: RETAIN_MAX };
}
