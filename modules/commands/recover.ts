import * as z from "zod";
import { deferred } from "../core/deferred.ts";
import { type ExitCode, UserError } from "../core/errors.ts";
import { count, endpoint, positiveDuration } from "../core/options.ts";
import { SEQ_MAX } from "../core/seq.ts";
import { formatEndpoint, plural } from "../core/units.ts";
import type { RecoveryNode } from "../nodes/recovery.ts";
import { protocolOf } from "../scenario/feed.ts";
import { feedParts, openRecovery } from "../scenario/open.ts";
import { sourceFileOf } from "../scenario/recorded.ts";
import { SourceStore } from "../stores/source.ts";
import { type Capture, PCAP_OPTION, recordedPlaces, withCapture } from "./capture.ts";
import { type Command, readOptions, type Values, type Words } from "./command.ts";
import { openerOf, readFeed, readRecovery } from "./feed-flags.ts";
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
import { announce, summarize, type Summary, tell } from "./tell.ts";
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
  ...RECOVERY_OPTIONS,
  interface: { ...LINE_OPTIONS.interface, summary: "the network interface of --repairs" },
  seed: { value: "<text>", summary: "that of the feed, where its source draws", type: z.string() },
  ...METRICS_OPTION,
  ...PCAP_OPTION,
  ...OUTPUT_OPTIONS,
} as const;

/** Answers for lost messages of a feed, which it knows from its source without having heard it. */
export const recover: Command = {
  options,
  examples: [
    "feedlab recover",
    "feedlab recover --listen 127.0.0.1:7001 --first 100 --last 200",
    "feedlab recover --protocol moldudp64 --source trades --seed 7",
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
  const open = await openerOf(words, shell);
  // What it has, how much it answers and how long it stays is no matter of the feed.
  const ours = { first: undefined, messages: undefined, duration: undefined };
  const feed = await readFeed({ ...words, ...ours }, open);
  const { firstSeq } = protocolOf(feed).packets;
  const { first = feed.first ?? firstSeq, last } = given;
  if (last < first) throw new UserError(`--last ${last} comes before --first ${first}: swap them`);
  const at = { flag: "listen", place: given.listen };
  const recovery = (await readRecovery(words, feed, at))!;
  const opened = await shell.openWorld("real");
  const places = recordedPlaces([], recovery);
  const { world } = capture.record(opened, places, [sourceFileOf(feed)]);
  const parts = feedParts({ feed, open, recovery }, given.seed ?? "", world.clock.epochMs);
  await using metrics = await openMetrics(given.metrics);
  const store = new SourceStore(parts.createSource(), { from: first, until: last + 1 });
  // It has no lines of its own: this one tells where repairs leave.
  const lines = [{ group: given.listen, interface: given.interface, ttl: 1 }];
  const server = await openRecovery(world, recovery, parts, store, tell(shell, given), lines);
  metrics.show(() => serverFamilies(server));
  try {
    const { promise, resolve } = deferred();
    server.onProgress = () => {
      // Not before the last answer was taken.
      if (server.answered >= (given.messages ?? Infinity) && server.connections === 0) resolve();
    };
    const listen = formatEndpoint(given.listen);
    return await untilEnd(world, shell, {
      done: promise,
      duration: given.duration,
      ready: () => announce(shell, given, `Answering on ${listen}`, { listen }),
    });
  } finally {
    await server.close();
    summarize(shell, given, ...summary(server, parts.protocol.recovery.requestMax));
  }
}

/** Where a request names one message, those that got none were for messages that are not there. */
function summary({ requests, answered, refused }: RecoveryNode, requestMax: number): Summary {
  const asked = plural(requests, "request");
  const refusals: [string, string] = ["refused", plural(refused, "connection")];
  const facts = { requests, answered, refused };
  if (requestMax > 1)
    return [`Sent ${plural(answered, "message")} for ${asked}`, [refusals], facts];
  const rows: [string, string][] = [["not found", String(requests - answered)], refusals];
  return [`Answered ${answered} of ${asked}`, rows, facts];
}
