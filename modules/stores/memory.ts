import { invariant } from "../core/errors.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { FeedStore } from "../core/store.ts";
import { type Nanos, NEVER } from "../core/time.ts";

/** Messages that are retained; older ones make room. */
export const RETAIN_MAX = 1_000_000;

/** The arena grows by a page, so that what is in it is never copied. */
const PAGE_BYTES_MAX = 256 * 1024;
const PAGE_BYTES_MIN = 4 * 1024;

/** A page is such a part of the arena, for half of the last one is idle. */
const PAGE_PART = 1 / 32;

/** Of each message: the number of its page, and where it begins and ends there. */
const FIELDS = 3;

/** What there is room for at first in the ring, and how it grows: little lies idle. */
const SLOTS_MIN = 256;
const GROWTH = 1.2;

/**
 * Keeps the newest messages in memory: a ring of places in one arena of pages. A message costs 12
 * bytes besides its own, up to 16 while the ring has just grown, and no object.
 */
export class MemoryStore implements FeedStore {
  readonly found = undefined;
  readonly flushEvery: Nanos = NEVER;
  #retainMax: number;
  #first: Seq;
  #next: Seq;
  /** The place of message i of those that are there is at slot (head + i) % slots. */
  #places: Uint32Array;
  #slots: number;
  #head = 0;
  /** Pages with messages, in order; `pageBase` is the number of the first. */
  #pages: Uint8Array[] = [];
  #pageBase = 0;
  /** The last page, and how much of it is filled. */
  #page: Uint8Array = new Uint8Array();
  #filled = 0;
  /** Bytes of all pages. */
  #arena = 0;
  /** A page that fell out; it comes in again. */
  #spare: Uint8Array | undefined;

  constructor(first: Seq, retainMax: number = RETAIN_MAX) {
    this.#first = first;
    this.#next = first;
    this.#retainMax = retainMax;
    this.#slots = Math.max(1, Math.min(SLOTS_MIN, retainMax));
    this.#places = new Uint32Array(FIELDS * this.#slots);
  }

  get first(): Seq {
    return this.#first;
  }

  get next(): Seq {
    return this.#next;
  }

  /** Bytes that are taken, messages included. */
  get bytes(): number {
    return this.#arena + (this.#spare?.length ?? 0) + this.#places.byteLength;
  }

  append(seq: Seq, message: Uint8Array): void {
    if (seq !== this.#next) invariant(false, `message ${seq} stored where ${this.#next} is next`);
    if (this.#retainMax === 0) {
      this.#first = this.#next = seq + 1;
      return;
    }
    if (seq - this.#first === this.#retainMax) this.#forget();
    const count = seq - this.#first;
    if (count === this.#slots) this.#growRing();
    const { length } = message;
    if (this.#filled + length > this.#page.length || this.#pages.length === 0) this.#turn(length);
    const start = this.#filled;
    this.#page.set(message, start);
    const at = FIELDS * this.#slotOf(count);
    this.#places[at] = this.#pageBase + this.#pages.length - 1;
    this.#places[at + 1] = start;
    this.#places[at + 2] = this.#filled = start + length;
    this.#next = seq + 1;
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const end = Math.min(until, this.#next);
    for (let seq = Math.max(from, this.#first); seq < end; seq++) {
      const at = FIELDS * this.#slotOf(seq - this.#first);
      const page = this.#pages[this.#places[at]! - this.#pageBase]!;
      if (!visit(seq, page.subarray(this.#places[at + 1], this.#places[at + 2]))) return;
    }
  }

  begin(): void {}

  flush(): void {}

  close(): void {}

  #slotOf(index: number): number {
    const slot = this.#head + index;
    return slot < this.#slots ? slot : slot - this.#slots;
  }

  /** The oldest makes room, and its page with it if it was the last there. */
  #forget(): void {
    this.#first++;
    this.#head = this.#slotOf(1);
    // Without messages the page that is being filled stays, and is filled on.
    const newest = this.#pageBase + this.#pages.length - 1;
    const next = this.#first === this.#next ? newest : this.#places[FIELDS * this.#head]!;
    for (; this.#pageBase < next; this.#pageBase++) {
      const page = this.#pages.shift()!;
      this.#arena -= page.length;
      this.#spare = page;
    }
  }

  /** Begins a page with room for a message of so many bytes. */
  #turn(length: number): void {
    const part = Math.max(PAGE_BYTES_MIN, Math.min(PAGE_BYTES_MAX, PAGE_PART * this.#arena));
    const wanted = Math.max(2 ** Math.floor(Math.log2(part)), length);
    const spare = this.#spare;
    this.#spare = undefined;
    const fits = spare !== undefined && spare.length >= length && spare.length >= wanted / 2;
    this.#page = fits ? spare : new Uint8Array(wanted);
    this.#arena += this.#page.length;
    this.#pages.push(this.#page);
    this.#filled = 0;
  }

  #growRing(): void {
    const slots = Math.min(this.#retainMax, Math.ceil(GROWTH * this.#slots));
    const places = new Uint32Array(FIELDS * slots);
    const head = FIELDS * this.#head;
    places.set(this.#places.subarray(head));
    places.set(this.#places.subarray(0, head), this.#places.length - head);
    this.#places = places;
    this.#slots = slots;
    this.#head = 0;
  }
}
