import TinyQueue from "tinyqueue";
import type { Nanos } from "./time.ts";

interface Entry<T> {
  readonly at: Nanos;
  readonly ordinal: number;
  readonly value: T;
}

/** Things ordered by time; what falls on the same instant leaves in the order it was added. */
export class TimeHeap<T> {
  #ordinal = 0;
  #queue = new TinyQueue<Entry<T>>([], (a, b) => a.at - b.at || a.ordinal - b.ordinal);

  get size(): number {
    return this.#queue.length;
  }

  /** When the first thing is due, or undefined when there is none. */
  get due(): Nanos | undefined {
    return this.#queue.peek()?.at;
  }

  push(at: Nanos, value: T): void {
    this.#queue.push({ at, ordinal: this.#ordinal++, value });
  }

  pop(): T | undefined {
    return this.#queue.pop()?.value;
  }
}
