import { copyBytes, Scratch } from "../core/bytes.ts";
import { invariant } from "../core/errors.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { FeedStore, MessageBlock } from "../core/store.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import { Pages, PLACE_BYTES, PLACE_WORDS } from "./pages.ts";
import { Header, PAGE_BYTES, type SharedMemory } from "./shared-memory.ts";

/** Messages that are retained; older ones make room. */
export const RETAIN_MAX = 1_000_000;

/** Of a block that is copied whole, so much at most may stand before its first message. */
const WHOLE_PART = 1 / 32;

/** A message up to so many bytes is lent as a copy, which costs less than a view of it. */
const LENT_MAX = 256;

/** The first page of a store for one thread; each further one is twice as large, up to the most. */
const PAGE_BYTES_MIN = 4 * 1024;

/**
 * Keeps the newest messages in memory, in pages: from the front of each the blocks as they came, and from
 * its back where each message stands in them. A message costs 8 bytes besides its own, what its format
 * puts between messages, and no object; with it go the part of the oldest page that has fallen out and
 * the idle part of the newest. Over shared memory, other threads read what was flushed, with a
 * `MemoryReader`.
 */
export class MemoryStore implements FeedStore {
  readonly found = undefined;
  readonly flushEvery: Nanos;
  readonly sending: () => void = () => this.flush();
  #retainMax: number;
  #header: Header | undefined;
  #pages: Pages;
  /** The oldest that was not overwritten, wanted or not. */
  #oldest: Seq;
  #next: Seq;
  /** The newest page: its bytes, its places, how far it is filled, and how far it may be. */
  #page: Uint8Array = new Uint8Array();
  #places: Uint32Array = new Uint32Array();
  #filled = 0;
  #limit = -1;
  /** Behind the next place. */
  #place = 0;

  constructor(first: Seq, retainMax: number = RETAIN_MAX, shared?: SharedMemory) {
    this.#oldest = first;
    this.#next = first;
    this.#retainMax = retainMax;
    this.#pages = new Pages(shared);
    this.#header = shared === undefined ? undefined : new Header(shared).read();
    this.flushEvery = shared === undefined ? NEVER : 0;
  }

  get first(): Seq {
    return Math.max(this.#oldest, this.#next - this.#retainMax);
  }

  get next(): Seq {
    return this.#next;
  }

  /** Bytes that are taken, messages included. */
  get bytes(): number {
    return this.#pages.bytes;
  }

  append(seq: Seq, { bytes, count, bounds }: MessageBlock): void {
    if (seq !== this.#next)
      invariant(false, `message ${seq} stored where ${this.#next} comes next`);
    if (count === 0) return;
    const end = bounds[2 * count - 1]!;
    // A whole packet is copied without a view of its own being made; of a small one, that is too much.
    const whole = end === bytes.length && bounds[0]! <= WHOLE_PART * end;
    const start = whole ? 0 : bounds[0]!;
    const needed = end - start + count * PLACE_BYTES;
    if (this.#filled + needed > this.#limit) this.#turn(needed);
    if (whole) this.#page.set(bytes, this.#filled);
    else copyBytes(bytes, start, end, this.#page, this.#filled);
    const shift = this.#filled - start;
    const places = this.#places;
    let place = this.#place;
    for (let i = 0; i < count; i++) {
      places[--place] = bounds[2 * i + 1]! + shift;
      places[--place] = bounds[2 * i]! + shift;
    }
    this.#place = place;
    this.#filled += end - start;
    this.#limit -= count * PLACE_BYTES;
    this.#next = seq + count;
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const end = Math.min(until, this.#next);
    let seq = Math.max(from, this.first);
    if (seq >= end) return;
    // Of its own: who is shown a message may read another one.
    const lent = new Scratch(LENT_MAX);
    for (let at = this.#pages.find(seq); seq < end; at++) {
      const { bytes, places } = this.#pages.at(at);
      const base = this.#pages.startOf(at);
      const last = Math.min(end, at + 1 === this.#pages.until ? end : this.#pages.startOf(at + 1));
      for (; seq < last; seq++) {
        const place = places.length - PLACE_WORDS * (seq - base + 1);
        const from = places[place]!;
        const length = places[place + 1]! - from;
        if (length > lent.bytes.length) {
          if (!visit(seq, bytes.subarray(from, from + length))) return;
          continue;
        }
        copyBytes(bytes, from, from + length, lent.bytes, 0);
        if (!visit(seq, lent.start(length))) return;
      }
    }
  }

  begin(): void {}

  /** Shows other threads what was appended. */
  flush(): void {
    this.#show(this.#next);
  }

  close(): void {}

  #show(next: Seq): void {
    const { from, until } = this.#pages;
    this.#header?.write(this.#oldest, next, from, until);
  }

  /** The number up to which others see what is there. */
  get #shown(): Seq {
    return this.#header?.next ?? this.#next;
  }

  /** Begins a page with room for so many bytes, places included. */
  #turn(needed: number): void {
    const pages = this.#pages;
    const size = this.#sizeFor(needed);
    const { first } = this;
    const known = pages.from;
    while (pages.from < pages.until && this.#secondStart() <= first) this.#forget();
    // Nobody is to look any more where it is overwritten soon.
    if (pages.from > known) this.#show(this.#shown);
    while (!pages.add(size, this.#next)) {
      // There is no more memory to be had: the oldest make room although they are wanted.
      this.#forget();
      this.#show(this.#shown);
    }
    ({ bytes: this.#page, places: this.#places } = pages.at(pages.until - 1));
    this.#filled = 0;
    this.#limit = this.#page.length;
    this.#place = this.#places.length;
  }

  /** The number after the last one of the oldest page. */
  #secondStart(): Seq {
    const { from, until } = this.#pages;
    return from + 1 === until ? this.#next : this.#pages.startOf(from + 1);
  }

  #forget(): void {
    this.#oldest = this.#secondStart();
    this.#pages.remove();
  }

  #sizeFor(needed: number): number {
    if (this.#header !== undefined) {
      invariant(needed <= PAGE_BYTES, "messages that are too long for other threads");
      return PAGE_BYTES;
    }
    const usual = Math.min(PAGE_BYTES, Math.max(PAGE_BYTES_MIN, 2 * this.#page.length));
    return Math.max(usual, PLACE_BYTES * Math.ceil(needed / PLACE_BYTES));
  }
}
