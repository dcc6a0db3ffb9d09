import type { PacketView } from "../codecs/codec.ts";
import { copyBytes } from "../core/bytes.ts";
import type { Seq } from "../core/seq.ts";

/** How a message came to be delivered. */
export type Via = "line" | "recovery";

/** Messages are copied into pages, of which one is filled at a time: so many bytes, */
const PAGE_BYTES = 256 * 1024;

/** and so many messages. */
const PAGE_MESSAGES = 16 * 1024;

/** Places of runs that have gone, which are not worth the work of clearing them away. */
const GONE_MAX = 1024;

/** Empty pages that are kept for what comes next; more are let go. */
const SPARE_MAX = 64;

interface Page {
  readonly bytes: Uint8Array;
  /** Message i of the page spans bounds[2i] .. bounds[2i + 1]. */
  readonly bounds: Int32Array;
  filled: number;
  messages: number;
  /** Messages in it that are still held. */
  held: number;
}

/** Neighbours that are held together: what is left of a packet, or messages that were sent again. */
export interface HeldRun {
  readonly page: Page;
  /** The number of the first one, and of the one behind the last. */
  from: Seq;
  until: Seq;
  readonly via: Via;
  /** Which message of the page comes first. */
  first: number;
}

/**
 * Messages that came before their turn, in copies of their own. A packet is copied in one piece and is
 * one thing to remember, not each of its messages: behind a gap, everything that comes is held for a
 * moment.
 */
export class HeldMessages {
  #size = 0;
  /** In ascending order, from `head` on; they mostly come at the end and go at the beginning. */
  #runs: (HeldRun | undefined)[] = [];
  #head = 0;
  #page: Page | undefined;
  #spare: Page[] = [];

  /** Messages that are held. */
  get size(): number {
    return this.#size;
  }

  /** Holds a message that is not held yet. */
  add(seq: Seq, bytes: Uint8Array, start: number, end: number, via: Via): void {
    const page = this.#pageFor(end - start, 1);
    const shift = page.filled - start;
    copyBytes(bytes, start, end, page.bytes, page.filled);
    page.filled += end - start;
    page.bounds[2 * page.messages] = start + shift;
    page.bounds[2 * page.messages + 1] = end + shift;
    this.#hold(seq, page, 1, via);
  }

  /** Holds all messages of a packet; none is held yet. */
  addPacket({ seq, count, bytes, bounds }: PacketView): void {
    // The whole packet, whose view is there: to make another for its messages costs more.
    const page = this.#pageFor(bytes.length, count);
    const shift = page.filled;
    page.bytes.set(bytes, shift);
    page.filled += bytes.length;
    const from = 2 * page.messages;
    for (let i = 0; i < 2 * count; i++) page.bounds[from + i] = bounds[i]! + shift;
    this.#hold(seq, page, count, "line");
  }

  /** Lets go of what is held from `seq` on as one; its page is as it was until the next is added. */
  take(seq: Seq): HeldRun | undefined {
    const run = this.#runs[this.#head];
    if (run?.from !== seq) return undefined;
    this.#shift();
    this.#release(run.page, run.until - run.from);
    return run;
  }

  /** Lets go of a message that nothing held stands before. */
  forgetFirst(seq: Seq): void {
    if (this.#runs[this.#head]?.from === seq) this.forget(seq + 1);
  }

  /** Lets go of everything before `seq`. */
  forget(seq: Seq): void {
    for (let run = this.#runs[this.#head]; run !== undefined && run.from < seq;) {
      const gone = Math.min(seq, run.until) - run.from;
      run.from += gone;
      run.first += gone;
      this.#release(run.page, gone);
      if (run.from < run.until) return;
      this.#shift();
      run = this.#runs[this.#head];
    }
  }

  /** Lets go of everything. */
  clear(): void {
    this.forget(Infinity);
  }

  #hold(seq: Seq, page: Page, count: number, via: Via): void {
    const first = page.messages;
    page.messages += count;
    page.held += count;
    this.#size += count;
    const runs = this.#runs;
    const last = runs[runs.length - 1];
    if (last === undefined || last.until <= seq || this.#head === runs.length) {
      if (last !== undefined && goesOn(last, seq, page, first, via)) last.until += count;
      else runs.push({ page, from: seq, until: seq + count, via, first });
      return;
    }
    const at = this.#placeOf(seq);
    const before = at > this.#head ? runs[at - 1] : undefined;
    if (before !== undefined && goesOn(before, seq, page, first, via)) before.until += count;
    else runs.splice(at, 0, { page, from: seq, until: seq + count, via, first });
  }

  /** The place of the first run behind `seq`. */
  #placeOf(seq: Seq): number {
    let low = this.#head;
    let high = this.#runs.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#runs[middle]!.from < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lets go of the first run. Those that have gone are cleared away when they are the most. */
  #shift(): void {
    this.#runs[this.#head++] = undefined;
    if (this.#head === this.#runs.length) this.#runs.length = this.#head = 0;
    else if (this.#head >= GONE_MAX && 2 * this.#head > this.#runs.length) {
      this.#runs.splice(0, this.#head);
      this.#head = 0;
    }
  }

  /** The page that is being filled, or the next one if there is no room in it. */
  #pageFor(bytes: number, messages: number): Page {
    const page = this.#page;
    if (
      page !== undefined &&
      page.filled + bytes <= page.bytes.length &&
      2 * (page.messages + messages) <= page.bounds.length
    ) {
      return page;
    }
    const usual = bytes <= PAGE_BYTES && messages <= PAGE_MESSAGES;
    return (this.#page = (usual ? this.#spare.pop() : undefined) ?? {
      bytes: new Uint8Array(Math.max(PAGE_BYTES, bytes)),
      bounds: new Int32Array(2 * Math.max(PAGE_MESSAGES, messages)),
      filled: 0,
      messages: 0,
      held: 0,
    });
  }

  #release(page: Page, count: number): void {
    this.#size -= count;
    page.held -= count;
    if (page.held > 0) return;
    page.filled = 0;
    page.messages = 0;
    const usual = page.bytes.length === PAGE_BYTES && page.bounds.length === 2 * PAGE_MESSAGES;
    if (page !== this.#page && usual && this.#spare.length < SPARE_MAX) this.#spare.push(page);
  }
}

/** Whether a message that stands at `first` in its page is the next one of a run, there as in the feed. */
function goesOn(run: HeldRun, seq: Seq, page: Page, first: number, via: Via): boolean {
  if (run.until !== seq || run.page !== page || run.via !== via) return false;
  return run.first + run.until - run.from === first;
}
