import type { PacketView } from "../codecs/codec.ts";
import { invariant } from "../core/errors.ts";
import type { Machine } from "../core/machine.ts";
import { positionOf, RangeSet } from "../core/ranges.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import { HeldMessages, type HeldRun, type Via } from "./held.ts";

export type { Via } from "./held.ts";

/** What the arbiter decides. Every number is delivered or lost, never both, never twice. */
export interface ArbiterSink {
  /** In order and once. The bytes are lent. */
  deliver(seq: Seq, bytes: Uint8Array, start: number, end: number, via: Via, now: Nanos): void;
  /** Still missing on every line after the gap timeout. */
  gap(from: Seq, until: Seq, now: Nanos): void;
  /** A part of a gap has come. */
  filled(from: Seq, until: Seq, via: Via, now: Nanos): void;
  /** A part of a gap was given up. */
  lost(from: Seq, until: Seq, reason: string, now: Nanos): void;
  /** Numbers that were known already. They change nothing. */
  duplicate(line: number, from: Seq, until: Seq, now: Nanos): void;
}

/** The arbiter's settings. */
export interface ArbiterOptions {
  /**
   * The first number wanted; `now`: whatever the first packet carries; `later`: what comes is held,
   * and nothing is delivered or called missing, until `goOnFrom` says which it is.
   */
  readonly start: Seq | "now" | "later";
  /** How long a hole may stay open before it is called a gap. 0: the packet after it tells. */
  readonly gapTimeout: Nanos;
  /**
   * Messages ahead of a hole that are kept; more are let go and become part of the gap. Before
   * `goOnFrom`, the oldest are let go: a snapshot that comes later stands for more.
   */
  readonly heldMax: number;
  /** Whether delivery goes on behind a number that was given up, or stops there for good. */
  readonly onAbandon: "skip" | "stop";
  /** A packet further ahead than this is believed only when a second one follows it. */
  readonly jumpMax: number;
}

/** What a listener assumes unless told otherwise. */
export const ARBITER_DEFAULTS: ArbiterOptions = {
  start: 1,
  gapTimeout: 0,
  heldMax: 1_048_576,
  onAbandon: "skip",
  jumpMax: 1_000_000,
};

/** Messages that had to wait are delivered so many at a time, at most: others may wait for the thread. */
const DRAIN_MAX = 32_768;

/** Why gaps are lost that were open when delivery stopped. */
export const STOPPED = "delivery has stopped at a gap that was given up";

/** Numbers that have not come although later ones have. */
interface Hole {
  from: Seq;
  until: Seq;
  readonly since: Nanos;
  /** True once the sink was told: the hole is a gap. */
  gap: boolean;
}

/**
 * Puts what all lines and recovery bring into one stream, in order and once.
 *
 * Numbers move through these states, and never back:
 *
 *     unseen -> delivered             it came when it was expected
 *     unseen -> held -> delivered     it came early, and waits for those before it
 *     unseen -> hole -> held ...      later ones came first; it may still come by itself
 *     hole   -> gap                   it did not within the gap timeout: `gap`
 *     gap    -> held -> delivered     `filled`, by a line or by recovery
 *     gap    -> lost                  given up: `lost`, and what waited behind it goes on
 *
 * With `start: "later"`, what comes is held until `goOnFrom`: what is before that number by then
 *
 *     held, hole -> (gone)           was never wanted
 *
 * With `onAbandon: "stop"` nothing goes on behind the first lost number: every gap that is open then
 * is lost too, what is held is let go, and whatever comes later changes nothing.
 */
export class Arbiter implements Machine {
  #options: ArbiterOptions;
  #sink: ArbiterSink;
  /** The next number to deliver; undefined until the first packet says. */
  #next: Seq | undefined;
  /** One past the highest number known to exist. */
  #high: Seq;
  /** Sorted, within [next, high). They open in this order, so those that are gaps come first. */
  #holes: Hole[] = [];
  #held = new HeldMessages();
  /** Given up, ahead of `next`. */
  #lost = new RangeSet();
  /** Where a packet must start to confirm a jump that was not believed. */
  #suspect: Seq | undefined;
  #stopped = false;
  /** When delivery of what is held goes on. */
  #drainAt: Nanos = NEVER;
  /** Nobody has said yet where to begin: everything is held. */
  #waits: boolean;
  /** When the first packet came. */
  #heardAt: Nanos = 0;
  /** Times that `heldMax` was met. */
  overflows = 0;

