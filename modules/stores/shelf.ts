import type { Seq, SeqRange } from "../core/seq.ts";
import type { MessageReader } from "../core/store.ts";

/** What one of several servers has of a store that they share: the newest, unless it lost them. */
export class Shelf implements MessageReader {
  #store: MessageReader;
  #retainMax: number;
  #floor: Seq = 0;

  constructor(store: MessageReader, retainMax = Infinity) {
    this.#store = store;
    this.#retainMax = retainMax;
  }

  get first(): Seq {
    const { first, next } = this.#store;
    return Math.max(first, this.#floor, next - this.#retainMax);
  }

  get next(): Seq {
    return this.#store.next;
  }

  /** From now on it has only what is stored later. */
  empty(): void {
    this.#floor = this.#store.next;
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    this.#store.read({ from: Math.max(from, this.first), until }, visit);
  }
}
