import * as z from "zod";
import { deferred } from "../core/deferred.ts";
import { EXIT, type ExitCode, UserError } from "../core/errors.ts";
import { count, endpoint, positiveDuration } from "../core/options.ts";
import { formatRange, SEQ_MAX } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import type { KeptFeed } from "../core/store.ts";
import { formatEndpoint, plural } from "../core/units.ts";
import type { FaultRun } from "../core/run.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import type { ReadFault } from "../scenario/faults.ts";
import { ruleContext } from "../scenario/feed-scenario.ts";
import { type FeedPlan, protocolOf } from "../scenario/feed.ts";
import { openServers } from "../scenario/recovery-servers.ts";
import { recoveryCodecOf } from "../scenario/scenario.ts";
import { StoreFollower } from "../nodes/store-follower.ts";
import { openKept, protocolKept } from "../scenario/keep.ts";
import { RECOVERY_LIMITS } from "../protocol/recovery-server.ts";
import { feedParts } from "../scenario/open.ts";
import { sourceFileOf } from "../scenario/recorded.ts";
import { trades } from "../sources/trades.ts";
import { SourceStore } from "../stores/source.ts";
import { type Capture, PCAP_OPTION, recordedPlaces, withCapture } from "./capture.ts";
import { type Command, readOptions, type Values, type Words } from "./command.ts";
import { type GivenRecovery, openerOf, readFeed, readRecovery } from "./feed-flags.ts";
import { openMetrics, serverFamilies } from "./metrics.ts";
import {
  LINE_OPTIONS,
  METRICS_OPTION,
  OUTPUT_OPTIONS,
  PROTOCOL_OPTION,
  RECOVERY_OPTIONS,
  SOURCE_OPTIONS,
} from "./options.ts";
import type { Shell } from "./shell.ts";
import { checkBesideStore, STORE_OPTION } from "./store-option.ts";
import { announce, type Facts, remark, summarize, type Summary, tell } from "./tell.ts";
import { untilEnd } from "./until.ts";

const options = {
  listen: {
    value: "<host:port>",
    summary: "where clients ask",
    type: endpoint(),
    fallback: "127.0.0.1:7000",
  },
  ...PROTOCOL_OPTION,
  source: SOURCE_OPTIONS.source,
  session: SOURCE_OPTIONS.session,
  first: { value: "<seq>", summary: "the first number that it has (default: all)", type: count() },
  last: {
    value: "<seq>",
    summary: "the last number that it has (default: no end)",
    type: count(),
    fallback: String(SEQ_MAX - 1),
  },
  messages: { value: "<count>", summary: "end after so many answers", type: count(1) },
  duration: { value: "<time>", summary: "end after this time", type: positiveDuration() },
  connections: {
    value: "<count>",
    summary: `clients that may be connected at once (default: ${RECOVERY_LIMITS.connectionsMax})`,
    type: count(1, 100_000),
  },
  fault: {
    value: "<fault>",
    summary: "what it does wrong, as below faults: in a scenario; any number of times",
    type: z.string(),
    many: true,
  },
  ...STORE_OPTION,
  ...RECOVERY_OPTIONS,
  interface: { ...LINE_OPTIONS.interface, summary: "the network interface of --repairs" },
  seed: { value: "<text>", summary: "that of the feed, where its source draws", type: z.string() },
  ...METRICS_OPTION,
  ...PCAP_OPTION,
  ...OUTPUT_OPTIONS,
} as const;

/** Made-up trades carry the time at which their own process publishes them. */
const OWN_TIMES =
  "The times in made-up trades are of this process, so that they differ from those published: " +
  "to answer with the same, write serve --store sqlite:feed.db and recover --store sqlite:feed.db";

/**
 * Answers for lost messages of a feed, which it knows from its source without having heard it, or from
 * the store that another process keeps.
 */
export const recover: Command = {
  options,
  examples: [
    "feedlab recover",
    "feedlab recover --listen 127.0.0.1:7001 --first 100 --last 200",
    "feedlab recover --protocol moldudp64 --source trades --seed 7",
    "feedlab recover --fault '{ chance: 5%, latency: 1s }'",
    "feedlab recover --store sqlite:feed.db",
  ],
  run,
};

function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  return withCapture(given.pcap, shell, (capture) => answer(given, words, shell, capture));
}

async function answer(
  given: Values<typeof options>,
  words: Words,
  shell: Shell,
  capture: Capture,
): Promise<ExitCode> {
  if (given.store === undefined) return answerFrom(undefined, given, words, shell, capture);
  checkBesideStore(given.store, words);
  const kept = await openKept(given.store);
  try {
    return await answerFrom(kept, given, words, shell, capture);
  } finally {
    kept.close();
  }
}

