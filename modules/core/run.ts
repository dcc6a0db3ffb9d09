/**
 * What happened, as plain data: a journal of the rare events, counters and histograms of the
 * frequent ones. Expectations and reports are pure functions of it.
 */
import type { FeedEvent } from "./events.ts";
import type { Histogram } from "./histogram.ts";
import type { Seq, SeqRange } from "./seq.ts";
import type { Nanos, TimeWindow } from "./time.ts";

/**
 * Who made a gap. `injected`: a rule. `kernel-drop`: the system threw the packet away. `late`: it was
 * under way, and a line brought it in the end. `not-joined`: it left before the listener came.
 * `unexplained`: none of these.
 */
export type Cause = "injected" | "kernel-drop" | "late" | "not-joined" | "unexplained";

/** A run of numbers that the listener missed, from when it noticed to when nothing was missing. */
export interface Gap extends SeqRange {
  readonly detectedNs: Nanos;
  /** When its first message should have left, by the schedule. */
  readonly scheduledNs: Nanos;
  /** When the last of it came or was given up; undefined while it is open. */
  closedNs: Nanos | undefined;
  /** When delivery had gone past it: what came later waits for what came before. */
  passedNs: Nanos | undefined;
  filledByLine: number;
  filledByRecovery: number;
  lost: number;
}

/** A gap with its cause, as ground truth tells it: feedlab made every packet and every loss. */
export interface ExplainedGap extends Gap {
  readonly cause: Cause;
  /** The rules that made it, when the cause is `injected`. */
  readonly rules: readonly string[];
}

/** Numbers that a rule let nothing of through on a line, in no copy. */
export interface Loss extends SeqRange {
  readonly line: string;
  readonly rule: string;
}

/** All numbers that one rule touched on one line: dropped, moved, doubled or damaged. */
export interface Hit {
  readonly line: string;
  readonly rule: string;
  readonly ranges: readonly SeqRange[];
}

/** What must hold of every run, by the name that `allow:` takes, as a verdict says it. */
export const INVARIANTS = {
  once: "exactly once",
  in_order: "in order",
  intact: "intact",
  invented: "nothing invented",
  gaps_closed: "every gap closed",
} as const;

/** The name of an invariant. */
export type Invariant = keyof typeof INVARIANTS;

/** An invariant that was broken, and by what. */
export interface Breach {
  readonly invariant: Invariant;
  readonly what: string;
}

/** One line, seen from both its ends. */
export interface LineRun {
  readonly name: string;
  readonly packetsSent: number;
  readonly messagesSent: number;
  readonly packetsReceived: number;
  readonly malformed: number;
  readonly duplicates: number;
  /** Messages that came after they were called missing. */
  readonly late: number;
  /** Messages of which this line brought the first copy that could be used. */
  readonly first: number;
  /** Packets that the system dropped before they were read; undefined where it cannot tell. */
  readonly kernelDrops: number | undefined;
}

/** What one rule did on one line. */
export interface RuleRun {
  readonly name: string;
  readonly line: string;
  /** Packets that reached it, and those it touched. */
  readonly seen: number;
  readonly hits: number;
}

/** How often a fault of a recovery server was met. */
export interface FaultRun {
  readonly name: string;
  readonly hits: number;
}

/** How long each step took, from a gap to its delivery, for all requests that brought something. */
export interface RecoveryStages {
  /** From when the gap was noticed to the attempt to ask. */
  readonly decided: Histogram;
  /** From there to the request being sent. */
  readonly connected: Histogram;
  /** From there to the first byte of an answer. */
  readonly firstByte: Histogram;
  /** From there until nothing of it was missing. */
  readonly filled: Histogram;
  /** From when a gap was filled until delivery had gone past it. */
  readonly delivered: Histogram;
}

/** What came of an entry of the timeline that is no rule. */
export interface TimelineRun {
  readonly name: string;
  /** When it was to happen, from the feed's start; NEVER where the moment does not come. */
  readonly from: Nanos;
  /** What it bore on: packets, or the server that it took away. */
  readonly hits: number;
}

/** One phase of the schedule, and how it was kept. Times are counted from the feed's start. */
export interface PhaseRun extends TimeWindow {
  readonly name: string;
  /**
   * Messages a second: asked for on average, Infinity being as fast as they are taken, and achieved. NaN
   * where that cannot be told.
   */
  readonly wanted: number;
  readonly achieved: number;
  readonly messages: number;
  /** How late each message left; nothing where all were due at once. */
  readonly lateness: Histogram;
}

