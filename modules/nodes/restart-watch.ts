import type { Seq, SeqRange } from "../core/seq.ts";

/** Packets in a row behind what the line has shown before it is told. A burst of copies is shorter. */
export const BEHIND_MIN = 10;

/**
 * Sees when the numbers of a line begin again. Without a session nothing tells a feed that was
 * restarted from late packets, and following it would mean to believe a late packet; but a person
 * should know why nothing is delivered any more.
 */
export class RestartWatch {
  /** One past the highest number of the line. */
  #high: Seq = 0;
  #from: Seq = 0;
  #until: Seq = 0;
  #packets = 0;

  /** A packet of the line; what has come again so far, once, when that is enough to be told. */
  onPacket(seq: Seq, count: number): SeqRange | undefined {
    // A heartbeat says what comes next, again and again.
    if (count === 0) return undefined;
    const until = seq + count;
    if (until > this.#high) {
      this.#high = until;
      this.#packets = 0;
      return undefined;
    }
    if (this.#packets === 0 || seq < this.#until) {
      this.#from = seq;
      this.#packets = 0;
    }
    this.#until = until;
    this.#packets++;
    return this.#packets === BEHIND_MIN ? { from: this.#from, until } : undefined;
  }
}
