import * as z from "zod";
import type { PacketCodec } from "../codecs/codec.ts";
import { deferred } from "../core/deferred.ts";
import type { ExitCode } from "../core/errors.ts";
import type { FeedEvent } from "../core/events.ts";
import { duration, endpoint, positiveDuration } from "../core/options.ts";
import { type Nanos, SECOND } from "../core/time.ts";
import { formatDuration, formatEndpoint, plural } from "../core/units.ts";
import type { ListenerNode } from "../nodes/listener.ts";
import { type FeedStats, ratesOf, renderLine, renderStats } from "../reports/stats.ts";
import type { ScenarioLine } from "../scenario/feed-scenario.ts";
import { protocolOf } from "../scenario/feed.ts";
import { noFiles } from "../scenario/files.ts";
import { feedParts, openListener } from "../scenario/open.ts";
import { listen as listenSchema, startOption } from "../scenario/listen.ts";
import type { World } from "../worlds/world.ts";
import { type Capture, PCAP_OPTION, recordedPlaces, withCapture } from "./capture.ts";
import { type Command, readOptions, type Values, type Words } from "./command.ts";
import { describer, tellMessages } from "./decode.ts";
import {
  linesOf,
  placeFacts,
  placesOf,
  readFeed,
  readRecovery,
  readSnapshot,
} from "./feed-flags.ts";
import { firstOf, listenerFamilies, openMetrics, openOf } from "./metrics.ts";
import {
  DECODE_OPTION,
  END_OPTIONS,
  endpointOrNone,
  HEARD_OPTION,
  LINE_OPTIONS,
  MANY_LINES,
  METRICS_OPTION,
  OUTPUT_OPTIONS,
  PROTOCOL_OPTION,
  RECOVERY_OPTIONS,
  TRANSPORT_OPTION,
} from "./options.ts";
import { Remarks } from "./remarks.ts";
import { RecoveryTimes } from "./recovery-times.ts";
import type { Shell } from "./shell.ts";
import { announce, type Facts, summarize, type Summary, tell, tellPath } from "./tell.ts";
import { untilEnd } from "./until.ts";

/** How long a line may say nothing, where it should say something every second. */
const SILENCE_DEFAULT: Nanos = 3 * SECOND;

const options = {
  ...PROTOCOL_OPTION,
  ...LINE_OPTIONS,
  ...MANY_LINES,
  ...HEARD_OPTION,
  start: {
    value: "<first|now|seq|snapshot>",
    summary: "which number to begin with; what came before is asked for",
    type: startOption(),
    fallback: "first",
  },
  recovery: {
    value: "<host:port>",
    summary: "whom to ask for lost messages, or none",
    type: endpointOrNone(),
    fallback: "127.0.0.1:7000",
  },
  ...RECOVERY_OPTIONS,
  snapshot: {
    value: "<host:port>",
    summary: "whose snapshot to begin with; with --start snapshot",
    type: endpoint(),
  },
  gap: {
    value: "<time>",
    summary: "how long a missing message may be late before it is asked for",
    type: duration(),
    fallback: "0ms",
  },
  silence: {
    value: "<time>",
    summary:
      "tell when a line says nothing for so long, or none (default: " +
      `${formatDuration(SILENCE_DEFAULT)} in protocols with heartbeats)`,
    type: z.union([z.literal("none"), positiveDuration()], {
      error: "is neither a time nor none: write it like 3s",
    }),
  },
  ...DECODE_OPTION,
  stats: {
    value: "<time>",
    summary: "how the feed is doing, every so often; also with --quiet",
    type: positiveDuration(),
  },
  ...METRICS_OPTION,
  ...PCAP_OPTION,
  ...TRANSPORT_OPTION,
  verbose: { summary: "also say how packets travel, and why" },
  ...END_OPTIONS,
  ...OUTPUT_OPTIONS,
} as const;

type Given = Values<typeof options>;

/** Follows a feed, whoever publishes it, and recovers what it lost. */
export const listen: Command = {
  options,
  examples: [
    "feedlab listen",
    "feedlab listen --start now --recovery none --duration 10s",
    "feedlab listen --start snapshot --snapshot 127.0.0.1:7001",
    "feedlab listen --output json --messages 1000",
    "feedlab listen --protocol moldudp64 --decode",
    "feedlab listen --line A=239.192.1.1:6000 --line B=239.192.1.2:6000",
    "feedlab listen --protocol cta --recovery none --start now --stats 1s -q",
  ],
  run,
};

function run(_operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  return withCapture(given.pcap, shell, (capture) => follow(given, words, shell, capture));
}

