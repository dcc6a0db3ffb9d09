/** The keys below `feed:`. */
import * as z from "zod";
import type { Protocol, ProtocolDefinition } from "../codecs/codec.ts";
import { protocols } from "../codecs/mod.ts";
import { type Choice, count, named, positiveDuration, speed } from "../core/options.ts";
import { MILLISECOND, type Nanos, SECOND, type TimeWindow } from "../core/time.ts";
import { plural } from "../core/units.ts";
import type { EndOfSession, FeedEnd, SessionChange } from "../protocol/feed.ts";
import type { Pause } from "../protocol/schedule/pauses.ts";
import {
  meanRate,
  messagesOf,
  type Phase,
  phaseFor,
  phaseOf,
  phaseUntil,
  RATE_MAX,
  windowsOf,
} from "../protocol/schedule/phase.ts";
import { sources } from "../sources/mod.ts";
import { price } from "../sources/price.ts";
import type { SourceDefinition, SourceTiming } from "../sources/source.ts";
import { symbolsOption, trades } from "../sources/trades.ts";
import { arrivals, type GivenPace, paceKeys, pacesOf, readPace } from "./pace.ts";

/** From message to message, where the scenario does not say. */
export const INTERVAL_DEFAULT: Nanos = 500 * MILLISECOND;

/** What the first session is called where the scenario does not say, as far as there is room. */
export const SESSION_DEFAULT = "FEEDLAB001";

/** A feed as plain data: what is published, when, and in which packets. */
export interface FeedPlan {
  readonly protocol: Choice<AnyProtocol>;
  readonly source: Choice<AnySource, { readonly speed: number }>;
  /** The name of its first session; empty where sessions have none. */
  readonly session: string;
  /** Whether the scenario says so. */
  readonly sessionGiven: boolean;
  /** Whether nothing but the source's own times says how fast it is. */
  readonly recorded: boolean;
  /** Those times, once its file was opened. */
  readonly recording: Recording | undefined;
  /** Sessions that the timeline lets begin. */
  readonly changes: readonly FeedChange[];
  readonly first: number | undefined;
  /** At least one; what stands outside of `phases:` is one without a name. */
  readonly phases: readonly Phase[];
  /** When each phase begins and ends, by its name, from the feed's start; half-open. */
  readonly windows: ReadonlyMap<string, TimeWindow>;
  /** How many messages there will be, where that is known ahead. */
  readonly messages: number | undefined;
  /** Messages a second, on average; RATE_MAX where nothing but the way out says how fast. */
  readonly perSecond: number;
  readonly end: FeedEnd;
  /** When the schedule stands still. `windows` and `end` count them, `phases` do not. */
  readonly pauses: readonly FeedPause[];
  /** Messages in a packet. */
  readonly batch: number;
  readonly heartbeat: Nanos | undefined;
  readonly endOfSession: EndOfSession | undefined;
}

/** A pause with the position of the timeline's entry that it comes from. */
export interface FeedPause extends Pause {
  readonly entry: number;
}

/** The times and packets of a source that was recorded. What is returned is new each time. */
export interface Recording {
  readonly speed: number;
  timing(): SourceTiming;
  readonly endsPacket: (() => (index: number) => boolean) | undefined;
}

/** A session that begins, with the position of the timeline's entry that it comes from. */
export interface FeedChange extends SessionChange {
  readonly entry: number;
}

/** A protocol or a source, whatever its options are. */
export type AnyProtocol = ProtocolDefinition<unknown>;
export type AnySource = SourceDefinition<unknown>;

/** A time would end nothing, since all is due when it begins. */
const NO_TIME_AT_MAX =
  "at rate: max all is due at once, and no time ends it: give messages: 100k, or --messages 100k";

const PHASE_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

const phase = z
  .strictObject({
    name: z.string().regex(PHASE_NAME, "a phase's name is a letter, then letters and digits"),
    for: positiveDuration().optional(),
    messages: count(1).optional(),
    ...paceKeys,
  })
  .meta({ examples: [{ name: "open", for: "2s", rate: "20k/s" }] })
  .superRefine((given, context) => {
    const wrong = (message: string): void => context.addIssue(message);
    const [pace, ...others] = pacesOf(given);
    if (pace === undefined) wrong("the phase has no rate: add rate: 100/s, or rate: 0/s for none");
    if (others.length > 0) wrong(`both ${pace} and ${others[0]} say how fast: keep one of them`);
    if (given.for === undefined && given.messages === undefined) {
      wrong("the phase has no length: add for: 5s or messages: 100");
    }
    if (given.for !== undefined && given.messages !== undefined) {
      wrong("both for and messages say how long: keep one of them");
    }
    if (given.rate === RATE_MAX && given.for !== undefined && given.messages === undefined) {
      wrong(NO_TIME_AT_MAX);
    }
    if (given.rate === 0 && given.messages !== undefined && given.for === undefined) {
      wrong(`at 0/s there will never be ${plural(given.messages, "message")}: write for: 5s`);
    }
  });

