import { RangeSet } from "../core/ranges.ts";
import type { Seq } from "../core/seq.ts";

/** Holes of one line that are remembered. Older ones cannot be mended any more: they stay lost. */
export const HOLES_MAX = 1024;

/**
 * What one line has not brought, from its own numbers alone: no other line and no publisher is asked.
 * It begins with the first packet that any line of the feed has shown, for what came before was never
 * this listener's to hear. Numbers are the feed's, which count on from session to session.
 */
export class LineLoss {
  #holes = new RangeSet();
  #holesMax: number;
  #forgotten = 0;
  /** One past the last number that the line is known to have come to; undefined before it begins. */
  #next: Seq | undefined;

  constructor(holesMax: number = HOLES_MAX) {
    this.#holesMax = holesMax;
  }

  /** Messages that the line should have brought by now, and has not. */
  get lost(): number {
    return this.#holes.size + this.#forgotten;
  }

  /** The feed was first heard of at this number, by whichever line. Only the first call counts. */
  begin(seq: Seq): void {
    this.#next ??= seq;
  }

  /** A packet of the line: messages [seq, seq + count), or with none, that `seq` is next. */
  onPacket(seq: Seq, count: number): void {
    this.begin(seq);
    const next = this.#next!;
    const until = seq + count;
    if (seq < next) this.#holes.remove(seq, until);
    else if (seq > next) this.#miss(next, seq);
    if (until > next) this.#next = until;
  }

  #miss(from: Seq, until: Seq): void {
    this.#holes.add(from, until);
    while (this.#holes.count > this.#holesMax) {
      const oldest = this.#holes.first!;
      this.#forgotten += oldest.until - oldest.from;
      this.#holes.remove(oldest.from, oldest.until);
    }
  }
}