async function answerFrom(
  kept: KeptFeed | undefined,
  given: Values<typeof options>,
  words: Words,
  shell: Shell,
  capture: Capture,
): Promise<ExitCode> {
  const open = await openerOf(words, shell);
  // What it has, how much it answers and how long it stays is no matter of the feed.
  const ours = { first: undefined, messages: undefined, duration: undefined };
  const read = await readFeed({ ...words, ...ours }, open);
  const feed = kept === undefined ? read : { ...read, protocol: protocolKept(kept.record) };
  const { firstSeq } = protocolOf(feed).packets;
  const { first = feed.first ?? firstSeq, last } = given;
  if (last < first) throw new UserError(`--last ${last} comes before --first ${first}: swap them`);
  const at = { flag: "listen", place: given.listen };
  const recovery = (await readRecovery(words, feed, at))!;
  const faults = await readFaults(given.fault, feed, recovery, shell);
  if (faults === undefined) return EXIT.usage;
  const opened = await shell.openWorld("real");
  const places = recordedPlaces([], recovery);
  const { world } = capture.record(opened, places, [sourceFileOf(feed)]);
  const { clock } = world;
  const parts = feedParts(
    { feed, open, recovery },
    given.seed ?? "",
    clock.epochMs,
    kept?.sessions,
  );
  if (kept === undefined && feed.source.definition.name === trades.name) {
    remark(shell, given, "own-times", OWN_TIMES, { source: trades.name });
  }
  await using metrics = await openMetrics(given.metrics);
  const store = kept ?? new SourceStore(parts.createSource(), { from: first, until: last + 1 });
  // It has no lines of its own: this one tells where repairs leave.
  const lines = [{ group: given.listen, interface: given.interface, ttl: 1 }];
  const { promise: broken, reject: fail } = deferred<never>();
  const follower = kept && new StoreFollower(kept, clock, parts.sessions);
  const look = (): void => follower?.look();
  const observe = tell(shell, given);
  const around = { parts, store, seed: given.seed ?? "", observe, lines, look };
  const { connections } = given;
  const servers = await openServers(world, { ...recovery, faults, connections }, around, fail);
  const server = servers.first!;
  const startedNs = clock.now();
  metrics.show(() => serverFamilies(server));
  try {
    const { promise, resolve } = deferred();
    server.onProgress = () => {
      // Not before the last answer was taken.
      if (server.answered >= (given.messages ?? Infinity) && server.connections === 0) resolve();
    };
    const code = await untilEnd(world, shell, {
      done: Promise.race([promise, broken, ...(follower ? [follower.failed] : [])]),
      duration: given.duration,
      ready: () => announce(shell, given, ...greeting(given, kept)),
    });
    // Ctrl-C is how a server is ended: a fault that proved nothing counts for more.
    return unmet(servers.faults, faults, clock.now() - startedNs).length > 0
      ? EXIT.unverifiable
      : code;
  } finally {
    follower?.close();
    await server.close();
    const idle = unmet(servers.faults, faults, clock.now() - startedNs);
    summarize(shell, given, ...summary(server, parts.protocol.recovery.requestMax, idle));
  }
}

/** The names of those that nobody met. Who found the port closed, only that one knows. */
function unmet(
  runs: readonly FaultRun[],
  faults: readonly ReadFault[],
  elapsedNs: Nanos,
): readonly string[] {
  return runs.flatMap(({ name, hits }, i) => {
    const { definition, options, rest } = faults[i]!;
    const away = definition.stage(options) === "window" && (rest.time?.from ?? 0) < elapsedNs;
    return hits > 0 || away ? [] : [name];
  });
}

/** The faults of `--fault`; undefined when something is wrong with them, which is told. */
async function readFaults(
  texts: readonly string[],
  feed: FeedPlan,
  recovery: GivenRecovery,
  shell: Shell,
): Promise<readonly ReadFault[] | undefined> {
  if (texts.length === 0) return [];
  // Only here, for it reads YAML.
  const inline = await import("../scenario/inline.ts");
  const { name } = (recovery.protocol ?? feed.protocol).definition;
  const span = { ...ruleContext(feed, []).feed, messages: Infinity };
  const codec = recoveryCodecOf(feed, recovery);
  const { faults, problems } = inline.readInlineFaults(texts, "--fault", codec, name, span);
  if (problems.length > 0) shell.err(inline.formatInline(problems, shell.columns, shell.room.err));
  if (faults === undefined) shell.err(inline.formatSummary(problems));
  return faults?.map(({ choice }) => choice);
}

function greeting(
  given: Values<typeof options>,
  kept: KeptFeed | undefined,
): [line: string, facts: Facts] {
  const listen = formatEndpoint(given.listen);
  if (kept === undefined) return [`Answering on ${listen}`, { listen }];
  const { first, next, sessions } = kept;
  const protocol = kept.record.protocol.name;
  const session = sessions.at(-1)?.name ?? "";
  const has = first === next ? "nothing yet" : `SEQ:${formatRange({ from: first, until: next })}`;
  const of = session.trim() === "" ? "" : ` of session ${session}`;
  const store = given.store!.word;
  return [
    `Answering on ${listen} from ${store}: ${protocol}, ${has}${of}`,
    { listen, store, protocol, session, first, next },
  ];
}

/** Where a request names one message, those that got none were for messages that are not there. */
function summary(
  { requests, answered, refused }: RecoveryNode,
  requestMax: number,
  idle: readonly string[],
): Summary {
  const asked = plural(requests, "request");
  const rows: [string, string][] = [
    ["refused", plural(refused, "connection")],
    ...idle.map((name): [string, string] => ["not exercised", `fault "${name}" was never met`]),
  ];
  const facts = { requests, answered, refused, ...(idle.length > 0 && { notExercised: idle }) };
  if (requestMax > 1) return [`Sent ${plural(answered, "message")} for ${asked}`, rows, facts];
  const lacking: [string, string] = ["not found", String(requests - answered)];
  return [`Answered ${answered} of ${asked}`, [lacking, ...rows], facts];
}
