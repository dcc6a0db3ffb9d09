import { equalsPart } from "../core/bytes.ts";
import { createView, type PacketCodec, type PacketView } from "../codecs/codec.ts";
import type { FeedEvent } from "../core/events.ts";
import { Histogram } from "../core/histogram.ts";
import { RangeSet } from "../core/ranges.ts";
import type { Breach, Gap, Hit, Invariant, Loss, SnapshotRun } from "../core/run.ts";
import { formatRange, type Seq, type SeqRange } from "../core/seq.ts";
import type { MessageReader } from "../core/store.ts";
import type { Nanos } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import type { MessageState } from "../messages/message.ts";
import type { Via } from "../protocol/arbiter.ts";

/** Events that a journal keeps. */
export const JOURNAL_MAX = 100_000;

/** Breaches of one invariant that are told one by one. */
const BROKEN_MAX = 20;

/** What the recorder must know to judge. */
export interface RecorderOptions {
  /** What is truly published, from the source itself: a store may have let go of it. */
  readonly truth: MessageReader;
  /** The number after the last one that was published so far. */
  readonly next: () => Seq;
  /** False: recovery only says that a message is known, so its content cannot be compared. */
  readonly recoveryCarriesPayload: boolean;
  /** Reads what leaves, to know what can still be read. */
  readonly codec: PacketCodec;
  /** What the messages come to, as snapshots should have it; undefined where nobody knows. */
  readonly createState?: () => MessageState | undefined;
  /** When a message was due; each `Due` is asked in ascending order. */
  readonly due: () => Due;
}

/** Whether a packet carries messages, and can be read as what it is. `view` is written to. */
export function isIntact(
  { bytes, seq, count }: PacketRef,
  codec: PacketCodec,
  view: PacketView,
): boolean {
  if (count === 0 || codec.decode(bytes, view) !== undefined) return false;
  return view.seq === seq && view.count === count;
}

/** When a message was due, for numbers in ascending order. */
export type Due = (seq: Seq) => Nanos;

/** Watches a run from outside: keeps the journal, follows each gap, and checks every delivery. */
export class Recorder {
  readonly journal: FeedEvent[] = [];
  journalOverflow = 0;
  readonly gaps: Gap[] = [];
  readonly latency = new Histogram();
  readonly broken: Breach[] = [];
  /** Numbers that were delivered or given up. */
  readonly resolved = new RangeSet();
  /** Numbers that were given up. */
  readonly lost = new RangeSet();
  /** Numbers that were called missing before they were published. */
  readonly phantoms = new RangeSet();
  /** How delivery began, where that was to be with a snapshot; undefined as long as it has not. */
  snapshot: SnapshotRun | undefined;
  delivered = 0;
  /** Whether anything was delivered that was not published by then. */
  invented = false;
  /** Messages from recovery that were not what was published. */
  acceptedWrong = 0;
  #options: RecorderOptions;
  #dropped: Loss[] = [];
  #spoiled: Loss[] = [];
  #snapshotAttempts = 0;
  #gapDue: Due;
  #deliveryDue: Due;
  #last: Seq | undefined;
  /** The number after the last one that was published, when it was asked for last. */
  #next: Seq = 0;
  /** The first gap that delivery has not gone past. */
  #passing = 0;
  /** By line: numbers of which a copy left that can still be read as what it is. */
  #left = new Map<string, RangeSet>();
  #view: PacketView;
  /** By line: numbers that came while the listener was paused, and found no room. */
  #overflowed = new Map<string, RangeSet>();
  /** By line, then by rule. */
  #hits = new Map<string, Map<string, RangeSet>>();

  constructor(options: RecorderOptions) {
    this.#options = options;
    this.#view = createView(options.codec.messagesMax);
    this.#gapDue = options.due();
    this.#deliveryDue = options.due();
  }

  /** What was dropped on each line, but for what left on it in another copy. */
  get losses(): Loss[] {
    return this.#dropped.flatMap((loss) => this.#neverLeft(loss));
  }

