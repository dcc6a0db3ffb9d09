import * as z from "zod";
import { deferred } from "../core/deferred.ts";
import { EXIT, type ExitCode, UserError } from "../core/errors.ts";
import { count, endpoint, positiveDuration, rateOrMax } from "../core/options.ts";
import { formatRange } from "../core/seq.ts";
import type { FeedStore, KeptSession } from "../core/store.ts";
import { type Cancel, type Nanos, SECOND } from "../core/time.ts";
import { formatEndpoint, formatRate, plural, quote } from "../core/units.ts";
import type { SnapshotNode } from "../nodes/snapshot.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import { StoreKeeper } from "../nodes/store-keeper.ts";
import type { RuleCount } from "../protocol/tap.ts";
import { rateFacts, spread } from "../reports/facts.ts";
import { latenessFigures, rateFact } from "../reports/json.ts";
import { latenessLine } from "../reports/lateness.ts";
import { type FeedPlan, protocolOf } from "../scenario/feed.ts";
import { ruleContext, type ScenarioLine } from "../scenario/feed-scenario.ts";
import { inMemory, openStore, wrongStart } from "../scenario/keep.ts";
import { feedParts, openPublisher, openRecovery, openSnapshots } from "../scenario/open.ts";
import type { Publishing } from "../scenario/publishing.ts";
import { type NamedRule, nameRules } from "../scenario/rules.ts";
import { sourceFileOf } from "../scenario/recorded.ts";
import { chooseThread } from "../scenario/thread/own-thread.ts";
import { MemoryReader } from "../stores/memory-reader.ts";
import type { World } from "../worlds/world.ts";
import { type Capture, PCAP_OPTION, recordedPlaces, withCapture } from "./capture.ts";
import { type Command, readOptions, type Values, type Words } from "./command.ts";
import { decodeSent, describer, tellMessages } from "./decode.ts";
import {
  linesOf,
  placeFacts,
  placesOf,
  openerOf,
  readFeed,
  readRecovery,
  readSnapshot,
} from "./feed-flags.ts";
import { openMetrics, publisherFamilies } from "./metrics.ts";
import {
  choice,
  DECODE_OPTION,
  dropOption,
  END_OPTIONS,
  endpointOrNone,
  LINE_OPTIONS,
  MANY_SKEWED_LINES,
  METRICS_OPTION,
  OUTPUT_OPTIONS,
  PROTOCOL_OPTION,
  RECOVERY_OPTIONS,
  SOURCE_OPTIONS,
  TRANSPORT_OPTION,
} from "./options.ts";
import type { Shell } from "./shell.ts";
import { STORE_OPTION } from "./store-option.ts";
import { announce, type Facts, summarize, type Summary, tell, tellPath } from "./tell.ts";
import { untilEnd } from "./until.ts";

/** What is lost when nobody says anything of it. */
const DROP_DEFAULT = "every:5";

/** After the last message, how long its recovery server waits for one more request. */
const RECOVERY_LINGER: Nanos = 2 * SECOND;

