/** Memory that a store is written to by one thread and read from by others. */
import type { Seq } from "../core/seq.ts";

/** Every page of shared memory has this size: a message and what goes with it must fit in. */
export const PAGE_BYTES: number = 128 * 1024;

/** Pages of one store; more would be more than 4 GiB, which no arena can have. */
export const PAGES_MAX = 32_767;

/** What threads hand to each other: plain data. */
export interface SharedMemory {
  readonly retainMax: number;
  readonly header: SharedArrayBuffer;
  /** As in `Pages`. */
  readonly starts: SharedArrayBuffer;
  readonly indexes: SharedArrayBuffer;
  /** Grows page by page; what is in it never moves. */
  readonly arena: SharedArrayBuffer;
}

/** Memory for a store that retains so many messages. The system gives what is used, when it is. */
export function createSharedMemory(first: Seq, retainMax: number): SharedMemory {
  const memory = {
    retainMax,
    header: new SharedArrayBuffer(HEADER_BYTES),
    starts: new SharedArrayBuffer(PAGES_MAX * Float64Array.BYTES_PER_ELEMENT),
    indexes: new SharedArrayBuffer(PAGES_MAX * Int32Array.BYTES_PER_ELEMENT),
    arena: new SharedArrayBuffer(0, { maxByteLength: PAGES_MAX * PAGE_BYTES }),
  };
  new Header(memory).write(first, first, 0, 0);
  return memory;
}

const HEADER_BYTES = 64;

/** The word of the header that says its version; the numbers begin behind it. */
const VERSION = 0;

/**
 * What the writer has shown: [oldest, next) can be read, and lies in the pages with the ordinals [from,
 * until). One version is written while the word before it is odd, so that a reader has all of it or knows
 * that it has not.
 */
export class Header {
  oldest: Seq = 0;
  next: Seq = 0;
  from = 0;
  until = 0;
  #words: Int32Array;
  #numbers: Float64Array;
  /** Nobody else's: what is stored here keeps loads before it from being made later. */
  #fence = new Int32Array(new SharedArrayBuffer(4));

  constructor({ header }: Pick<SharedMemory, "header">) {
    this.#words = new Int32Array(header, 0, 1);
    this.#numbers = new Float64Array(header, 8);
  }

  /** Whether a page is in use still, after everything that this thread has read before. */
  isInUse(ordinal: number): boolean {
    Atomics.store(this.#fence, 0, 0);
    return this.read().from <= ordinal;
  }

  /** Shows what was written before; for the one writer. */
  write(oldest: Seq, next: Seq, from: number, until: number): void {
    const words = this.#words;
    const numbers = this.#numbers;
    const version = words[VERSION]! + 1;
    Atomics.store(words, VERSION, version);
    // A store lets later ones pass it on some machines; a load after it does not.
    Atomics.load(words, VERSION);
    numbers[0] = this.oldest = oldest;
    numbers[1] = this.next = next;
    numbers[2] = this.from = from;
    numbers[3] = this.until = until;
    Atomics.store(words, VERSION, version + 1);
    // Nor may what is overwritten from now on pass it.
    Atomics.load(words, VERSION);
  }

  /** Reads what was shown last. */
  read(): this {
    const words = this.#words;
    const numbers = this.#numbers;
    for (;;) {
      const version = Atomics.load(words, VERSION);
      this.oldest = numbers[0]!;
      this.next = numbers[1]!;
      this.from = numbers[2]!;
      this.until = numbers[3]!;
      Atomics.store(this.#fence, 0, 0);
      if (version % 2 === 0 && Atomics.load(words, VERSION) === version) return this;
    }
  }
}
