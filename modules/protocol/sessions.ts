import type { Asked } from "../codecs/recovery/recovery.ts";
import { invariant } from "../core/errors.ts";
import type { Seq } from "../core/seq.ts";

/** A stretch of a feed within which the wire counts on; the next one begins its numbers again. */
export interface Session {
  /** Which of the feed it is, from 1. */
  readonly ordinal: number;
  /** As the wire has it; empty where sessions have no names. */
  readonly name: string;
  /** The feed's number of its first message. */
  readonly from: Seq;
  /** The number of that message on the wire. */
  readonly first: Seq;
}

/**
 * The name of the session after one: the number at its end counts on, `FEEDLAB001` to `FEEDLAB002`,
 * within `bytes` characters; a name without one gets a 2.
 */
export function nextName(name: string, bytes: number): string {
  const [, head = "", digits = ""] = /^(.*?)(\d*)\s*$/.exec(name) ?? [];
  const next = String(Number(digits === "" ? 1 : digits) + 1).padStart(digits.length, "0");
  return `${head.slice(0, Math.max(0, bytes - next.length))}${next}`.slice(-bytes);
}

/**
 * The sessions of a feed, and their numbers. Everything but the wire counts on from session to
 * session, so that a number means one message. In the first session, both counts are the same.
 */
export class Sessions {
  /** Is told of each that begins. */
  onBegin: (session: Session) => void = () => {};
  #list: Session[] = [];

  /** Those that have begun, in order. */
  get all(): readonly Session[] {
    return this.#list;
  }

  /** The latest; undefined before the first. */
  get current(): Session | undefined {
    return this.#list.at(-1);
  }

  /** A session begins. `from` is the feed's number of its first message, `first` the wire's. */
  begin(name: string, from: Seq, first: Seq): Session {
    const last = this.current;
    invariant(last === undefined || from >= last.from, `session ${name} begins at ${from}, before`);
    const session = { ordinal: (last?.ordinal ?? 0) + 1, name, from, first };
    // One in which nothing was published leaves no trace but its ordinal.
    if (last?.from === from) this.#list.pop();
    this.#list.push(session);
    this.onBegin(session);
    return session;
  }

  /** The session that a number belongs to; undefined before the first session. */
  of(seq: Seq): Session | undefined {
    return this.#list.findLast(({ from }) => from <= seq);
  }

  /** The number on the wire. Without any session, both are the same. */
  wireOf(seq: Seq): Seq {
    const session = this.of(seq);
    return session === undefined ? seq : seq - session.from + session.first;
  }

  /**
   * The feed's number for one of the wire's. An empty name, or one of blanks, means the latest
   * session. Undefined where there is no such session, or the number is none of its own.
   */
  seqOf(name: string, wire: Seq): Seq | undefined {
    const latest = name.trim() === "";
    const at = latest
      ? this.#list.length - 1
      : this.#list.findLastIndex((session) => session.name.trim() === name.trim());
    const session = this.#list[at];
    if (session === undefined) return latest && this.#list.length === 0 ? wire : undefined;
    const seq = session.from + wire - session.first;
    const next = this.#list[at + 1];
    return wire < session.first || (next !== undefined && seq >= next.from) ? undefined : seq;
  }

  /** As much of [from, until) as lies in the session of its first number, as the wire has it. */
  asked(from: Seq, until: Seq): Asked {
    const session = this.of(from);
    if (session === undefined) return { session: "", from, until };
    const next = this.#list.find((other) => other.from > from);
    const end = Math.min(until, next?.from ?? until);
    const toWire = session.first - session.from;
    return { session: session.name, from: from + toWire, until: end + toWire };
  }
}
