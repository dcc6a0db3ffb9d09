/** The life of one message: when it was due, what each line did with it, how it was missed and got. */
import type { FeedEvent } from "../core/events.ts";
import type { ExplainedGap, Run } from "../core/run.ts";
import { formatRange, type Seq, type SeqRange } from "../core/seq.ts";
import type { Moment } from "../core/life.ts";
import type { Nanos } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import { type Plannable, rehearse } from "./plan.ts";

/** What must be known to tell a message's life. */
export interface LifeOptions {
  readonly run: Run;
  /** The feed of the scenario that was run, where it can still be read. */
  readonly scenario: Plannable | undefined;
  /** In place of the journal: its events, and each packet and delivery, which it does not keep. */
  readonly events?: readonly FeedEvent[];
}

/** Everything that happened to message `seq`, in the order in which it happened. */
export function lifeOf(seq: Seq, { run, scenario, events = run.journal }: LifeOptions): Moment[] {
  const gap = run.gaps.find(({ from, until }) => from <= seq && seq < until);
  const delivered = events.some((event) => event.event === "delivered" && covers(event, seq));
  const unwanted = tooLate(seq, events);
  const moments = [
    ...(scenario === undefined ? [] : departures(seq, scenario, run.seed)),
    ...events.flatMap((event) => {
      // The rehearsal has told already what the lines did.
      if (scenario !== undefined && (event.event === "dropped" || event.event === "sent"))
        return [];
      return concerns(event, seq, gap) ? told(event, run.startedNs, unwanted.has(event)) : [];
    }),
  ];
  if (!delivered) moments.push(...end(seq, run, gap, events));
  return moments.toSorted((a, b) => (a.atNs ?? Infinity) - (b.atNs ?? Infinity));
}

/** Where a line brought a message for the first time, but after its gap had closed without it. */
function tooLate(seq: Seq, events: readonly FeedEvent[]): ReadonlySet<FeedEvent> {
  const closed = events.findIndex(
    (event) =>
      (event.event === "lost" || (event.event === "filled" && event.via === "recovery")) &&
      covers(event, seq),
  );
  const first = new Map<string, FeedEvent>();
  for (const event of closed === -1 ? [] : events.slice(closed)) {
    if (event.event !== "duplicate" || !covers(event, seq) || first.has(event.line)) continue;
    first.set(event.line, event);
  }
  return new Set(first.values());
}

/** When it was due, and what the rules of each line made of it, in the time of the schedule. */
function departures(seq: Seq, scenario: Plannable, seed: string): Moment[] {
  const moments: Moment[] = [];
  const lineName = (line: number): string => scenario.lines[line]!.name;
  const has = (packet: PacketRef): boolean => covers(rangeOf(packet), seq);
  rehearse(scenario, seed, {
    began: () => {},
    published: (first, dues, from, until) => {
      const at = from + seq - first;
      // Told of after it has left, if it leaves at once.
      if (at < from || at >= until) return;
      moments.unshift({ atNs: dues[at]!, text: "due", mood: "plain" });
    },
    send: (line, packet, atNs) => {
      if (!has(packet) || packet.count === 0) return;
      moments.push({ atNs, text: `leaves on line ${lineName(line)}`, mood: "good" });
    },
    touched: (line, packet, rule, _damaged, atNs) => {
      if (!has(packet)) return;
      moments.push({ atNs, text: `touched by "${rule}" on line ${lineName(line)}`, mood: "warn" });
    },
    dropped: (line, packet, rule, atNs) => {
      if (!has(packet)) return;
      moments.push({ atNs, text: `dropped by "${rule}" on line ${lineName(line)}`, mood: "warn" });
    },
    finished: () => {},
  });
  return moments;
}

function rangeOf({ seq, count }: PacketRef): SeqRange {
  return { from: seq, until: seq + count };
}

/** Whether `seq` is one of the numbers of an event, a gap or a range. */
export function covers(range: object, seq: Seq): boolean {
  return "from" in range && "until" in range
    ? (range.from as Seq) <= seq && seq < (range.until as Seq)
    : false;
}

const CONCERNS_ALL: readonly FeedEvent["event"][] = [
  "recovery-unreachable",
  "recovery-down",
  "recovery-up",
  "fault",
  "listener-paused",
  "listener-resumed",
  "refused",
];