const options = {
  ...PROTOCOL_OPTION,
  ...LINE_OPTIONS,
  ...MANY_SKEWED_LINES,
  ttl: { value: "<hops>", summary: "how far packets may go", type: count(1, 255), fallback: "1" },
  interval: {
    value: "<time>",
    summary: "time from message to message (default: 500ms)",
    type: positiveDuration(),
  },
  rate: {
    value: "<rate|max>",
    summary: "messages a second, or as fast as it goes; instead of --interval",
    type: rateOrMax(),
  },
  arrivals: {
    value: "<constant|poisson>",
    summary: "evenly, or as chance has it around that rate",
    type: choice("constant", "poisson"),
    fallback: "constant",
  },
  ...END_OPTIONS,
  ...SOURCE_OPTIONS,
  first: {
    value: "<seq>",
    summary: "number of the first message (default: the protocol's)",
    type: count(),
  },
  batch: { value: "<count>", summary: "messages in a packet (default: 1)", type: count(1) },
  heartbeat: {
    value: "<time>",
    summary: "after so long without a packet, one without messages (default: none)",
    type: positiveDuration(),
  },
  "end-of-session": { summary: "say at the end that nothing more will come" },
  drop: {
    value: "<loss>",
    summary:
      `every:5, seq:10,15..20, chance:1% or none ` +
      `(default: ${DROP_DEFAULT}, or none beside --impair or --protocol)`,
    type: dropOption(),
  },
  impair: {
    value: "<rule>",
    summary: "a rule, as below impair: in a scenario; any number of times",
    type: z.string(),
    many: true,
  },
  seed: { value: "<text>", summary: "what chance begins with (default: fresh)", type: z.string() },
  recovery: {
    value: "<host:port>",
    summary: "also answer for lost messages here, or none",
    type: endpointOrNone(),
    fallback: "none",
  },
  ...RECOVERY_OPTIONS,
  ...STORE_OPTION,
  snapshot: {
    value: "<host:port>",
    summary: "also send snapshots here to those who join late",
    type: endpoint(),
  },
  ...DECODE_OPTION,
  ...METRICS_OPTION,
  ...PCAP_OPTION,
  ...TRANSPORT_OPTION,
  verbose: { summary: "also say how packets travel, and why" },
  ...OUTPUT_OPTIONS,
} as const;

/** Publishes a feed: the demo's, unless told otherwise. */
export const serve: Command = {
  options,
  examples: [
    "feedlab serve",
    "feedlab serve --rate 100/s --messages 1000 --drop chance:1% --seed 7",
    "feedlab serve --drop seq:10,15..20 --recovery 127.0.0.1:7000",
    "feedlab serve --protocol moldudp64 --rate 100/s --snapshot 127.0.0.1:7001",
    "feedlab serve --impair 'drop: { chance: 1% }' --impair 'delay: { by: 1ms }'",
    "feedlab serve --protocol moldudp64 --batch 8 --heartbeat 1s --decode",
    "feedlab serve --line A=239.192.1.1:6000 --line B=239.192.1.2:6000@5ms",
    "feedlab serve --store sqlite:feed.db",
    "feedlab serve --protocol moldudp64 --source 'pcap: day.pcapng' --speed 10x",
  ],
  run,
};

function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  return withCapture(given.pcap, shell, (capture) => publish(given, words, shell, capture));
}

