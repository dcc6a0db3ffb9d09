import type { Seq } from "../core/seq.ts";
import { PAGE_BYTES, PAGES_MAX, type SharedMemory } from "./shared-memory.ts";

/** A page: from its front messages; from its back their places, each where one begins and where it ends. */
export interface Page {
  readonly bytes: Uint8Array;
  readonly places: Uint32Array;
}

/** What a place takes, in words and in bytes. */
export const PLACE_WORDS = 2;
/** A page has a multiple of these. */
export const PLACE_BYTES: number = PLACE_WORDS * Uint32Array.BYTES_PER_ELEMENT;

/** Pages in use that there is room for at first, where they can become more. */
const SLOTS_MIN = 16;

/**
 * Pages in the order of their messages: those in use have the ordinals [from, until), and each the number
 * of its first message. What falls out is used again.
 */
export class Pages {
  from = 0;
  until = 0;
  /** Bytes of all pages, also of those that wait to be used again. */
  bytes = 0;
  #shared: SharedMemory | undefined;
  #pages: (Page | undefined)[] = [];
  #free: number[] = [];
  /** Of the page with ordinal i at slot i % slots: its first number, and which page it is. */
  #starts: Float64Array;
  #indexes: Int32Array;

  constructor(shared?: SharedMemory) {
    this.#shared = shared;
    this.#starts =
      shared === undefined ? new Float64Array(SLOTS_MIN) : new Float64Array(shared.starts);
    this.#indexes =
      shared === undefined ? new Int32Array(SLOTS_MIN) : new Int32Array(shared.indexes);
  }

  /** The number of the first message of a page in use. */
  startOf(ordinal: number): Seq {
    return this.#starts[ordinal % this.#starts.length]!;
  }

  /** A page in use. */
  at(ordinal: number): Page {
    return this.#page(this.#indexes[ordinal % this.#indexes.length]!);
  }

  /** The ordinal of the page that a number is in, which must be in one. */
  find(seq: Seq): number {
    let { from, until } = this;
    while (until - from > 1) {
      const middle = Math.floor((from + until) / 2);
      if (this.startOf(middle) <= seq) from = middle;
      else until = middle;
    }
    return from;
  }

  /** Appends a page with at least so many bytes, for messages from `start` on; false: there is none. */
  add(size: number, start: Seq): boolean {
    const index = this.#take(size);
    if (index === undefined) return false;
    if (this.until - this.from === this.#starts.length) this.#grow();
    const slot = this.until % this.#starts.length;
    this.#starts[slot] = start;
    this.#indexes[slot] = index;
    this.until++;
    return true;
  }

  /** Lets go of the oldest page. */
  remove(): void {
    this.#free.push(this.#indexes[this.from % this.#indexes.length]!);
    this.from++;
  }

  #take(size: number): number | undefined {
    for (let index = this.#free.pop(); index !== undefined; index = this.#free.pop()) {
      const { length } = this.#page(index).bytes;
      if (length >= size) return index;
      this.#pages[index] = undefined;
      this.bytes -= length;
    }
    const shared = this.#shared;
    const index = this.#pages.length;
    if (shared !== undefined) {
      if (index === PAGES_MAX) return undefined;
      shared.arena.grow((index + 1) * PAGE_BYTES);
      this.#page(index);
      this.bytes += PAGE_BYTES;
    } else {
      this.#pages.push(pageOver(new ArrayBuffer(size), 0, size));
      this.bytes += size;
    }
    return index;
  }

  #page(index: number): Page {
    return (this.#pages[index] ??= pageOver(this.#shared!.arena, index * PAGE_BYTES, PAGE_BYTES));
  }

  #grow(): void {
    const { length } = this.#starts;
    const starts = new Float64Array(2 * length);
    const indexes = new Int32Array(2 * length);
    for (let ordinal = this.from; ordinal < this.until; ordinal++) {
      starts[ordinal % starts.length] = this.#starts[ordinal % length]!;
      indexes[ordinal % starts.length] = this.#indexes[ordinal % length]!;
    }
    this.#starts = starts;
    this.#indexes = indexes;
  }
}

function pageOver(buffer: ArrayBufferLike, from: number, size: number): Page {
  return {
    bytes: new Uint8Array(buffer, from, size),
    places: new Uint32Array(buffer, from, size / Uint32Array.BYTES_PER_ELEMENT),
  };
}
