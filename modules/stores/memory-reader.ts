import type { Seq, SeqRange } from "../core/seq.ts";
import type { MessageReader } from "../core/store.ts";
import { Pages, PLACE_WORDS } from "./pages.ts";
import { Header, PAGE_BYTES, type SharedMemory } from "./shared-memory.ts";

/** Messages that are copied at first; then four times as many, and so on, up to a page. */
const COPIED_AT_FIRST = 64;

/**
 * Reads what another thread keeps in shared memory, as far as that was flushed. Messages are copied out,
 * page by page, and shown once it is sure that the writer did not overwrite them meanwhile.
 */
export class MemoryReader implements MessageReader {
  #header: Header;
  #pages: Pages;
  #retainMax: number;
  #copy = new Uint8Array(PAGE_BYTES);
  #places = new Uint32Array(PAGE_BYTES / Uint32Array.BYTES_PER_ELEMENT);

  constructor(memory: SharedMemory) {
    this.#header = new Header(memory);
    this.#pages = new Pages(memory);
    this.#retainMax = memory.retainMax;
  }

  get first(): Seq {
    const { oldest, next } = this.#header.read();
    return Math.max(oldest, next - this.#retainMax);
  }

  get next(): Seq {
    return this.#header.read().next;
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    let seq = Math.max(from, this.first);
    // Who has enough of a few does not pay for all.
    for (let most = COPIED_AT_FIRST; ; most *= 4) {
      const end = this.#copyFrom(seq, Math.min(until, seq + most));
      // Overtaken: what follows is there, but not what comes next.
      if (end === undefined) return;
      for (let i = 0; seq < end; i += PLACE_WORDS, seq++) {
        if (!visit(seq, this.#copy.subarray(this.#places[i], this.#places[i + 1]))) return;
      }
      if (seq >= until) return;
    }
  }

  /** Copies messages from `seq` on, of one page; where they end, or undefined where `seq` is not there. */
  #copyFrom(seq: Seq, until: Seq): Seq | undefined {
    const header = this.#header.read();
    const pages = this.#pages;
    if (seq < header.oldest || seq >= Math.min(until, header.next)) return undefined;
    pages.from = header.from;
    pages.until = header.until;
    const at = pages.find(seq);
    const base = pages.startOf(at);
    const end = Math.min(
      until,
      header.next,
      at + 1 === header.until ? Infinity : pages.startOf(at + 1),
    );
    const { bytes, places } = pages.at(at);
    // Where the writer was faster, there may be anything.
    if (PLACE_WORDS * (end - base) > places.length) return undefined;
    const placeOf = (message: Seq): number => places.length - PLACE_WORDS * (message - base + 1);
    const start = places[placeOf(seq)]!;
    this.#copy.set(bytes.subarray(start, places[placeOf(end - 1) + 1]));
    for (let i = 0, place = placeOf(seq); i < PLACE_WORDS * (end - seq); place -= PLACE_WORDS) {
      this.#places[i++] = places[place]! - start;
      this.#places[i++] = places[place + 1]! - start;
    }
    return header.isInUse(at) ? end : undefined;
  }
}
