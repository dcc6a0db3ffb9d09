/** From what the command line says of a feed to the plan that a scenario's `feed:` would make. */
import { UserError } from "../core/errors.ts";
import { type Endpoint, formatEndpoint, quote } from "../core/units.ts";
import { endlessFeed, type FeedPlan } from "../scenario/feed.ts";
import { noFiles, type OpenFile } from "../scenario/files.ts";
import type { Flag } from "../scenario/flags.ts";
import type { FeedScenario, ScenarioLine } from "../scenario/feed-scenario.ts";
import type { Listen } from "../scenario/listen.ts";
import { withRecording } from "../scenario/recorded.ts";
import { recovery, snapshot, wrongRepairs, wrongSnapshot } from "../scenario/scenario.ts";
import type { Words } from "./command.ts";
import type { GivenLine } from "./options.ts";
import { NO_SKEW } from "../scenario/skew.ts";
import type { Shell } from "./shell.ts";

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
 * The feed that the words describe, with files opened by `open`. Throws a UserError that names the
 * flag.
 */
export async function readFeed(words: Words, open: OpenFile): Promise<FeedPlan> {
  const flags = flagsOf(words, KEYS);
  if (words["speed"] !== undefined && words["source"] === undefined) {
    throw new UserError("--speed is for what was recorded: add --source 'pcap: FILE'");
  }
  const plain = flags.filter(({ key, value }) => value !== undefined && !key.includes("."));
  if (plain.length === flags.length) {
    const read = endlessFeed.safeParse(Object.fromEntries(flags.map((f) => [f.key, f.value])));
    if (read.success) return read.data;
  }
  // Only here, for it reads YAML.
  const { readFlags } = await import("../scenario/flags.ts");
  return withRecording(readFlags(flags, endlessFeed), open);
}

/** What opens the files that `--source` may name. */
export async function openerOf(words: Words, shell: Shell): Promise<OpenFile> {
  return words["source"] === undefined ? noFiles : shell.fileOpener();
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
  if (line.length === 0) return [{ name: "A", group, interface: on, ttl, skew: NO_SKEW }];
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

/** What a scenario's `recovery:` would be. */
export type GivenRecovery = NonNullable<FeedScenario["recovery"]>;

/**
 * What the words say of recovery, `at` being the flag that says where; undefined when that is `none`.
 * Throws a UserError that names the flag.
 */
export async function readRecovery(
  words: Words,
  feed: FeedPlan,
  at: { readonly flag: string; readonly place: Endpoint | "none" },
): Promise<GivenRecovery | undefined> {
  const { flag, place } = at;
  const beside = flagsOf(words, { "recovery-protocol": "protocol", repairs: "repairs" });
  if (place === "none") {
    const [lonely] = beside;
    if (lonely === undefined) return undefined;
    throw new UserError(
      `--${lonely.flag} is of no use where nobody is asked: add --${flag} 127.0.0.1:7000`,
    );
  }
  const listen = formatEndpoint(place);
  const flags = [{ flag, word: listen, key: "listen", value: listen }, ...beside];
  const given = beside.some(({ value }) => value === undefined)
    ? (await import("../scenario/flags.ts")).readFlags(flags, recovery)
    : recovery.parse(Object.fromEntries(flags.map(({ key, value }) => [key, value])));
  const wrong = wrongRepairs(feed, given);
  if (wrong === undefined) return given;
  const none = flag === "recovery" ? ", or --recovery none" : "";
  throw new UserError(
    given.repairs === undefined
      ? wrong.replace("repairs: ", "--repairs ") + none
      : `--repairs ${quote(formatEndpoint(given.repairs))}: ` +
          wrong.replace("remove repairs", "leave it out"),
  );
}

/**
 * What a scenario's `snapshot:` would be; undefined where the words name no place. Throws a UserError
 * that names the flag.
 */
export function readSnapshot(
  place: Endpoint | undefined,
  feed: FeedPlan,
  start?: Listen["start"],
): FeedScenario["snapshot"] {
  const given = place && snapshot.parse({ listen: formatEndpoint(place) });
  const wrong = wrongSnapshot({ feed, snapshot: given, start });
  if (wrong !== undefined) {
    throw new UserError(
      given === undefined
        ? "--start snapshot: there is nobody to ask for one: add --snapshot 127.0.0.1:7001"
        : `--snapshot: ${wrong.replace("remove snapshot", "leave it out")}`,
    );
  }
  if (given !== undefined && start !== undefined && start !== "snapshot") {
    throw new UserError("--snapshot is of no use without --start snapshot: add it");
  }
  return given;
}
