import type { Sender } from "../worlds/world.ts";

/** Packets on their way to a sender: gathered while a moment lasts, then handed over in one batch. */
export class Outbox {
  #sender: Sender;
  #slab = new Uint8Array(64 * 1024);
  #ends = new Int32Array(64);
  #count = 0;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  push(bytes: Uint8Array): void {
    const used = this.#used;
    if (used + bytes.length > this.#slab.length) this.#grow(used + bytes.length);
    if (this.#count === this.#ends.length) {
      const ends = new Int32Array(2 * this.#count);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    this.#slab.set(bytes, used);
    this.#ends[this.#count++] = used + bytes.length;
  }

  /** Hands over what the sender will take; false when some of it has to wait. */
  flush(): boolean {
    if (this.#count === 0) return true;
    const batch = { slab: this.#slab, ends: this.#ends, count: this.#count };
    const taken = this.#sender.send(batch);
    if (taken === this.#count) {
      this.#count = 0;
      return true;
    }
    const gone = taken === 0 ? 0 : this.#ends[taken - 1]!;
    this.#slab.copyWithin(0, gone, this.#used);
    for (let i = taken; i < this.#count; i++) this.#ends[i - taken] = this.#ends[i]! - gone;
    this.#count -= taken;
    return false;
  }

  get #used(): number {
    return this.#count === 0 ? 0 : this.#ends[this.#count - 1]!;
  }

  #grow(needed: number): void {
    const slab = new Uint8Array(Math.max(needed, 2 * this.#slab.length));
    slab.set(this.#slab);
    this.#slab = slab;
  }
}
