import { invariant } from "../core/errors.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";

/** Messages that are retained; older ones make room. */
export const RETAIN_MAX = 1_000_000;

/** Messages that lie together in one buffer: an object for each would cost more than what it holds. */
const BLOCK_MESSAGES = 4096;

/** What a message is thought to take until one is seen. */
const MESSAGE_BYTES = 16;

/** Keeps the newest messages in memory. */
export class MemoryStore implements MessageStore {
  /** By number of block, counted from the first message. */
  #blocks = new Map<number, Block>();
  /** The latest that fell out whole; the next one writes over it. */
  #spare: Block | undefined;
  #retainMax: number;
  #base: Seq;
  #first: Seq;
  #next: Seq;

  constructor(first: Seq, retainMax: number = RETAIN_MAX) {
    this.#base = first;
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
    const index = this.#blockOf(seq);
    let block = this.#blocks.get(index);
    if (block === undefined) {
      block = this.#spare ?? new Block();
      this.#spare = undefined;
      block.clear();
      this.#blocks.set(index, block);
    }
    block.append(message);
    this.#next = seq + 1;
    if (this.#next - this.#first <= this.#retainMax) return;
    const old = this.#blockOf(this.#first++);
    if (old === this.#blockOf(this.#first)) return;
    this.#spare = this.#blocks.get(old);
    this.#blocks.delete(old);
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const end = Math.min(until, this.#next);
    for (let seq = Math.max(from, this.#first); seq < end; seq++) {
      const block = this.#blocks.get(this.#blockOf(seq))!;
      if (!visit(seq, block.at((seq - this.#base) % BLOCK_MESSAGES))) return;
    }
  }

  #blockOf(seq: Seq): number {
    return Math.floor((seq - this.#base) / BLOCK_MESSAGES);
  }
}

/** Messages back to back: message i spans ends[i - 1] .. ends[i]. */
class Block {
  #bytes = new Uint8Array(BLOCK_MESSAGES * MESSAGE_BYTES);
  #ends = new Int32Array(BLOCK_MESSAGES);
  #count = 0;

  clear(): void {
    this.#count = 0;
  }

  append(message: Uint8Array): void {
    const start = this.#startOf(this.#count);
    const end = start + message.length;
    if (end > this.#bytes.length) this.#grow(end);
    this.#bytes.set(message, start);
    this.#ends[this.#count++] = end;
  }

  at(index: number): Uint8Array {
    return this.#bytes.subarray(this.#startOf(index), this.#ends[index]);
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1]!;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }
}
