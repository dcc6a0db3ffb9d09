import type { PacketView } from "../codecs/codec.ts";
import type { Seq } from "../core/seq.ts";

/** Packets in a row that bring again what a line has had: its numbers began again, wherever. */
export const AGAIN_MIN = 3;

/** So far behind the line's numbers no packet is merely late. */
export const LATE_MAX = 1000;

/**
 * Holds the reset of one line whose numbers lie behind what the line has shown, until its next data
 * tells whether they did begin again. A reset that is only late is followed by data that goes on.
 */
export class ResetWatch {
  /** The lowest number of the line in its session, and one past the highest. */
  #low: Seq = Infinity;
  #high: Seq = 0;
  #pending: Seq | undefined;
  /** Packets in a row that came again since the reset, and where the last of them ended. */
  #again = 0;
  #next: Seq = 0;

  /** The number that is held to begin a session; undefined when none is. */
  get pending(): Seq | undefined {
    return this.#pending;
  }

  /** A reset that may be late. It is sent several times: copies change nothing. */
  hold(seq: Seq): void {
    if (this.#pending === seq) return;
    this.#pending = seq;
    this.#next = seq;
    this.#again = 0;
  }

  /** The line is in another session now: nothing is known of its numbers. */
  forget(): void {
    this.#low = Infinity;
    this.#high = 0;
    this.#pending = undefined;
  }

  /** A packet of the session that the line is in; true when it shows that numbers began again. */
  onPacket({ kind, seq, count, repair }: PacketView): boolean {
    // Neither a heartbeat nor what is sent again says that something new has come.
    if (kind !== "data" || count === 0 || repair) return false;
    const until = seq + count;
    const began = this.#pending !== undefined && this.#beganWith(this.#pending, seq, until);
    if (!began) {
      this.#low = Math.min(this.#low, seq);
      this.#high = Math.max(this.#high, until);
    }
    return began;
  }

  #beganWith(first: Seq, seq: Seq, until: Seq): boolean {
    if (until > this.#high) {
      this.#pending = undefined;
      return false;
    }
    if (seq < this.#next) return false;
    this.#next = until;
    this.#again++;
    // What the line never brought may be as late as the reset itself.
    const known = first >= this.#low || this.#high - first > LATE_MAX;
    return (seq === first && known) || this.#again >= AGAIN_MIN;
  }
}