/** Events with numbers concern those; the others concern everybody who waits meanwhile. */
function concerns(event: FeedEvent, seq: Seq, gap: ExplainedGap | undefined): boolean {
  if (event.event === "snapshot-loaded" || event.event === "snapshot-given-up") {
    return seq < event.next;
  }
  if ("from" in event) return covers(event, seq);
  if (gap === undefined) return false;
  const waiting = event.atNs >= gap.detectedNs && event.atNs <= (gap.closedNs ?? Infinity);
  return waiting && CONCERNS_ALL.includes(event.event);
}

function told(event: FeedEvent, startedNs: Nanos, unwanted: boolean): Moment[] {
  const moment = (text: string, mood: Moment["mood"]): Moment[] => [
    { atNs: event.atNs - startedNs, text, mood },
  ];
  switch (event.event) {
    case "sent":
      return moment(`leaves on line ${event.line}`, "good");
    case "dropped":
      return moment(`dropped by "${event.rule}" on line ${event.line}`, "warn");
    case "overflowed":
      return moment(`lost on line ${event.line}: its buffer was full in "${event.pause}"`, "bad");
    case "listener-paused":
      return moment("the listener stops reading", "warn");
    case "listener-resumed":
      return moment("the listener reads again", "good");
    case "received":
      return moment(`arrives on line ${event.line}`, "good");
    case "duplicate":
      return unwanted
        ? moment(`came on line ${event.line} after it was no longer wanted`, "plain")
        : moment(`arrives again on line ${event.line}, and changes nothing`, "plain");
    case "delivered":
      return moment(`delivered, brought by ${by(event.via)}`, "good");
    case "gap":
      return moment(`missed: gap SEQ:${formatRange(event)} is noticed`, "warn");
    case "asking":
      return moment(`recovery is to ask (attempt ${event.attempt})`, "ask");
    case "requested":
      return moment(`asked for: ${event.text}`, "ask");
    case "recovered":
      return moment(`answered: ${event.text}`, "good");
    case "recovery-failed":
      return moment(`recovery failed: ${event.reason}`, "bad");
    case "snapshot-loaded":
      return moment(`a snapshot stands for it, and delivery begins with SEQ:${event.next}`, "good");
    case "snapshot-given-up":
      return moment(`no snapshot comes, and delivery begins with SEQ:${event.next}`, "bad");
    case "recovery-unreachable":
      return moment(`recovery server not reached: ${event.reason}`, "bad");
    case "refused":
      return moment(`recovery server refused a connection: ${event.reason}`, "bad");
    case "fault":
      return moment(`fault "${event.fault}" strikes at the recovery server`, "bad");
    case "recovery-down":
      return moment("the recovery server goes down", "bad");
    case "recovery-up":
      return moment("the recovery server answers again", "good");
    case "filled":
      return moment(`filled by ${by(event.via)}`, "good");
    case "lost":
      return moment(`given up: ${event.reason}`, "bad");
    default:
      return [];
  }
}

function by(via: "line" | "recovery"): string {
  return via === "line" ? "a line" : "recovery";
}

/** How it ended, for runs whose deliveries nobody wrote down. */
function end(
  seq: Seq,
  run: Run,
  gap: ExplainedGap | undefined,
  events: readonly FeedEvent[],
): Moment[] {
  const last = (text: string, mood: Moment["mood"], atNs?: Nanos): Moment[] => [
    { atNs, text, mood },
  ];
  const within = (ranges: readonly SeqRange[]): boolean => ranges.some((r) => covers(r, seq));
  if (within(run.tail)) return last("missed by nobody: nothing came after it", "bad");
  if (within(run.unexplained)) return last("never came, and no rule took it", "bad");
  if (gap?.closedNs === undefined && gap !== undefined)
    return last("still missing at the end", "bad");
  if (events.some((event) => event.event === "lost" && covers(event, seq))) return [];
  // The journal may have been full by then; what was given up is known all the same.
  const undelivered = within(run.undelivered);
  if (gap?.passedNs !== undefined) {
    const atNs = gap.passedNs - run.startedNs;
    return undelivered
      ? last("given up", "bad", atNs)
      : last("delivered in its order", "good", atNs);
  }
  if (run.end !== "at-rest") return last("the run was stopped: the rest is not known", "warn");
  if (undelivered) return last("not wanted: the listener starts after it", "plain");
  return last("delivered in its order", "good");
}