type GivenPhase = z.output<typeof phase>;

/**
 * The schema of `feed:`, for the protocols that there are. Where the feed may be `endless`, it need
 * not say how many messages it has, nor how long it lasts.
 */
export function feedSchema(known: readonly AnyProtocol[], endless = false) {
  return z
    .strictObject({
      protocol: named(known, "protocol").prefault(known[0]!.name),
      source: named(sources, "source", {
        speed: speed().default(1),
      }).optional(),
      symbols: symbolsOption().optional(),
      session: z
        .string()
        .min(1)
        .meta({ examples: ["FEEDLAB001"] })
        .optional(),
      first: count().optional(),
      messages: count(1).optional(),
      duration: positiveDuration().optional(),
      ...paceKeys,
      arrivals: arrivals.default("constant"),
      phases: z.array(phase).min(1, "no phases: add one, or remove the key").optional(),
      batch: z.strictObject({ messages: count(1) }).prefault({ messages: 1 }),
      heartbeat: positiveDuration().optional(),
      end_of_session: z
        .strictObject({
          count: count(1, 1000).default(3),
          every: positiveDuration().prefault("1s"),
        })
        .optional(),
    })
    .superRefine((given, context) => {
      const { packets } = protocolOf(given);
      for (const { path, message } of [
        ...(given.phases === undefined
          ? wrongPace(given, endless)
          : wrongPhases(given, given.phases)),
        ...wrongPackets(given, packets),
        ...wrongSource(given, packets),
      ]) {
        context.addIssue({ code: "custom", path, message });
      }
    })
    .transform(plan);
}

/** What is published, and when. */
export const feed = feedSchema(protocols);

/** The same for a feed that goes on until somebody ends it. */
export const endlessFeed = feedSchema(protocols, true);

/** The protocol of a feed, for those who only want to know what it can do. */
export function protocolOf({ protocol }: Pick<FeedPlan, "protocol">, epochMs = 0): Protocol {
  return protocol.definition.create(protocol.options, { epochMs });
}

/** How fast the times go that made-up messages bear: at RATE_MAX they are a nanosecond apart. */
export function stampedPerSecond({ perSecond }: Pick<FeedPlan, "perSecond">): number {
  return perSecond === RATE_MAX ? SECOND : perSecond;
}

interface Given extends GivenPace, Pick<FeedPlan, "protocol"> {
  readonly source?: FeedPlan["source"] | undefined;
  readonly symbols?: readonly string[] | undefined;
  readonly session?: string | undefined;
  readonly first?: number | undefined;
  readonly messages?: number | undefined;
  readonly duration?: Nanos | undefined;
  readonly phases?: readonly GivenPhase[] | undefined;
  readonly batch: { readonly messages: number };
  readonly heartbeat?: Nanos | undefined;
  readonly end_of_session?: EndOfSession | undefined;
}

interface Wrong {
  readonly path: (string | number)[];
  readonly message: string;
}

function wrongPace(given: Given, endless: boolean): Wrong[] {
  const wrong: Wrong[] = [];
  const [pace, ...others] = pacesOf(given);
  if (others.length > 0) {
    const message = `both ${others[0]} and ${pace} say how fast: keep one of them`;
    wrong.push({ path: [], message });
  }
  const ends = sourceOf(given).definition.file !== undefined;
  if (!endless && given.messages === undefined && given.duration === undefined && !ends) {
    const remedy = given.rate === RATE_MAX ? "messages: 100k" : "messages: 22 or duration: 10s";
    wrong.push({ path: [], message: `the feed never ends: add ${remedy}` });
  }
  if (given.rate === RATE_MAX && given.messages === undefined && given.duration !== undefined) {
    wrong.push({ path: ["duration"], message: NO_TIME_AT_MAX });
  }
  if (given.rate === 0) {
    wrong.push({ path: ["rate"], message: "0/s never sends anything: write 1/s or more" });
  }
  return wrong;
}

function wrongPhases(given: Given, phases: readonly GivenPhase[]): Wrong[] {
  const wrong: Wrong[] = [];
  const { duration } = given;
  const others = [...pacesOf(given), ...(duration === undefined ? [] : ["duration"])];
  for (const key of others) {
    const message = `the phases say how ${key === "duration" ? "long" : "fast"}: remove ${key}`;
    wrong.push({ path: [key], message });
  }
  for (const [i, { name }] of phases.entries()) {
    if (phases.findIndex((other) => other.name === name) < i) {
      const message = `there is a phase "${name}" already: give each a name of its own`;
      wrong.push({ path: ["phases", i, "name"], message });
    }
  }
  if (phases.length > 0 && phases.every(({ rate }) => rate === 0)) {
    wrong.push({ path: ["phases"], message: "no phase ever sends anything: give one a rate" });
  }
  return wrong;
}

