import { invariant } from "../core/errors.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";

/** Messages that are retained; older ones make room. */
export const RETAIN_MAX = 1_000_000;

/** Keeps the newest messages in memory, in a ring. */
export class MemoryStore implements MessageStore {
  #messages: Uint8Array[] = [];
  #retainMax: number;
  #first: Seq;
  #next: Seq;

  constructor(first: Seq, retainMax: number = RETAIN_MAX) {
    this.#first = first;
    this.#next = first;
    this.#retainMax = retainMax;
  }

  get first(): Seq {
    return this.#first;
  }

  get next(): Seq {
    return this.#next;
  }

  append(seq: Seq, message: Uint8Array): void {
    invariant(seq === this.#next, `message ${seq} stored where ${this.#next} comes next`);
    this.#messages[seq % this.#retainMax] = message.slice();
    this.#next = seq + 1;
    this.#first = Math.max(this.#first, this.#next - this.#retainMax);
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const end = Math.min(until, this.#next);
    for (let seq = Math.max(from, this.#first); seq < end; seq++) {
      if (!visit(seq, this.#messages[seq % this.#retainMax]!)) return;
    }
  }
}
