import type { Seq } from "../core/seq.ts";

/** What is kept between two turns; more is let go of. */
const KEPT_BYTES_MAX = 256 * 1024;

/** Is shown a message. The bytes are lent. */
export type OnRecovered = (seq: Seq, bytes: Uint8Array, start: number, end: number) => void;

/**
 * Messages that a server has sent again, until somebody takes them: copies, back to back, so that each
 * of them costs no object.
 */
export class Recovered {
  #bytes = new Uint8Array(4096);
  #seqs: Seq[] = [];
  #ends: number[] = [];
  #length = 0;

  get empty(): boolean {
    return this.#seqs.length === 0;
  }

  /** Keeps a copy of bytes[start, end). */
  add(seq: Seq, bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 * length);
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
    this.#seqs.push(seq);
    this.#ends.push(length);
  }

  /** Hands over all of them, in the order in which they came, and forgets them. */
  take(visit: OnRecovered): void {
    for (let i = 0; i < this.#seqs.length; i++) {
      visit(this.#seqs[i]!, this.#bytes, i === 0 ? 0 : this.#ends[i - 1]!, this.#ends[i]!);
    }
    this.#seqs.length = 0;
    this.#ends.length = 0;
    this.#length = 0;
    if (this.#bytes.length > KEPT_BYTES_MAX) this.#bytes = new Uint8Array(KEPT_BYTES_MAX);
  }
}
