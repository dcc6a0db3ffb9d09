import type { PacketView } from "../codecs/codec.ts";
import { copyBytes } from "../core/bytes.ts";
import type { Seq } from "../core/seq.ts";

/** How a message came to be delivered. */
export type Via = "line" | "recovery";

/** Messages are copied into pages, of which one is filled at a time: so many bytes, */
const PAGE_BYTES = 256 * 1024;

/** and so many messages. */
const PAGE_MESSAGES = 16 * 1024;

/** Empty pages that are kept for what comes next; more are let go. */
const SPARE_MAX = 16;

interface Page {
  readonly bytes: Uint8Array;
  /** Message i of the page spans bounds[2i] .. bounds[2i + 1]. */
  readonly bounds: Int32Array;
  filled: number;
  messages: number;
  /** Messages in it that are still held. */
  held: number;
}

/** Neighbours that are held together: what is left of a packet, or one message. */
export interface HeldRun {
  readonly page: Page;
  readonly via: Via;
  /** Which message of the page comes first, */
  first: number;
  /** and how many there are. */
  count: number;
}

/**
 * Messages that came before their turn, in copies of their own. A packet is copied in one piece and is
 * one thing to remember, not each of its messages: behind a gap, everything that comes is held for a
 * moment.
 */
export class HeldMessages {
  #size = 0;
  /** By the number of their first message. No number is in two of them. */
  #runs = new Map<Seq, HeldRun>();
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
    const run = this.#runs.get(seq);
    if (run === undefined) return undefined;
    this.#runs.delete(seq);
    this.#release(run.page, run.count);
    return run;
  }

  /** Lets go of a message that nothing held stands before. */
  forgetFirst(seq: Seq): void {
    const run = this.#runs.get(seq);
    if (run !== undefined) this.#cut(seq, run, 1);
  }

  /** Lets go of everything before `seq`. */
  forget(seq: Seq): void {
    for (const [from, run] of this.#runs) {
      // What is left of a run comes by once more, behind `seq`.
      if (from < seq) this.#cut(from, run, Math.min(run.count, seq - from));
    }
  }

  /** Lets go of everything. */
  clear(): void {
    this.forget(Infinity);
  }

  #hold(seq: Seq, page: Page, count: number, via: Via): void {
    this.#runs.set(seq, { page, via, first: page.messages, count });
    page.messages += count;
    page.held += count;
    this.#size += count;
  }

  /** Lets go of the first messages of a run. */
  #cut(from: Seq, run: HeldRun, gone: number): void {
    this.#runs.delete(from);
    run.first += gone;
    run.count -= gone;
    if (run.count > 0) this.#runs.set(from + gone, run);
    this.#release(run.page, gone);
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