  constructor(options: ArbiterOptions, sink: ArbiterSink) {
    this.#options = options;
    this.#sink = sink;
    this.#next = typeof options.start === "number" ? options.start : undefined;
    this.#waits = options.start === "later";
    this.#high = this.#next ?? 0;
  }

  /** The next number to be delivered, or undefined while nobody knows. */
  get next(): Seq | undefined {
    return this.#waits ? undefined : this.#next;
  }

  /** The first number that is held, or would be: what is before it is not there any more. */
  get oldest(): Seq | undefined {
    return this.#next;
  }

  /** Whether nobody has said yet where to begin. */
  get waits(): boolean {
    return this.#waits;
  }

  /** One past the highest number known to exist, or undefined before the first packet. */
  get high(): Seq | undefined {
    return this.#next === undefined ? undefined : this.#high;
  }

  /** Whether nothing is known but where to begin. */
  get untouched(): boolean {
    const { start } = this.#options;
    return this.#next === undefined || (this.#high === start && this.#next === start);
  }

  /**
   * Delivery begins with `seq`: what is held before it is let go, and what lies between it and what is
   * held is missing since the first packet came.
   */
  goOnFrom(seq: Seq, now: Nanos): void {
    invariant(this.#waits, `delivery is to begin at ${seq}, and has begun`);
    this.#waits = false;
    if (this.#next === undefined) this.#next = this.#high = seq;
    else if (seq >= this.#next) this.#letGo(seq);
    else {
      this.#holes.unshift({ from: seq, until: this.#next, since: this.#heardAt, gap: false });
      this.#next = seq;
    }
    this.#drain(now);
    this.#callGaps(now);
  }

  /** While it waits: what comes before `seq` is of no use any more. */
  forget(seq: Seq): void {
    invariant(this.#waits, `what is before ${seq} is not to be forgotten: delivery has begun`);
    if (this.#next !== undefined && seq > this.#next) this.#letGo(seq);
  }

  /** Numbers begin here, whatever was said before: while nothing else is known. */
  begin(seq: Seq): void {
    invariant(this.untouched, `numbers begin at ${seq} when ${this.#next} is next`);
    this.#next = seq;
    this.#high = seq;
  }

  /** Whether everything known to exist was delivered or given up. */
  get complete(): boolean {
    return this.#stopped || this.#next === undefined || this.#next === this.#high;
  }

  /** Where delivery stopped for good, if it did. */
  get stoppedAt(): Seq | undefined {
    return this.#stopped ? this.#next : undefined;
  }

  get held(): number {
    return this.#held.size;
  }

  /** The numbers that are missing now. */
  get missing(): SeqRange[] {
    return this.#holes.map(({ from, until }) => ({ from, until }));
  }

  /** A packet of a line. False when it lies so far ahead that it is not believed yet. */
  onPacket(line: number, packet: PacketView, now: Nanos): boolean {
    if (this.#stopped) return true;
    const from = packet.seq;
    const until = from + packet.count;
    if (this.#next === undefined) {
      this.#next = this.#high = from;
      this.#heardAt = now;
    }
    if (!this.#believes(from, until)) return false;
    const high = this.#high;
    this.#reach(from, until, now);
    if (!this.#takeWhole(line, packet, high, now)) this.#takeEach(line, packet, high, now);
    this.#callGaps(now);
    return true;
  }

  /** What nearly every packet is: all new, or all known. False: it is neither. */
  #takeWhole(line: number, packet: PacketView, high: Seq, now: Nanos): boolean {
    if (this.#waits) return false;
    const { seq: from, count, bytes, bounds } = packet;
    const until = from + count;
    if (count === 0) return true;
    if (from >= high) {
      if (from === this.#next) {
        for (let i = 0; i < count; i++) {
          this.#next = from + i + 1;
          this.#sink.deliver(from + i, bytes, bounds[2 * i]!, bounds[2 * i + 1]!, "line", now);
        }
        return true;
      }
      if (this.#held.size + count > this.#options.heldMax) return false;
      this.#held.addPacket(packet);
      return true;
    }
    const hole = this.#holes[positionOf(this.#holes, from)];
    if (until > high || (hole !== undefined && hole.from < until)) return false;
    this.#sink.duplicate(line, from, until, now);
    return true;
  }

  #takeEach(line: number, packet: PacketView, high: Seq, now: Nanos): void {
    const from = packet.seq;
    const until = from + packet.count;
    let known = 0;
    for (let i = 0; i < packet.count; i++) {
      const start = packet.bounds[2 * i]!;
      const end = packet.bounds[2 * i + 1]!;
      if (this.#accept(from + i, packet.bytes, start, end, "line", from + i >= high, now)) {
        if (known > 0) this.#sink.duplicate(line, from + i - known, from + i, now);
        known = 0;
      } else known++;
    }
    if (known > 0) this.#sink.duplicate(line, until - known, until, now);
  }

  /** A retransmitted message. False when it is not missing. */
  onRecovered(seq: Seq, bytes: Uint8Array, start: number, end: number, now: Nanos): boolean {
    return this.#accept(seq, bytes, start, end, "recovery", false, now);
  }

  /** Nothing will bring these any more: what is still missing of them is lost. */
  abandon(from: Seq, until: Seq, reason: string, now: Nanos): void {
    // It is asked for again if it turns out to be wanted.
    if (this.#waits) return;
    let at = positionOf(this.#holes, from);
    for (let hole = this.#holes[at]; hole !== undefined && hole.from < until;) {
      const low = Math.max(from, hole.from);
      const high = Math.min(until, hole.until);
      this.#cut(at, low, high);
      this.#lost.add(low, high);
      this.#sink.lost(low, high, reason, now);
      at = positionOf(this.#holes, high);
      hole = this.#holes[at];
    }
    this.#drain(now);
  }

  deadline(): Nanos {
    if (this.#waits) return NEVER;
    const oldest = this.#holes[this.#firstYoung()];
    const gapAt = oldest === undefined ? NEVER : oldest.since + this.#options.gapTimeout;
    return Math.min(gapAt, this.#drainAt);
  }

  onDeadline(now: Nanos): void {
    if (now >= this.#drainAt) this.#drain(now);
    this.#callGaps(now);
  }

  /**
   * One damaged number must not make a gap of millions. As in RFC 3550, appendix A.1, a jump is
   * believed when the next packet continues it.
   */
  #believes(from: Seq, until: Seq): boolean {
    if (from - this.#high <= this.#options.jumpMax || from === this.#suspect) {
      this.#suspect = undefined;
      return true;
    }
    this.#suspect = until;
    return false;
  }

  /** Learns that everything before `until` exists, and that what is before `from` has not come. */
  #reach(from: Seq, until: Seq, now: Nanos): void {
    if (until <= this.#high) return;
    if (from > this.#high) this.#open(this.#high, from, now);
    this.#high = until;
  }

  #open(from: Seq, until: Seq, now: Nanos): void {
    const last = this.#holes.at(-1);
    if (last !== undefined && last.until === from && !last.gap && last.since === now) {
      last.until = until;
    } else this.#holes.push({ from, until, since: now, gap: false });
  }

  /** Takes message `seq` if it is missing, or `fresh`: beyond all that was known. */
  #accept(
    seq: Seq,
    bytes: Uint8Array,
    start: number,
    end: number,
    via: Via,
    fresh: boolean,
    now: Nanos,
  ): boolean {
    const at = positionOf(this.#holes, seq);
    const hole = this.#holes[at];
    const missing = hole !== undefined && hole.from <= seq;
    if (!fresh && !missing) return false;
    const early = this.#waits || seq !== this.#next;
    if (this.#waits && this.#held.size >= this.#options.heldMax) {
      this.overflows++;
      this.#letGoOldest();
      if (seq < this.#next!) return true;
    } else if (early && via === "line" && this.#held.size >= this.#options.heldMax) {
      // Let go, and asked for when its turn comes: nothing is lost, and memory is bounded.
      this.overflows++;
      if (!missing) this.#open(seq, seq + 1, now);
      return true;
    }
    if (missing) {
      // Those before it may have gone.
      this.#cut(positionOf(this.#holes, seq), seq, seq + 1);
      if (hole.gap) this.#sink.filled(seq, seq + 1, via, now);
    }
    if (early) this.#held.add(seq, bytes, start, end, via);
    else {
      this.#next = seq + 1;
      this.#sink.deliver(seq, bytes, start, end, via, now);
      this.#drain(now);
    }
    return true;
  }

  /** Delivers what no longer has to wait, and steps over what was given up; some of it a moment later. */
  #drain(now: Nanos): void {
    if (this.#waits) return;
    this.#drainAt = NEVER;
    const enough = this.#held.size - DRAIN_MAX;
    for (let next = this.#next; next !== undefined; next = this.#next) {
      if (this.#held.size < enough) {
        this.#drainAt = now;
        return;
      }
      const run = this.#held.take(next);
      const lost = this.#lost.first;
      if (run !== undefined) this.#deliverRun(run, now);
      else if (lost?.from === next) {
        if (this.#options.onAbandon === "stop") return this.#stop(now);
        this.#lost.remove(lost.from, lost.until);
        this.#next = lost.until;
      } else return;
    }
  }

  #deliverRun({ page, from, until, via, first }: HeldRun, now: Nanos): void {
    const { bytes, bounds } = page;
    for (let i = 0; i < until - from; i++) {
      const at = 2 * (first + i);
      this.#next = from + i + 1;
      this.#sink.deliver(from + i, bytes, bounds[at]!, bounds[at + 1]!, via, now);
    }
  }

  /** What is before `seq` was never wanted. */
  #letGo(seq: Seq): void {
    this.#held.forget(seq);
    while (this.#holes.length > 0 && this.#holes[0]!.from < seq) {
      this.#cut(0, this.#holes[0]!.from, Math.min(seq, this.#holes[0]!.until));
    }
    this.#next = seq;
    this.#high = Math.max(this.#high, seq);
  }

  /** Makes room for one more. */
  #letGoOldest(): void {
    let oldest = this.#next!;
    for (let hole = this.#holes[0]; hole?.from === oldest; hole = this.#holes[0]) {
      oldest = hole.until;
      this.#holes.shift();
    }
    this.#held.forgetFirst(oldest);
    this.#next = oldest + 1;
  }

  #stop(now: Nanos): void {
    this.#stopped = true;
    const gaps = this.#holes.filter(({ gap }) => gap);
    this.#holes = [];
    this.#held.clear();
    for (const { from, until } of gaps) this.#sink.lost(from, until, STOPPED, now);
  }

  #callGaps(now: Nanos): void {
    if (this.#waits) return;
    for (let at = this.#firstYoung(); at < this.#holes.length; at++) {
      const hole = this.#holes[at]!;
      if (now < hole.since + this.#options.gapTimeout) return;
      hole.gap = true;
      this.#sink.gap(hole.from, hole.until, now);
    }
  }

  /** The position of the first hole that is not a gap yet; those are few, and at the end. */
  #firstYoung(): number {
    let at = this.#holes.length;
    while (at > 0 && !this.#holes[at - 1]!.gap) at--;
    return at;
  }

  /** Takes [from, until) out of the hole at a position, which contains it. */
  #cut(at: number, from: Seq, until: Seq): void {
    const hole = this.#holes[at]!;
    const parts: Hole[] = [];
    if (hole.from < from) parts.push({ ...hole, until: from });
    if (hole.until > until) parts.push({ ...hole, from: until });
    this.#holes.splice(at, 1, ...parts);
  }
}