async function follow(
  given: Given,
  words: Words,
  shell: Shell,
  capture: Capture,
): Promise<ExitCode> {
  const feed = await readFeed({ protocol: words["protocol"] }, noFiles);
  const source = given["source-address"];
  const lines = linesOf(given, words).map((line) => ({ ...line, source }));
  const at = { flag: "recovery", place: given.recovery };
  const recovery = await readRecovery(words, feed, at);
  const snapshot = readSnapshot(given.snapshot, feed, given.start);
  const places = recordedPlaces(lines, recovery);
  const recorded = capture.record(await shell.openWorld("real", given.transport), places).world;
  const first = words["start"] === undefined ? protocolOf(feed).packets.firstSeq : undefined;
  const remarks = new Remarks(shell, given, first, recorded, lines);
  const { world } = remarks;
  const path = await tellPath(shell, given, world);
  const parts = feedParts({ feed, open: noFiles, recovery }, "", world.clock.epochMs);
  const { packets } = parts.protocol;
  const times = new RecoveryTimes();
  const silent = new Set<string>();
  const { promise, resolve } = deferred();
  const told = tell(shell, given, lines.length);
  const keys = listenSchema.parse({ start: given.start });
  const silence = silenceOf(given, packets);
  await using metrics = await openMetrics(given.metrics);
  const listener = await openListener(
    world,
    { lines, listen: { ...keys, gap_timeout: given.gap, silence }, recovery, snapshot },
    parts,
    {
      deliver: deliverer(given, packets, world, shell),
      observe: (event) => {
        times.observe(event);
        noteSilence(silent, event);
        remarks.observe(event);
        told(event);
      },
      observePackets: !given.quiet,
    },
  );
  metrics.show(() => listenerFamilies(listener, { silent, recoveryTimes: times.buckets }));
  listener.onProgress = () => {
    const { delivered, lost } = listener.totals;
    if (delivered + lost >= (given.messages ?? Infinity)) resolve();
  };
  const monitored = words["protocol"] !== undefined || lines.length > 1;
  try {
    const stop = reportStats(given, listener, world, shell);
    const code = await untilEnd(world, shell, {
      done: promise,
      duration: given.duration,
      ready: () => announce(shell, given, ...greeting(given, listener, lines, path)),
    });
    stop();
    return code;
  } finally {
    const last = summary(listener, monitored);
    await listener.close();
    summarize(shell, given, ...last);
  }
}

function silenceOf({ silence }: Given, { heartbeats }: PacketCodec): Nanos | undefined {
  if (silence === "none") return undefined;
  return silence ?? (heartbeats ? SILENCE_DEFAULT : undefined);
}

function noteSilence(silent: Set<string>, event: FeedEvent): void {
  if (event.event === "line-silent") silent.add(event.line);
  else if (event.event === "line-back") silent.delete(event.line);
}

/** What is done with each message: nothing, or it is put into words. */
function deliverer(
  given: Given,
  packets: PacketCodec,
  { clock }: World,
  shell: Shell,
): Parameters<typeof openListener>[3]["deliver"] {
  if (given.decode === undefined || given.quiet) return () => {};
  const describe = describer(given.decode, packets);
  const tellMessage = tellMessages(shell, given, clock);
  return (seq, bytes, start, end, via) => tellMessage(seq, describe(bytes, start, end), { via });
}

function statsOf({ lines, totals }: ListenerNode, atNs: Nanos): FeedStats {
  return {
    atNs,
    delivered: totals.delivered,
    lines: lines.map((line) => {
      const { name, packets, messages, malformed, heartbeats, lost, duplicates, late } = line;
      const first = firstOf(line);
      return { name, packets, messages, malformed, heartbeats, lost, first, duplicates, late };
    }),
    open: openOf(totals),
    filled: totals.filledByLine + totals.filledByRecovery,
    lost: totals.lost,
  };
}

/** Tells every so often how the feed is doing, until the function that is returned is called. */
function reportStats(
  { stats: every, output }: Given,
  listener: ListenerNode,
  { clock }: World,
  shell: Shell,
): () => void {
  if (every === undefined) return () => {};
  let before = statsOf(listener, clock.now());
  const began = before.atNs;
  let cancel = (): void => {};
  const wait = (at: Nanos): void => {
    cancel = clock.at(at, () => {
      const now = statsOf(listener, clock.now());
      const rates = ratesOf(now, before);
      shell.out(
        output === "json"
          ? JSON.stringify({ event: "stats", ...now, ...rates })
          : renderStats(now, before, at - began, shell.room.out),
      );
      before = now;
      wait(at + every);
    });
  };
  wait(before.atNs + every);
  return () => cancel();
}

function greeting(
  given: Given,
  { lines: received }: ListenerNode,
  lines: readonly ScenarioLine[],
  path: Facts,
): [line: string, facts: Facts] {
  const recovery = given.recovery === "none" ? "none" : formatEndpoint(given.recovery);
  const asking = recovery === "none" ? "no recovery" : `recovery from ${recovery}`;
  const { interface: on } = given;
  const { receiveBuffer } = received[0]!;
  return [
    `Listening to ${placesOf(lines)} on ${on}, ${asking}`,
    { ...placeFacts(lines), interface: on, recovery, receiveBuffer, ...path },
  ];
}

/** `monitored`: what is told of each line, in place of the one line's packets. */
function summary(listener: ListenerNode, monitored: boolean): Summary {
  const { totals, lines, next } = listener;
  const { delivered, gaps, missing, filledByLine, filledByRecovery, lost } = totals;
  const open = openOf(totals);
  const { packets, malformed, duplicates } = lines[0]!;
  const duplicate = plural(duplicates, "duplicate message");
  const rows: [string, string][] = monitored
    ? statsOf(listener, 0).lines.map((line) => [`line ${line.name}`, renderLine(line)])
    : [["packets", `${packets} received, ${malformed} malformed, ${duplicate}`]];
  if (gaps === 0) rows.push(["gaps", "none"]);
  else {
    rows.push(
      ["gaps", `${gaps}, of ${plural(missing, "message")} in all`],
      ["", `${filledByRecovery} recovered, ${filledByLine} came late, ${lost} lost, ${open} open`],
      ["requests", `${totals.requests} sent, ${plural(totals.unreachable, "failed connection")}`],
    );
  }
  return [
    `Delivered ${plural(delivered, "message")}${next === undefined ? "" : `; SEQ:${next} is next`}`,
    rows,
    { ...totals, open, next, lines: lines.map((line) => ({ ...line, first: firstOf(line) })) },
  ];
}