async function publish(
  given: Values<typeof options>,
  words: Words,
  shell: Shell,
  capture: Capture,
): Promise<ExitCode> {
  if (given.interval !== undefined && given.rate !== undefined) {
    throw new UserError("--interval and --rate both say how fast: give one of them");
  }
  const { seed = shell.freshSeed() } = given;
  const open = await openerOf(words, shell);
  const feed = await readFeed(words, open);
  const lines = linesOf(given, words);
  const own = words["protocol"] !== undefined;
  const rules = await readRules({ ...given, own }, feed, lines, shell);
  if (rules === undefined) return EXIT.usage;
  const at = { flag: "recovery", place: given.recovery };
  const recovery = await readRecovery(words, feed, at);
  const snapshot = readSnapshot(given.snapshot, feed);
  const places = recordedPlaces(lines, recovery);
  const opened = await shell.openWorld("real", given.transport);
  const { world, departures } = capture.record(opened, places, [sourceFileOf(feed)]);
  await using metrics = await openMetrics(given.metrics);
  const keeping = { store: given.store ?? inMemory, retain: recovery?.retain };
  const published = { name: "", feed, lines, rules, timeline: [], recovery, open };
  const snapshots = snapshot !== undefined;
  const choice = await chooseThread(world, published, {
    ...keeping,
    snapshots,
    decoded: given.decode !== undefined && !given.quiet,
    departures,
  });
  const { reason } = choice;
  await using thread = choice.own;
  const kept = thread === undefined ? await openKept(given, feed, recovery?.retain) : NOTHING_KEPT;
  const found = kept.store?.found;
  const path = await tellPath(
    shell,
    given,
    world,
    reason && {
      own: thread === undefined ? [] : ["publisher"],
      reason,
    },
  );
  const parts = feedParts({ feed, open, recovery }, seed, world.clock.epochMs, kept.sessions);
  await using keeper =
    kept.store === undefined ? undefined : new StoreKeeper(kept.store, world.clock, parts.sessions);
  const store = keeper ?? new MemoryReader(thread!.memory);
  const { packets } = parts.protocol;
  const told = tell(shell, given, lines.length);
  const decoded =
    given.decode === undefined || given.quiet
      ? { observe: told }
      : decodeSent(
          describer(given.decode, packets),
          packets,
          told,
          tellMessages(shell, given, world.clock),
        );
  if (found !== undefined) {
    const { first, next, torn } = found;
    const session = parts.sessions.current!.name;
    const event = { event: "store-continued", session, first, next, torn } as const;
    told({ ...event, atNs: world.clock.now() });
  }
  let snapshotNode: SnapshotNode | undefined;
  if (keeper !== undefined) keeper.onAppended = (next) => snapshotNode?.onPublished(next);
  const server =
    recovery === undefined
      ? undefined
      : await openRecovery(world, recovery, parts, store, told, lines);
  try {
    if (snapshot !== undefined) {
      snapshotNode = await openSnapshots(world, { feed, snapshot }, parts, told);
    }
    const observePackets = !given.quiet;
    await using publisher: Publishing =
      keeper === undefined
        ? await thread!.open({ seed, observePackets, watch: { observe: told } })
        : await openPublisher(world, published, parts, keeper, seed, {
            ...decoded,
            observePackets,
            departures,
          });
    metrics.show(() => publisherFamilies(publisher, server));
    publisher.start();
    const rest = publisher.done.then(() => {
      if (feed.endOfSession !== undefined) server?.endOfSession();
      return lastRequests(server, world);
    });
    const failed = keeper?.failed ?? publisher.failed!;
    const done = Promise.race([rest, failed]);
    const code = await untilEnd(world, shell, {
      done,
      ready: () => announce(shell, given, ...greeting(given, feed, lines, publisher, path)),
    });
    await publisher.close();
    summarize(shell, given, ...summary(publisher, feed.perSecond, seed));
    return code;
  } finally {
    await snapshotNode?.close();
    await server?.close();
  }
}

/** Where another thread keeps what it publishes. */
const NOTHING_KEPT = { store: undefined, sessions: [] } as const;

/** The store of the feed, and its sessions if it goes on after what is there. */
async function openKept(
  given: Values<typeof options>,
  feed: FeedPlan,
  retain: number | undefined,
): Promise<{ store: FeedStore; sessions: readonly KeptSession[] }> {
  const choice = given.store ?? inMemory;
  const store = await openStore(choice, feed, { by: "serve", existing: "continue", retain });
  const { found } = store;
  if (found === undefined) return { store, sessions: [] };
  const wrong = wrongStart(found, feed, given.first);
  if (wrong !== undefined) {
    store.close();
    throw new UserError(`--store ${quote(given.store!.word)}: ${wrong}`);
  }
  const { sessions, next } = found;
  // Whoever names another session begins it; its numbers on the wire begin again.
  if (given.session === undefined || given.session === sessions.at(-1)?.name) {
    return { store, sessions };
  }
  const { firstSeq } = protocolOf(feed).packets;
  return { store, sessions: [...sessions, { name: feed.session, from: next, first: firstSeq }] };
}

