import { invariant } from "../core/errors.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { FeedStore, MessageBlock } from "../core/store.ts";
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

/** Messages that one list of places is for: the lists, too, are never copied. */
const LIST = 1024;

/**
 * Keeps the newest messages in memory: in an arena of pages, into which each block is copied as it is,
 * with the few bytes that a format has between messages, and lists of where they stand. A message costs
 * 12 bytes besides its own and those, and no object.
 */
export class MemoryStore implements FeedStore {
  readonly found = undefined;
  readonly flushEvery: Nanos = NEVER;
  #retainMax: number;
  #first: Seq;
  #next: Seq;
  /** Lists of places, in order; `listBase` is the number that the first one begins with. */
  #lists: Uint32Array[] = [];
  #listBase: Seq;
  /** Pages with messages, in order; `pageBase` is the number of the first. */
  #pages: Uint8Array[] = [];
  #pageBase = 0;
  /** The last page, and how much of it is filled. */
  #page: Uint8Array = new Uint8Array();
  #filled = 0;
  /** Bytes of all pages. */
  #arena = 0;
  /** A page and a list that fell out; they come in again. */
  #sparePage: Uint8Array | undefined;
  #spareList: Uint32Array | undefined;

  constructor(first: Seq, retainMax: number = RETAIN_MAX) {
    this.#first = first;
    this.#next = first;
    this.#listBase = first;
    this.#retainMax = retainMax;
  }

  get first(): Seq {
    return this.#first;
  }

  get next(): Seq {
    return this.#next;
  }

  /** Bytes that are taken, messages included. */
  get bytes(): number {
    const lists = this.#lists.length + (this.#spareList === undefined ? 0 : 1);
    const places = lists * FIELDS * LIST * Uint32Array.BYTES_PER_ELEMENT;
    return this.#arena + (this.#sparePage?.length ?? 0) + places;
  }

  append(seq: Seq, { bytes, count, bounds }: MessageBlock): void {
    if (seq !== this.#next)
      invariant(false, `message ${seq} stored where ${this.#next} comes next`);
    if (count === 0) return;
    const start = bounds[0]!;
    const shift = this.#copy(bytes, start, bounds[2 * count - 1]!) - start;
    const page = this.#pageBase + this.#pages.length - 1;
    for (let i = 0; i < count;) {
      let at = seq + i - this.#listBase;
      if (at === LIST * this.#lists.length) this.#lists.push(this.#newList());
      const list = this.#lists[Math.floor(at / LIST)]!;
      at = FIELDS * (at % LIST);
      for (; i < count && at < list.length; i++, at += FIELDS) {
        list[at] = page;
        list[at + 1] = bounds[2 * i]! + shift;
        list[at + 2] = bounds[2 * i + 1]! + shift;
      }
    }
    this.#next = seq + count;
    if (this.#next - this.#first > this.#retainMax) this.#forget(this.#next - this.#retainMax);
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const end = Math.min(until, this.#next);
    for (let seq = Math.max(from, this.#first); seq < end; seq++) {
      const index = seq - this.#listBase;
      const list = this.#lists[Math.floor(index / LIST)]!;
      const at = FIELDS * (index % LIST);
      const page = this.#pages[list[at]! - this.#pageBase]!;
      if (!visit(seq, page.subarray(list[at + 1], list[at + 2]))) return;
    }
  }

  begin(): void {}

  flush(): void {}

  close(): void {}

  /** Copies bytes into the last page, or into a new one, and returns where they stand. */
  #copy(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    if (this.#filled + length > this.#page.length || this.#pages.length === 0) this.#turn(length);
    const at = this.#filled;
    this.#page.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), at);
    this.#filled = at + length;
    return at;
  }

  /** What is before `first` makes room, and pages and lists with it that have nothing else. */
  #forget(first: Seq): void {
    this.#first = first;
    while (this.#listBase + LIST <= first) {
      this.#listBase += LIST;
      this.#spareList = this.#lists.shift();
    }
    // Without messages the page that is being filled stays, and is filled on.
    const newest = this.#pageBase + this.#pages.length - 1;
    const oldest = this.#lists[0]?.[FIELDS * (first - this.#listBase)];
    const next = first === this.#next || oldest === undefined ? newest : oldest;
    for (; this.#pageBase < next; this.#pageBase++) {
      const page = this.#pages.shift()!;
      this.#arena -= page.length;
      this.#sparePage = page;
    }
  }

  /** Begins a page with room for so many bytes. */
  #turn(length: number): void {
    const part = Math.max(PAGE_BYTES_MIN, Math.min(PAGE_BYTES_MAX, PAGE_PART * this.#arena));
    const wanted = Math.max(2 ** Math.floor(Math.log2(part)), length);
    const spare = this.#sparePage;
    this.#sparePage = undefined;
    const fits = spare !== undefined && spare.length >= length && spare.length >= wanted / 2;
    this.#page = fits ? spare : new Uint8Array(wanted);
    this.#arena += this.#page.length;
    this.#pages.push(this.#page);
    this.#filled = 0;
  }

  #newList(): Uint32Array {
    const list = this.#spareList ?? new Uint32Array(FIELDS * LIST);
    this.#spareList = undefined;
    return list;
  }
}
