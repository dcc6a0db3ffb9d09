import type { Machine } from "../../core/machine.ts";
import { type Nanos, NEVER } from "../../core/time.ts";
import type { Spoiling } from "../../faults/fault.ts";
import { OUTLET_HELD_MAX, RESET_WAIT } from "./limits.ts";

/** What leaves, and what becomes of the connection. */
export interface OutletSink {
  /** False: it was taken, but what follows should wait. */
  write(bytes: Uint8Array): boolean;
  repair(bytes: Uint8Array): boolean;
  end(): void;
  reset(): void;
}

/** Something that is yet to be done. */
interface Waiting {
  readonly at: Nanos;
  readonly bytes: number;
  act(): void;
}

/** Nothing is wrong with it. */
const RIGHT: Spoiling = {};

/**
 * Between a server and one of its connections: what a fault does to bytes on their way, it does here.
 * Without one everything passes at once, uncopied; nothing overtakes what waits.
 */
export class Outlet implements Machine {
  #sink: OutletSink;
  #way: Spoiling = RIGHT;
  #queue: Waiting[] = [];
  #held = 0;
  /** What comes next leaves no earlier. */
  #free: Nanos = 0;
  /** Bytes of the answer so far. */
  #sent = 0;
  /** Nothing leaves any more. */
  #broken = false;
  /** Whether what comes carries messages. */
  #carrying = false;

  constructor(sink: OutletSink) {
    this.#sink = sink;
  }

  /** True while something is yet to leave, or never will. */
  get waits(): boolean {
    return this.#queue.length > 0 || this.#way.swallow === true;
  }

  /** True when nothing of this answer will ever leave. */
  get silent(): boolean {
    return this.#way.swallow === true;
  }

  get hasRoom(): boolean {
    return this.#held <= OUTLET_HELD_MAX / 2;
  }

  /** An answer begins; undefined: one as it should be. */
  begin(way: Spoiling | undefined, now: Nanos): void {
    this.#way = way ?? RIGHT;
    this.#sent = 0;
    if (way?.delay !== undefined) this.#free = Math.max(this.#free, now + way.delay);
  }

  /** What leaves during `act` carries messages. */
  carry(act: () => void): void {
    this.#carrying = true;
    act();
    this.#carrying = false;
  }

  /** To the client. False: it was taken, but what follows should wait. */
  send(bytes: Uint8Array, now: Nanos): boolean {
    // Nearly always: nothing is wrong, and nothing waits.
    if (this.#way === RIGHT && this.#free <= now && this.#queue.length === 0 && !this.#broken) {
      return this.#sink.write(bytes);
    }
    if (this.#broken || this.#way.swallow === true) return true;
    let room = true;
    const { trickle, resetAfter = Infinity, twice } = this.#way;
    const copies = twice === true && this.#carrying ? [bytes, bytes] : [bytes];
    for (const one of copies) {
      const shown = this.#flipped(one, this.#carrying);
      const piece = trickle?.bytes ?? Infinity;
      for (let at = 0; at < shown.length && !this.#broken;) {
        const most = Math.min(piece, resetAfter - this.#sent);
        const part = shown.subarray(at, Math.min(shown.length, at + most));
        room = this.#pass(part, now, (own) => this.#sink.write(own)) && room;
        at += part.length;
        this.#sent += part.length;
        if (trickle !== undefined) this.#free = Math.max(now, this.#free) + trickle.every;
        if (this.#sent >= resetAfter) this.reset(now);
      }
    }
    return room;
  }

  /** To the group of repairs. False: it was taken, but more should wait. */
  repair(bytes: Uint8Array, now: Nanos): boolean {
    if (this.#broken || this.#way.swallow === true) return true;
    let room = true;
    const { trickle, twice } = this.#way;
    for (const one of twice === true ? [bytes, bytes] : [bytes]) {
      const shown = this.#flipped(one, true);
      room = this.#pass(shown, now, (own) => this.#sink.repair(own)) && room;
      if (trickle !== undefined) this.#free = Math.max(now, this.#free) + trickle.every;
    }
    return room;
  }

  /** Nothing more will be sent. */
  end(now: Nanos): void {
    if (this.#broken || this.#way.swallow === true) return;
    const { resetAfter, linger = 0 } = this.#way;
    // An answer that is shorter than that is reset where it ends.
    if (resetAfter !== undefined) return this.reset(now);
    this.#free = Math.max(now, this.#free) + linger;
    this.#queueOrDo(this.#free, now, 0, () => this.#sink.end());
  }

  /** Breaks the connection, a moment later, so that what has left is read. */
  reset(now: Nanos): void {
    if (this.#broken) return;
    this.#broken = true;
    const at = Math.max(now, this.#queue.at(-1)?.at ?? 0) + RESET_WAIT;
    this.#queueOrDo(at, now, 0, () => this.#sink.reset());
  }

  /** The connection is gone, or is dropped. */
  clear(): void {
    this.#queue.length = 0;
    this.#broken = true;
    this.#way = RIGHT;
  }

  deadline(): Nanos {
    return this.#queue[0]?.at ?? NEVER;
  }

  onDeadline(now: Nanos): void {
    for (let next = this.#queue[0]; next !== undefined && next.at <= now; next = this.#queue[0]) {
      this.#queue.shift();
      this.#held -= next.bytes;
      next.act();
    }
  }

  #pass(bytes: Uint8Array, now: Nanos, send: (bytes: Uint8Array) => boolean): boolean {
    if (this.#queue.length === 0 && this.#free <= now) return send(bytes);
    // Lent: it may be something else when it leaves.
    const copy = bytes.slice();
    this.#queueOrDo(this.#free, now, copy.length, () => void send(copy));
    return this.#held < OUTLET_HELD_MAX;
  }

  #queueOrDo(at: Nanos, now: Nanos, bytes: number, act: () => void): void {
    if (this.#queue.length === 0 && at <= now) return act();
    this.#held += bytes;
    this.#queue.push({ at: Math.max(at, this.#queue.at(-1)?.at ?? 0), bytes, act });
  }

  #flipped(bytes: Uint8Array, carrying: boolean): Uint8Array {
    if (this.#way.flip !== true || !carrying || bytes.length === 0) return bytes;
    const copy = bytes.slice();
    copy[0]! ^= 0x80;
    return copy;
  }
}
