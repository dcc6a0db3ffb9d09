import type { PacketView } from "../codecs/codec.ts";
import type { Seq } from "../core/seq.ts";

/** How a message came to be delivered. */
export type Via = "line" | "recovery";

/** Messages are copied into pages, of which one is filled at a time. */
const PAGE_BYTES = 256 * 1024;

/** Empty pages and blocks that are kept for what comes next; more are let go. */
const SPARE_MAX = 16;

/** Numbers that one block has places for. */
const BLOCK = 64;

/** Of each message: its page, counted from 1, where it begins, and where it ends; 0: it is not held. */
const FIELDS = 3;

/** The places of `BLOCK` neighbouring numbers. */
interface Block {
  readonly places: Int32Array;
  /** How many of them are taken. */
  count: number;
}

interface Page {
  readonly bytes: Uint8Array;
  /** Messages in it that are still held. */
  count: number;
}

/**
 * Messages that came before their turn, by number, in copies of their own. A packet is copied in one
 * piece, and no message is an object: behind a gap, everything that comes is held for a moment.
 */
export class HeldMessages {
  /** Of the message that was taken last: its bytes, which are true until the next is added, */
  bytes: Uint8Array = new Uint8Array();
  start = 0;
  end = 0;
  /** and how it came. */
  via: Via = "line";
  #size = 0;
  #blocks = new Map<number, Block>();
  /** The block that was looked at last. */
  #block: Block | undefined;
  #blockNumber = -1;
  #spareBlocks: Block[] = [];
  /** Those that recovery brought: few. */
  #recovered = new Set<Seq>();
  /** A page keeps its place; a place without a page is used again. */
  #pages: (Page | undefined)[] = [];
  #places: number[] = [];
  #sparePages: Uint8Array[] = [];
  /** The place of the page that is being filled, counted from 1, and how far it is. */
  #current = 0;
  #filled = 0;

  /** Messages that are held. */
  get size(): number {
    return this.#size;
  }

  /** Holds a message that is not held yet. */
  add(seq: Seq, bytes: Uint8Array, start: number, end: number, via: Via): void {
    const shift = this.#copy(bytes, start, end);
    this.#put(seq, start + shift, end + shift);
    if (via === "recovery") this.#recovered.add(seq);
  }

  /** Holds all messages of a packet; none is held yet. */
  addPacket({ seq, count, bytes, bounds }: PacketView): void {
    const shift = this.#copy(bytes, bounds[0]!, bounds[2 * count - 1]!);
    for (let i = 0; i < count; i++) {
      this.#put(seq + i, bounds[2 * i]! + shift, bounds[2 * i + 1]! + shift);
    }
  }

  /** Lets go of a message, into `bytes`, `start`, `end` and `via`. False: it is not held. */
  take(seq: Seq): boolean {
    const number = Math.floor(seq / BLOCK);
    const block = this.#find(number);
    if (block === undefined) return false;
    const at = FIELDS * (seq - number * BLOCK);
    const place = block.places[at]!;
    if (place === 0) return false;
    const page = this.#pages[place - 1]!;
    this.bytes = page.bytes;
    this.start = block.places[at + 1]!;
    this.end = block.places[at + 2]!;
    this.via = this.#recovered.size > 0 && this.#recovered.delete(seq) ? "recovery" : "line";
    this.#release(number, block, at, place, page);
    return true;
  }

  /** Lets go of everything before `seq`. */
  forget(seq: Seq): void {
    for (const [number] of this.#blocks) {
      const from = number * BLOCK;
      for (let held = from; held < Math.min(from + BLOCK, seq); held++) this.take(held);
    }
  }

  /** Lets go of everything. */
  clear(): void {
    this.forget(Infinity);
  }

  /** Copies bytes into a page, and returns how much further on they are there. */
  #copy(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start;
    let page = this.#pages[this.#current - 1];
    if (page === undefined || this.#filled + length > page.bytes.length) page = this.#turn(length);
    const to = this.#filled;
    page.bytes.set(bytes.subarray(start, end), to);
    this.#filled = to + length;
    return to - start;
  }

  /** Begins a page with room for so many bytes. */
  #turn(length: number): Page {
    const full = this.#current;
    const place = this.#places.pop() ?? this.#pages.length + 1;
    const spare = length <= PAGE_BYTES ? this.#sparePages.pop() : undefined;
    const page = { bytes: spare ?? new Uint8Array(Math.max(PAGE_BYTES, length)), count: 0 };
    this.#pages[place - 1] = page;
    this.#current = place;
    this.#filled = 0;
    const before = this.#pages[full - 1];
    if (before?.count === 0) this.#empty(full, before);
    return page;
  }

  #put(seq: Seq, start: number, end: number): void {
    const number = Math.floor(seq / BLOCK);
    const block = this.#find(number) ?? this.#begin(number);
    const at = FIELDS * (seq - number * BLOCK);
    block.places[at] = this.#current;
    block.places[at + 1] = start;
    block.places[at + 2] = end;
    block.count++;
    this.#pages[this.#current - 1]!.count++;
    this.#size++;
  }

  #find(number: number): Block | undefined {
    if (number !== this.#blockNumber) {
      this.#block = this.#blocks.get(number);
      this.#blockNumber = number;
    }
    return this.#block;
  }

  #begin(number: number): Block {
    const places = (): Int32Array => new Int32Array(FIELDS * BLOCK);
    const block = this.#spareBlocks.pop() ?? { places: places(), count: 0 };
    this.#blocks.set(number, block);
    this.#block = block;
    return block;
  }

  #release(number: number, block: Block, at: number, place: number, page: Page): void {
    block.places[at] = 0;
    this.#size--;
    if (--block.count === 0) {
      this.#blocks.delete(number);
      this.#block = undefined;
      if (this.#spareBlocks.length < SPARE_MAX * SPARE_MAX) this.#spareBlocks.push(block);
    }
    if (--page.count > 0) return;
    if (place === this.#current) this.#filled = 0;
    else this.#empty(place, page);
  }

  /** Nothing in the page is held any more. */
  #empty(place: number, { bytes }: Page): void {
    this.#pages[place - 1] = undefined;
    this.#places.push(place);
    if (bytes.length === PAGE_BYTES && this.#sparePages.length < SPARE_MAX) {
      this.#sparePages.push(bytes);
    }
  }
}
