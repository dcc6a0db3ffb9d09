import type { Asked, Refusal } from "../../codecs/recovery/recovery.ts";
import { type Seq, SEQ_MAX, type SeqRange } from "../../core/seq.ts";
import type { Session, Sessions } from "../sessions.ts";

/** What a store has: [first, next). */
export interface Extent {
  readonly first: Seq;
  readonly next: Seq;
}

/** A request as it came. `from` is undefined for the newest message only. */
export type Wanted = Omit<Asked, "from"> & { readonly from: Seq | undefined };

/** What is sent for a request, in the feed's numbers. */
export interface Grant {
  readonly session: string;
  /** To be added to the feed's number for that on the wire. */
  readonly toWire: number;
  /** Asked for, as far as it can be: it may lie beyond what there is. */
  readonly asked: SeqRange;
  readonly granted: SeqRange;
  /** Where the session ends, if it has ended: the feed's number of the next one's first message. */
  readonly end: Seq;
}

/** What a server has, and how much of it one request may bring. */
export interface Shelf {
  readonly extent: Extent;
  readonly sessions: Sessions;
  readonly requestMax: number;
  /** Whether what comes later is sent too. */
  readonly follows: boolean;
  /** Whether a request for too much is refused; else the first part is sent. */
  readonly strict: boolean;
}

/** What a request gets, or why not. */
export function grant(wanted: Wanted, shelf: Shelf): Grant | Refusal {
  const { extent, sessions, follows } = shelf;
  const session = sessionOf(wanted.session, sessions);
  if (session === undefined && sessions.current !== undefined) return "session";
  const { name, from: start, first } = session ?? { name: wanted.session, from: 0, first: 0 };
  const end = sessions.all.find((other) => other.from > start)?.from ?? Infinity;
  const toWire = first - start;
  const have = { from: Math.max(extent.first, start), until: Math.min(extent.next, end) };
  const newest = Math.max(have.from, have.until - 1);
  const asked = {
    from: wanted.from === undefined ? newest : wanted.from - toWire,
    until: wanted.from === undefined && !follows ? newest + 1 : wanted.until - toWire,
  };
  if (follows) {
    // Beyond the end it begins with whatever comes next.
    const from = Math.min(Math.max(asked.from, have.from), Math.max(have.from, have.until));
    const granted = { from, until: Math.max(from, Math.min(asked.until, have.until)) };
    return { session: name, toWire, asked: { ...asked, from }, granted, end };
  }
  if (shelf.strict && asked.until - asked.from > shelf.requestMax) return "too-many";
  if (asked.until <= have.from) return "not-found";
  const from = Math.max(asked.from, have.from);
  const until = Math.min(asked.until, have.until, from + shelf.requestMax);
  return { session: name, toWire, asked, granted: { from, until: Math.max(from, until) }, end };
}

/** A request in the words of the wire, for a refusal. */
export function wordsOf({ session, from = 0, until }: Wanted): Asked {
  return { session, from, until: Math.min(until, SEQ_MAX + 1) };
}

/** The session of that name; the latest where none is given. */
export function sessionOf(name: string, { all, current }: Sessions): Session | undefined {
  const trimmed = name.trim();
  if (trimmed === "") return current;
  return all.findLast((session) => session.name.trim() === trimmed);
}
