import type { Batch } from "../../worlds/world.ts";

/** A packet that a rule let nothing of through, and how many had left the publisher before it. */
interface Dropped {
  readonly after: number;
  readonly bytes: Uint8Array;
  readonly comment: string;
}

/** Writes one packet, now. */
type Write = (bytes: Uint8Array, comment?: string) => void;

/**
 * The packets of one line, in the order in which they left their publisher. They are handed over in
 * batches, some time later; what was dropped is written where it would have been.
 */
export class RecordedLine {
  #write: Write;
  /** Packets that left the publisher, and those of them that the sender took. */
  #left = 0;
  #taken = 0;
  #dropped: Dropped[] = [];

  constructor(write: Write) {
    this.#write = write;
  }

  /** A packet is on its way to the sender. */
  left(): void {
    this.#left++;
  }

  /** Nothing of this one is. The bytes are lent. */
  dropped(bytes: Uint8Array, comment: string): void {
    if (this.#left <= this.#taken) this.#write(bytes, comment);
    else this.#dropped.push({ after: this.#left, bytes: bytes.slice(), comment });
  }

  /** The sender took the first `taken` of a batch. */
  taken({ slab, ends }: Batch, taken: number): void {
    let start = 0;
    for (let i = 0; i < taken; i++) {
      const end = ends[i]!;
      this.#write(slab.subarray(start, end));
      start = end;
      this.#taken++;
      if (this.#dropped.length > 0) this.#writeDropped(this.#taken);
    }
  }

  /** No sender will take anything any more. */
  close(): void {
    this.#writeDropped(Infinity);
  }

  #writeDropped(taken: number): void {
    const waiting = this.#dropped.findIndex(({ after }) => after > taken);
    const due = this.#dropped.splice(0, waiting < 0 ? this.#dropped.length : waiting);
    for (const { bytes, comment } of due) this.#write(bytes, comment);
  }
}
