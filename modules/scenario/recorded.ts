/** Feeds that follow a recording: its times, its packets, its numbers and its session's name. */
import { createRng } from "../core/rng.ts";
import { type Nanos, NEVER, SECOND } from "../core/time.ts";
import { createSchedule, type Schedule } from "../protocol/schedule.ts";
import { phaseFor } from "../protocol/schedule/phase.ts";
import { recordedSchedule } from "../protocol/schedule/recorded.ts";
import type { Source, SourceTiming } from "../sources/source.ts";
import { type FeedPlan, protocolOf, stampedPerSecond } from "./feed.ts";
import type { OpenFile } from "./files.ts";

/** Messages of a recording that are looked at to find out how many there are, and how fast they come. */
const LOOKED_AT_MAX = 1_000_000;

/** The schedule of a feed, new each time. */
export function scheduleOf({ phases, recording }: FeedPlan, seed: string): Schedule {
  if (recording === undefined) return createSchedule(phases, createRng(seed).fork("arrivals"));
  return recordedSchedule(recording.timing(), recording.speed);
}

/** The file that a feed's messages are read from, as the feed names it; nothing when there is none. */
export function sourceFileOf({ source }: Pick<FeedPlan, "source">): string | undefined {
  const { file } = source.definition;
  if (file === undefined) return undefined;
  const { [file]: path } = source.options as Readonly<Record<string, unknown>>;
  return typeof path === "string" ? path : undefined;
}

/**
 * What the files that a feed's source reads say of it: how long it is, and unless the scenario says
 * how fast, when its messages come. Fails with a UserError when they cannot be read.
 */
export function withRecording(feed: FeedPlan, open: OpenFile): FeedPlan {
  const { definition, rest } = feed.source;
  if (definition.file === undefined) return feed;
  const create = (): Source => probe(feed, open);
  const source = create();
  const { packets } = protocolOf(feed);
  const { session = "" } = source;
  const first = feed.first ?? source.first;
  const own: FeedPlan = {
    ...feed,
    first: first === undefined || first < packets.firstSeq ? undefined : first,
    session:
      !feed.sessionGiven && packets.sessionBytes > 0 && session !== "" ? session : feed.session,
  };
  const { timing } = source;
  if (!feed.recorded || timing === undefined) return own;
  const { count, length } = extentOf(source, timing, feed.end.messages);
  const { speed } = rest;
  const lasting = length / speed;
  const perSecond = lasting > 0 ? ((count - 1) * SECOND) / lasting : 1;
  const ended = count < Math.min(feed.end.messages, LOOKED_AT_MAX) || count === feed.end.messages;
  const whole = ended ? Math.floor(lasting) + 1 : Infinity;
  const rate = { from: perSecond, to: perSecond };
  const pace = { name: "", rate, burst: 1, arrivals: "constant" } as const;
  const until = Math.min(whole, feed.end.duration);
  const phase = phaseFor(pace, until);
  return {
    ...own,
    phases: [ended && until === whole ? { ...phase, messages: count } : phase],
    messages: ended && until === whole ? count : undefined,
    perSecond,
    recording: {
      speed,
      timing: () => create().timing!,
      endsPacket: timing.endsPacket === undefined ? undefined : () => create().timing!.endsPacket!,
    },
  };
}

function probe(feed: FeedPlan, open: OpenFile): Source {
  const { definition, options } = feed.source;
  const { packets } = protocolOf(feed);
  const { first = packets.firstSeq } = feed;
  const perSecond = stampedPerSecond(feed);
  const rng = createRng("");
  return definition.create(options, { first, packets, rng, epochMs: 0, perSecond, open });
}

/** How many messages there are, of those that are looked at, and when the last of them comes. */
function extentOf(
  { messages = Infinity }: Source,
  timing: SourceTiming,
  limit: number,
): { count: number; length: Nanos } {
  const most = Math.min(messages, limit, LOOKED_AT_MAX);
  let length: Nanos = 0;
  for (let index = 0; index < most; index++) {
    const at = timing.at(index);
    if (at === NEVER) return { count: index, length };
    length = at;
  }
  return { count: most, length };
}