/** The rules of the lines, or undefined when they are wrong and that has been shown. */
async function readRules(
  { drop, impair, own }: Pick<Values<typeof options>, "drop" | "impair"> & { own: boolean },
  feed: FeedPlan,
  lines: readonly ScenarioLine[],
  shell: Shell,
): Promise<readonly NamedRule[] | undefined> {
  const loss = drop ?? (impair.length === 0 && !own ? dropOption().parse(DROP_DEFAULT) : "none");
  const above = loss === "none" ? [] : [loss];
  if (impair.length === 0) return nameRules(above);
  // Only here, for it reads YAML.
  const inline = await import("../scenario/inline.ts");
  const context = ruleContext(
    feed,
    lines.map(({ name }) => name),
  );
  const { rules, problems } = inline.readInlineRules(impair, "--impair", above, context);
  if (problems.length > 0) shell.err(inline.formatInline(problems, shell.columns, shell.room.err));
  if (rules === undefined) shell.err(inline.formatSummary(problems));
  return rules;
}

/** Stays while requests come: the last gap shows only after the last message. */
async function lastRequests(server: RecoveryNode | undefined, world: World): Promise<void> {
  if (server === undefined) return;
  const { promise, resolve } = deferred();
  let cancel: Cancel = () => {};
  const wait = (): void => {
    cancel();
    cancel = world.clock.at(world.clock.now() + RECOVERY_LINGER, resolve);
  };
  server.onProgress = wait;
  wait();
  await promise;
}

function greeting(
  given: Values<typeof options>,
  { perSecond }: FeedPlan,
  lines: readonly ScenarioLine[],
  { lines: [sent] }: Publishing,
  path: Facts,
): [line: string, facts: Facts] {
  const groups = placesOf(lines);
  const recovery = given.recovery === "none" ? "none" : formatEndpoint(given.recovery);
  const answering = recovery === "none" ? "" : `, answering on ${recovery}`;
  const keeping = given.store === undefined ? "" : `, kept in ${given.store.word}`;
  const pace = perSecond === Infinity ? "as fast as it goes" : formatRate(perSecond);
  return [
    `Publishing to ${groups} on ${given.interface}, ${pace}${answering}${keeping}`,
    {
      ...placeFacts(lines),
      interface: given.interface,
      ratePerSecond: rateFact(perSecond),
      recovery,
      store: given.store?.word,
      sendBuffer: sent!.sendBuffer,
      ...path,
    },
  ];
}

function summary(publisher: Publishing, rateWanted: number, seed: string): Summary {
  const { first, next, rateAchieved, lateness } = publisher;
  const messages = next - first;
  const rulesOf = (line: number): RuleCount[] =>
    publisher.counts[line]!.map(({ name, hits, seen }) => ({ name, hits, seen }));
  const numbers = messages === 0 ? "" : `: SEQ:${formatRange({ from: first, until: next })}`;
  const many = publisher.lines.length > 1;
  const rows = publisher.lines.flatMap(({ name, packets }, i): [string, string][] => [
    [
      many ? `line ${name}` : "packets sent",
      many ? plural(packets, "packet") + " sent" : `${packets}`,
    ],
    ...rulesOf(i).map(({ name, hits, seen }): [string, string] => [
      many ? `  ${name}` : name,
      `${hits} of ${plural(seen, "packet")}`,
    ]),
  ]);
  // All at one time is no rate.
  if (messages > 1 && Number.isFinite(rateAchieved)) {
    rows.push(["rate", rateFacts(rateAchieved, rateWanted)]);
  }
  if (lateness.count > 1) rows.push(["late", spread(lateness)]);
  const spreading = latenessLine(lateness);
  if (spreading !== undefined) rows.push(["lateness", spreading]);
  rows.push(["seed", seed]);
  const lines = publisher.lines.map(({ name, packets, messages: sent }, i) => {
    return { name, packets, messages: sent, rules: rulesOf(i) };
  });
  const own = many ? { lines } : { packets: lines[0]!.packets, rules: lines[0]!.rules };
  const rates = { rateAchieved, rateWanted: rateFact(rateWanted) };
  const facts = { messages, next, ...own, ...rates, lateness: latenessFigures(lateness), seed };
  return [`Published ${plural(messages, "message")}${numbers}`, rows, facts];
}
