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
  /** What is asked for, and was not answered; numbers between may be known already. */
  readonly pending: RangeSet;
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
  next: Seq;
  #extended = false;

  constructor(wants: readonly Want[], now: Nanos, timeout: Nanos) {
    this.pending = RangeSet.of(wants);
    this.attempts = Math.max(...wants.map(({ attempts }) => attempts));
    this.since = Math.min(...wants.map(({ since }) => since));
    this.decided = now;
    this.deadline = now + timeout;
    this.next = this.from;
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

  /** What is to be wanted again, but for the numbers. */
  get want(): Want {
    // What brought something may begin anew to be patient.
    const attempts = this.brought ? 0 : this.attempts;
    return { from: 0, until: 0, since: this.since, attempts, notBefore: 0 };
  }

  /** What neither the server nor anybody else has brought. */
  get missing(): RangeSet {
    const missing = RangeSet.of(this.pending);
    for (const { from, until } of this.filled) missing.remove(from, until);
    return missing;
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
  }

  /** The feed's number of one on the wire, if it is of what was asked for. */
  seqOf(session: string, wire: Seq): Seq | undefined {
    const { asked } = this;
    if (asked === undefined || !sameSession(asked.session, session)) return undefined;
    if (wire < asked.from || wire >= asked.until) return undefined;
    return this.range.from + (wire - asked.from);
  }

  /** Whether the number on the wire lies before or behind what was asked for, in the same session. */
  isBeside(session: string, wire: Seq): boolean {
    const { asked } = this;
    if (asked === undefined || !sameSession(asked.session, session)) return false;
    return wire < asked.from || wire >= asked.until;
  }

  stages(now: Nanos): RecoveryStages {
    const { since: detected, decided, connected, firstByte = now } = this;
    return { detected, decided, connected, firstByte, filled: now };
  }
}

function sameSession(asked: string, answered: string): boolean {
  const [a, b] = [asked.trim(), answered.trim()];
  return a === b || a === "" || b === "";
}
