/** Streams of blocks that begin with their own size, as dialogues over TCP have them. */
import type { DecodeFault } from "../codec.ts";

/** What a stream is made of, and who is told. */
export interface SizedOptions {
  /** Reads the size, in bytes, this field included, from the first two bytes. */
  readonly sizeOf: (bytes: Uint8Array, at: number) => number;
  readonly min: number;
  readonly max: number;
  /** A whole block. Its bytes are lent. */
  block(bytes: Uint8Array): void;
  /** There can be no further block; `text` is for people. */
  fault(fault: DecodeFault, text: string): void;
}

/**
 * Cuts a stream into its blocks, whatever the chunks it arrives in. A size that cannot be is the end:
 * where the next block begins is then unknown.
 */
export class Sized {
  #options: SizedOptions;
  #held: Uint8Array;
  #length = 0;
  #over = false;

  constructor(options: SizedOptions) {
    this.#options = options;
    this.#held = new Uint8Array(options.max);
  }

  push(bytes: Uint8Array): void {
    const { sizeOf, min, max } = this.#options;
    for (let at = 0; at < bytes.length && !this.#over;) {
      const size = this.#length < 2 ? 2 : sizeOf(this.#held, 0);
      const end = Math.min(bytes.length, at + size - this.#length);
      this.#held.set(bytes.subarray(at, end), this.#length);
      this.#length += end - at;
      at = end;
      if (this.#length === 2) {
        const told = sizeOf(this.#held, 0);
        if (told < min || told > max) this.#end("bad-length", `a block of ${told} bytes`);
      } else if (this.#length > 2 && this.#length === size) {
        this.#length = 0;
        this.#options.block(this.#held.subarray(0, size));
      }
    }
  }

  /** The stream is over; a part of a block was cut off. */
  end(): void {
    if (this.#over || this.#length === 0) return;
    this.#end("truncated", `${this.#length} bytes of a block`);
  }

  /** Nothing after this is looked at. */
  stop(): void {
    this.#over = true;
  }

  #end(fault: DecodeFault, text: string): void {
    this.#over = true;
    this.#options.fault(fault, text);
  }
}