/** How delivery began, where that was to be with a snapshot. */
export interface SnapshotRun {
  /** The first number that was wanted. */
  readonly next: Seq;
  /** Messages of the snapshot, and how long it took from the first attempt on; undefined: without one. */
  readonly messages: number | undefined;
  readonly tookNs: Nanos | undefined;
  /** Times that it was asked for. */
  readonly attempts: number;
}

/**
 * How a run ended. `at-rest`: everything had come or was given up. `aborted`: an expectation with
 * `abort: true` could no longer hold. `timed-out`: the scenario's `timeout` was over.
 */
export type RunEnd = "at-rest" | "aborted" | "timed-out" | "interrupted";

/** Who may have a thread of their own. */
export type Role = "publisher" | "recovery";

/** Everything that is known about one feed's part in a run, as one handler saw it. */
export interface Run {
  /** What the scenario is called. */
  readonly name: string;
  /** What the feed is called; empty where the scenario has one without a name. */
  readonly feed: string;
  /** Who followed it; without a name where `listen:` has none. */
  readonly handler?: string;
  readonly protocol: string;
  readonly seed: string;
  readonly time: "real" | "virtual";
  /** Who had a thread for himself, and why, or why not; absent where there are no threads. */
  readonly threads?: { readonly own: readonly Role[]; readonly reason: string } | undefined;
  /** When the feed began, on the clock that the journal's times are read from. */
  readonly startedNs: Nanos;
  readonly durationNs: Nanos;
  readonly end: RunEnd;
  /** The numbers that were published: [first, next). */
  readonly first: Seq;
  readonly next: Seq;
  /** Messages a second, as a phase has them. */
  readonly rateWanted: number;
  readonly rateAchieved: number;
  readonly lateness: Histogram;
  /** In order; none when the feed has no phases. */
  readonly phases: readonly PhaseRun[];
  readonly lines: readonly LineRun[];
  readonly rules: readonly RuleRun[];
  readonly timeline: readonly TimelineRun[];
  readonly delivered: number;
  /** Published numbers that were not delivered, for whatever reason. */
  readonly undelivered: readonly SeqRange[];
  readonly gaps: readonly ExplainedGap[];
  /** Where delivery stopped for good, if it did: `on_abandon: stop`. */
  readonly stoppedAt: Seq | undefined;
  /** Numbers that were given up. */
  readonly abandoned: readonly SeqRange[];
  readonly losses: readonly Loss[];
  readonly hits: readonly Hit[];
  /** From when each message was due to when it was delivered. */
  readonly latency: Histogram;
  readonly recovery: {
    readonly requests: number;
    readonly retries: number;
    readonly filled: number;
    readonly lost: number;
    readonly bytes: number;
    /** Messages taken from it that were not what was published. */
    readonly acceptedWrong: number;
    /** Of all servers, in the order in which they stand there. */
    readonly faults: readonly FaultRun[];
    readonly stages: RecoveryStages;
  };
  /** Undefined where no snapshot was wanted, or none is there yet. */
  readonly snapshot?: SnapshotRun | undefined;
  /** Invariants that were broken. */
  readonly broken: readonly Breach[];
  /** Groups to which somebody else publishes as well, each with its line. */
  readonly foreign: readonly string[];
  /** Numbers that were dropped where nothing came after them: nobody could notice. */
  readonly tail: readonly SeqRange[];
  /** Numbers that neither were delivered nor lost nor dropped: something else took them. */
  readonly unexplained: readonly SeqRange[];
  readonly journal: readonly FeedEvent[];
  /** Events that found the journal full. */
  readonly journalOverflow: number;
}

/** What came of a scenario: a run of each handler of each of its feeds, in the order of its file. */
export type Runs = readonly [Run, ...Run[]];

/** Whom something is about: a feed and one of its handlers, where they have names. */
export interface Part {
  readonly feed?: string | undefined;
  readonly handler?: string | undefined;
}

/** Whether something is about a run: about its handler, or its feed as a whole. */
export function isAbout({ feed = "", handler = "" }: Part, run: Part): boolean {
  return feed === (run.feed ?? "") && (handler === "" || handler === run.handler);
}

/** The run that something is about; of what is about a whole feed, that of its first handler. */
export function runOf(runs: Runs, part: Part): Run {
  return runs.find((run) => isAbout(part, run)) ?? runs[0];
}

/** `tapeA patient`, or the one of them that has a name; empty where neither has. */
export function partName({ feed = "", handler = "" }: Part): string {
  return [feed, handler].filter((name) => name !== "").join(" ");
}

/** A text about a part: with the names of the part before it, where it has some. */
export function ofPart(part: Part, text: string): string {
  const name = partName(part);
  return name === "" ? text : `${name}: ${text}`;
}

/** The name of a rule as it stands in a metric: `burst loss` is `burst_loss`. */
export function slug(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
}