  /** What was dropped or damaged on each line, but for what left on it in another copy. */
  get spoiled(): Loss[] {
    return this.#spoiled.flatMap((loss) => this.#neverLeft(loss));
  }

  /** The rules that damaged packets and sent them on: what arrives may bear any number. */
  get damaging(): Set<string> {
    const rules = new Set(this.#spoiled.map(({ rule }) => rule));
    for (const { rule } of this.#dropped) rules.delete(rule);
    return rules;
  }

  /** The numbers of which a line sent a copy that can be read as what it is. */
  leftOn(line: string): RangeSet {
    const left = this.#left.get(line) ?? new RangeSet();
    this.#left.set(line, left);
    return left;
  }

  /** The numbers that a pause of the listener cost on a line. */
  overflowedOn(line: string): RangeSet {
    const overflowed = this.#overflowed.get(line) ?? new RangeSet();
    this.#overflowed.set(line, overflowed);
    return overflowed;
  }

  /** What each rule touched on each line. */
  get hits(): Hit[] {
    return [...this.#hits].flatMap(([line, rules]) =>
      [...rules].map(([rule, set]) => ({ line, rule, ranges: [...set] })),
    );
  }

  onEvent(event: FeedEvent): void {
    switch (event.event) {
      case "sent":
      case "received":
      case "delivered":
        return; // Frequent: counted elsewhere.
      case "dropped":
        this.#dropped.push({
          line: event.line,
          rule: event.rule,
          from: event.from,
          until: event.until,
        });
        this.onTouched(event.line, event.rule, true, event.from, event.until);
        break;
      case "overflowed":
        this.overflowedOn(event.line).add(event.from, event.until);
        this.onTouched(event.line, event.pause, false, event.from, event.until);
        break;
      case "gap":
        this.phantoms.add(Math.max(event.from, this.#options.next()), event.until);
        this.gaps.push({
          from: event.from,
          until: event.until,
          detectedNs: event.atNs,
          scheduledNs: this.#gapDue(event.from),
          closedNs: undefined,
          passedNs: undefined,
          filledByLine: 0,
          filledByRecovery: 0,
          lost: 0,
        });
        break;
      case "filled":
        this.#close(event, event.atNs, event.via === "line" ? "filledByLine" : "filledByRecovery");
        break;
      case "lost":
        this.resolved.add(event.from, event.until);
        this.lost.add(event.from, event.until);
        this.#close(event, event.atNs, "lost");
        this.#pass(event.atNs);
        break;
      case "snapshot-asked":
        this.#snapshotAttempts++;
        break;
      case "snapshot-loaded": {
        const { next, messages, tookNs } = event;
        this.snapshot = { next, messages, tookNs, attempts: this.#snapshotAttempts };
        break;
      }
      case "snapshot-given-up": {
        const { next } = event;
        const none = { messages: undefined, tookNs: undefined };
        this.snapshot = { next, ...none, attempts: this.#snapshotAttempts };
        break;
      }
    }
    if (this.journal.length < JOURNAL_MAX) this.journal.push(event);
    else this.journalOverflow++;
  }

  /** A rule touched these numbers on a line. `damaged`: nothing of them can be used any more. */
  onTouched(line: string, rule: string, damaged: boolean, from: Seq, until: Seq): void {
    if (damaged) this.#spoiled.push({ line, rule, from, until });
    const rules = this.#hits.get(line) ?? new Map<string, RangeSet>();
    this.#hits.set(line, rules);
    const set = rules.get(rule) ?? new RangeSet();
    rules.set(rule, set);
    set.add(from, until);
  }

  /** A packet left on a line, perhaps damaged. */
  onLeft(line: string, packet: PacketRef): void {
    const { seq, count } = packet;
    if (isIntact(packet, this.#options.codec, this.#view)) this.leftOn(line).add(seq, seq + count);
  }

  /** A snapshot must be what the messages of [from, until) come to, message by message. */
  onSnapshot(messages: readonly Uint8Array[], from: Seq, until: Seq): void {
    const state = this.#options.createState?.();
    if (state === undefined) return;
    if (until > this.#options.next()) {
      this.invented = true;
      return this.#break("invented", `a snapshot goes on with SEQ:${until}, which is not next`);
    }
    this.#options.truth.read({ from, until }, (_seq, message) => {
      state.apply(message, 0, message.length);
      return true;
    });
    const wanted = state.messages();
    const same = wanted.every((message, i) => {
      const given = messages[i];
      return given !== undefined && equalsPart(message, given, 0, given.length);
    });
    if (same && wanted.length === messages.length) return;
    const range = formatRange({ from, until });
    this.#break("intact", `the snapshot is not what SEQ:${range} comes to`);
  }

  /** The invariants: once, in order, nothing that was never published, nothing damaged. */
  onDeliver(seq: Seq, bytes: Uint8Array, start: number, end: number, via: Via, now: Nanos): void {
    this.delivered++;
    this.latency.record(Math.max(0, now - this.#deliveryDue(seq)));
    this.#pass(now);
    if (this.#last !== undefined && seq <= this.#last) {
      const known = this.resolved.has(seq);
      if (known) this.#break("once", `SEQ:${seq} was delivered twice`);
      else this.#break("in_order", `SEQ:${seq} came out of order`);
    }
    this.#last = Math.max(this.#last ?? seq, seq);
    this.resolved.add(seq, seq + 1);
    const { truth } = this.#options;
    // It is asked only when it must have changed: in another thread that is not for nothing.
    if (seq >= this.#next) this.#next = this.#options.next();
    if (seq < truth.first || seq >= this.#next) {
      this.invented = true;
      this.#break("invented", `SEQ:${seq} was delivered, but never published`);
    } else if (via === "line" || this.#options.recoveryCarriesPayload) {
      truth.read({ from: seq, until: seq + 1 }, (_seq, message) => {
        if (!equalsPart(message, bytes, start, end)) {
          this.#break("intact", `SEQ:${seq} was delivered with other content than was published`);
          if (via === "recovery") this.acceptedWrong++;
        }
        return false;
      });
    }
  }

  /** After the run: every gap must have been filled or given up. */
  finish(): void {
    for (const gap of this.gaps) {
      if (gap.closedNs === undefined) {
        this.#break("gaps_closed", `gap ${formatRange(gap)} was neither filled nor given up`);
      }
    }
  }

  #neverLeft(loss: Loss): Loss[] {
    const left = this.leftOn(loss.line);
    if (!left.overlaps(loss.from, loss.until)) return [loss];
    const rest = RangeSet.of([loss]);
    for (const { from, until } of left.within(loss.from, loss.until)) rest.remove(from, until);
    return [...rest].map((range) => ({ ...loss, ...range }));
  }

  #close(
    { from, until }: SeqRange,
    now: Nanos,
    by: "filledByLine" | "filledByRecovery" | "lost",
  ): void {
    for (let at = this.#firstAfter(from); at < this.gaps.length; at++) {
      const gap = this.gaps[at]!;
      if (gap.from >= until) return;
      gap[by] += Math.min(until, gap.until) - Math.max(from, gap.from);
      const closed = gap.filledByLine + gap.filledByRecovery + gap.lost;
      if (closed === gap.until - gap.from) gap.closedNs = now;
    }
  }

  /** Gaps close in any order, but delivery goes past them in the order of their numbers. */
  #pass(now: Nanos): void {
    for (let gap = this.gaps[this.#passing]; gap?.closedNs !== undefined;) {
      gap.passedNs = now;
      gap = this.gaps[++this.#passing];
    }
  }

  /** Gaps are noticed in the order of their numbers: the first that ends after `seq`. */
  #firstAfter(seq: Seq): number {
    let low = 0;
    let high = this.gaps.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.gaps[middle]!.until > seq) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  #break(invariant: Invariant, what: string): void {
    // Counted by invariant: those that are allowed must not hide the others.
    const told = this.broken.filter((breach) => breach.invariant === invariant).length;
    if (told < BROKEN_MAX) this.broken.push({ invariant, what });
  }
}