function wrongSource(given: Given, packets: Protocol["packets"]): Wrong[] {
  const { definition } = sourceOf(given);
  if (given.symbols !== undefined && definition.name !== trades.name) {
    const message = `the source ${definition.name} has no symbols: write source: trades, or remove this`;
    return [{ path: ["symbols"], message }];
  }
  const message = definition.fits?.(packets);
  return message === undefined ? [] : [{ path: ["source"], message }];
}

/** Trades of the usual symbols. */
const MADE_UP: FeedPlan["source"] = {
  definition: trades,
  options: trades.options.parse({}),
  rest: { speed: 1 },
};

/** What is published where the scenario does not say: prices as text, or made-up trades. */
function sourceOf(given: Given): FeedPlan["source"] {
  const { symbols } = given;
  const { source = symbols === undefined ? undefined : MADE_UP } = given;
  if (source?.definition.name === trades.name && symbols !== undefined) {
    return { ...source, options: { ...(source.options as object), symbols } };
  }
  if (source !== undefined) return source;
  const definition = protocolOf(given).packets.messages.includes("text") ? price : trades;
  return { definition, options: definition.options.parse({}), rest: { speed: 1 } };
}

/** Whether its source says when its messages come, and nothing else does. */
function isRecorded(given: Given): boolean {
  const paced = pacesOf(given).length > 0 || given.phases !== undefined;
  return !paced && sourceOf(given).definition.file !== undefined;
}

function wrongPackets(given: Given, packets: Protocol["packets"]): Wrong[] {
  const wrong: Wrong[] = [];
  const { batch } = given;
  const { name: protocol } = given.protocol.definition;
  const { messagesMax } = packets;
  if (batch.messages > messagesMax) {
    const remedy = messagesMax === 1 ? "leave batch out" : `write ${messagesMax} or less`;
    const message = `the ${protocol} protocol carries ${
      messagesMax === 1 ? "one message" : `at most ${messagesMax} messages`
    } in a packet: ${remedy}`;
    wrong.push({ path: ["batch", "messages"], message });
  }
  const { session, first = packets.firstSeq } = given;
  const { sessionBytes, firstSeq, lastSeq } = packets;
  if (session !== undefined && sessionBytes === 0) {
    const message = `the sessions of the ${protocol} protocol have no names: leave it out`;
    wrong.push({ path: ["session"], message });
  } else if (session !== undefined && !/^[\x20-\x7e]*$/.test(session)) {
    const message = `"${session}" is not plain ASCII: take letters and digits`;
    wrong.push({ path: ["session"], message });
  } else if (session !== undefined && session.length > sessionBytes) {
    const message = `"${session}" is too long: a session of ${protocol} has ${sessionBytes} characters`;
    wrong.push({ path: ["session"], message });
  }
  if (first < firstSeq || first > lastSeq) {
    const message = `the ${protocol} protocol counts from ${firstSeq} to ${lastSeq}: ${first} is outside`;
    wrong.push({ path: ["first"], message });
  }
  if (!packets.heartbeats) {
    const tail = "leave it out; loss at the tail stays unseen";
    for (const [key, what] of [
      ["heartbeat", "heartbeat"],
      ["end_of_session", "end of session"],
    ] as const) {
      if (given[key] === undefined) continue;
      wrong.push({ path: [key], message: `the ${protocol} protocol has no ${what}: ${tail}` });
    }
  }
  return wrong;
}

function plan(given: Given): FeedPlan {
  const { protocol, session, first, heartbeat } = given;
  const { messages = Infinity, duration = Infinity } = given;
  const phases = given.phases?.map((own) => readPhase(own, given)) ?? [
    phaseUntil(readPace("", withPace(given)), { messages, duration }),
  ];
  const windows = windowsOf(phases);
  const counts = phases.map(messagesOf);
  const known = counts.every((count) => count !== undefined);
  return {
    protocol,
    source: sourceOf(given),
    sessionGiven: session !== undefined,
    recorded: isRecorded(given),
    recording: undefined,
    session: session ?? SESSION_DEFAULT.slice(0, protocolOf(given).packets.sessionBytes),
    changes: [],
    first,
    phases,
    windows: new Map((given.phases ?? []).map(({ name }, i) => [name, windows[i]!])),
    messages: known
      ? Math.min(
          messages,
          counts.reduce((sum, count) => sum + count, 0),
        )
      : undefined,
    perSecond: meanRate(phases),
    end: { messages, duration: given.phases === undefined ? duration : windows.at(-1)!.until },
    pauses: [],
    batch: given.batch.messages,
    heartbeat,
    endOfSession: given.end_of_session,
  };
}

function withPace(given: Given): Given {
  return pacesOf(given).length > 0 ? given : { ...given, interval: INTERVAL_DEFAULT };
}

function readPhase({ name, for: length, messages = 0, ...own }: GivenPhase, feed: Given): Phase {
  const pace = readPace(name, own, feed.arrivals);
  return length === undefined ? phaseOf(pace, messages) : phaseFor(pace, length);
}
