import type { Asked } from "../../codecs/recovery/recovery.ts";
import { RangeSet } from "../../core/ranges.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";
import type { RecoveryStages } from "./sink.ts";
import type { Want } from "./wants.ts";

/** How a request ended that the server has spoken of. */
export type Ending =
  | { readonly kind: "answered" }
  | { readonly kind: "refused"; readonly reason: string; readonly final: boolean };

/** One attempt to get some numbers, from the first of them to the last. */
export class Request {
  /** Attempts before this one. */
  readonly attempts: number;
  /** When the oldest gap in it was noticed. */
  readonly since: Nanos;
  readonly decided: Nanos;
  /** What came otherwise meanwhile: no failure to get it matters. */
  readonly filled = new RangeSet();
  /** As it was sent; undefined before. */
  asked: Asked | undefined;
  /** What was asked for, in the feed's numbers. */
  range: SeqRange = { from: 0, until: 0 };
  deadline: Nanos;
  connected: Nanos = 0;
  firstByte: Nanos | undefined;
  /** The server has taken it; what it brings is on its way. */
  accepted = false;
  /** Whether it was of any use. */
  brought = false;
  ending: Ending | undefined;
  /** The number after the highest that has come. */
  next: Seq = 0;
  #pending = new RangeSet();
  /** What came in a row, and is taken off `pending` when that is looked at; the row ends before `#end`. */
  #runFrom: Seq = 0;
  #runUntil: Seq = 0;
  #end: Seq = 0;
  #extended = false;
  /** The name of a session that is known to be the one that was asked for. */
  #session: string | undefined;

  constructor(wants: readonly Want[], now: Nanos, timeout: Nanos) {
    let attempts = 0;
    let since = now;
    for (const want of wants) {
      this.#pending.add(want.from, want.until);
      attempts = Math.max(attempts, want.attempts);
      since = Math.min(since, want.since);
    }
    this.attempts = attempts;
    this.since = since;
    this.decided = now;
    this.deadline = now + timeout;
    this.next = this.from;
  }

  /** What is asked for, and was not answered; numbers between may be known already. */
  get pending(): RangeSet {
    if (this.#runFrom < this.#runUntil) {
      this.#pending.remove(this.#runFrom, this.#runUntil);
      this.#runFrom = this.#runUntil;
    }
    return this.#pending;
  }

  get from(): Seq {
    return this.pending.first?.from ?? this.next;
  }

  get until(): Seq {
    return this.pending.last?.until ?? this.next;
  }

  /** Whether the stream is yet to bring what was not asked for at first, and has passed nothing. */
  get goesOn(): boolean {
    return this.#extended && this.pending.size > 0 && this.from >= this.next;
  }

  /** What neither the server nor anybody else has brought. */
  get missing(): RangeSet {
    const missing = RangeSet.of(this.pending);
    for (const { from, until } of this.filled) missing.remove(from, until);
    return missing;
  }

  /** Whether nothing is missing any more; `answer`: the server itself must have brought all. */
  isWhole(by: "answer" | "anybody"): boolean {
    const { size } = this.pending;
    if (size === 0 || by === "answer" || this.filled.count === 0) return size === 0;
    return this.missing.size === 0;
  }

  /** What is to be wanted again of it. */
  wantOf({ from, until }: SeqRange, notBefore: Nanos): Want {
    // What brought something may begin anew to be patient.
    const attempts = this.brought ? 0 : this.attempts;
    return { from, until, since: this.since, attempts, notBefore };
  }

  /** What was filled before it was sent is not asked for. */
  shrink(): void {
    for (const { from, until } of this.filled) this.pending.remove(from, until);
  }

  sent(asked: Asked, now: Nanos): void {
    this.asked = asked;
    this.range = { from: this.from, until: this.until };
    this.next = this.from;
    this.connected = now;
  }

  /** More of the same stream is wanted. */
  extend(want: Want): void {
    const { asked } = this;
    if (asked === undefined) return;
    this.#extended = true;
    this.pending.add(want.from, want.until);
    this.filled.remove(want.from, want.until);
    const until = asked.from + (want.until - this.range.from);
    this.range = { ...this.range, until: Math.max(this.range.until, want.until) };
    this.asked = { ...asked, until: Math.max(asked.until, until) };
    this.#end = 0;
  }

  /** A message of it has come. False: it was not wanted any more. */
  take(seq: Seq): boolean {
    if (seq !== this.#runUntil || seq >= this.#end) {
      // Nearly all come in a row: the search is for the first of them alone.
      const range = this.pending.rangeAt(seq);
      if (range === undefined) return false;
      this.#runFrom = seq;
      this.#end = range.until;
    }
    this.#runUntil = seq + 1;
    this.brought = true;
    return true;
  }

  /** Takes what there is of [from, until) off, and returns it: nobody can have it. */
  drop(from: Seq, until: Seq): SeqRange[] {
    const parts = this.pending.within(from, until);
    this.pending.remove(from, until);
    this.#end = 0;
    return parts;
  }

  /** The same of one that came in answer to another request. */
  takeLate(seq: Seq): boolean {
    if (!this.pending.has(seq) || this.filled.has(seq)) return false;
    this.pending.remove(seq, seq + 1);
    this.#end = 0;
    return true;
  }

  /** The feed's number of one on the wire, if it is of what was asked for. */
  seqOf(session: string, wire: Seq): Seq | undefined {
    const { asked } = this;
    if (asked === undefined || wire < asked.from || wire >= asked.until) return undefined;
    if (!this.#knows(session, asked)) return undefined;
    return this.range.from + (wire - asked.from);
  }

  /** Whether the number on the wire lies before or behind what was asked for, in the same session. */
  isBeside(session: string, wire: Seq): boolean {
    const { asked } = this;
    if (asked === undefined || !this.#knows(session, asked)) return false;
    return wire < asked.from || wire >= asked.until;
  }

  stages(now: Nanos): RecoveryStages {
    const { since: detected, decided, connected, firstByte = now } = this;
    return { detected, decided, connected, firstByte, filled: now };
  }

  #knows(session: string, asked: Asked): boolean {
    if (session === this.#session) return true;
    if (!sameSession(asked.session, session)) return false;
    this.#session = session;
    return true;
  }
}

function sameSession(asked: string, answered: string): boolean {
  const [a, b] = [asked.trim(), answered.trim()];
  return a === b || a === "" || b === "";
}
