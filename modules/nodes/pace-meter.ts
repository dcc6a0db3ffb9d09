import { Histogram, type PlainHistogram } from "../core/histogram.ts";
import { type Nanos, SECOND } from "../core/time.ts";

/** What a meter has measured, as plain data. */
export interface PlainPace {
  readonly lateness: PlainHistogram;
  readonly messages: number;
  readonly firstDue: Nanos;
  readonly firstAt: Nanos;
  readonly latestAt: Nanos;
  readonly together: number;
}

/**
 * How well a stretch of a feed kept its schedule. What is due all at once, and leaves as fast as it is
 * taken, has a rate but is never late.
 */
export class PaceMeter {
  /** How late each message left, of those that were due at a time of their own. */
  readonly lateness: Histogram;
  messages = 0;
  #firstDue: Nanos = NaN;
  #firstAt: Nanos = NaN;
  #latestAt: Nanos = NaN;
  /** Messages that began the time with the first one. */
  #together = 0;

  constructor(lateness: Histogram = new Histogram()) {
    this.lateness = lateness;
  }

  /** Several meters as one, in the order of their messages. */
  static of(meters: readonly PaceMeter[]): PaceMeter {
    const all = new PaceMeter();
    for (const meter of meters) {
      if (meter.messages === 0) continue;
      if (all.messages === 0) {
        all.#firstDue = meter.#firstDue;
        all.#firstAt = meter.#firstAt;
      }
      if (meter.#firstDue === all.#firstDue) all.#together += meter.#together;
      all.messages += meter.messages;
      all.#latestAt = meter.#latestAt;
      all.lateness.add(meter.lateness);
    }
    return all;
  }

  /** The meter that `toPlain` was called on. */
  static from({ lateness, ...plain }: PlainPace): PaceMeter {
    const meter = new PaceMeter(Histogram.from(lateness));
    meter.messages = plain.messages;
    meter.#firstDue = plain.firstDue;
    meter.#firstAt = plain.firstAt;
    meter.#latestAt = plain.latestAt;
    meter.#together = plain.together;
    return meter;
  }

  toPlain(): PlainPace {
    return {
      lateness: this.lateness.toPlain(),
      messages: this.messages,
      firstDue: this.#firstDue,
      firstAt: this.#firstAt,
      latestAt: this.#latestAt,
      together: this.#together,
    };
  }

  /**
   * Messages that were due at dues[from, until), in this order, left together at `atNs`; `atOnce`: they
   * were due with all others of their phase.
   */
  record(dues: Float64Array, from: number, until: number, atNs: Nanos, atOnce = false): void {
    if (this.messages === 0) {
      this.#firstDue = dues[from]!;
      this.#firstAt = atNs;
    }
    this.messages += until - from;
    this.#latestAt = atNs;
    if (atOnce) {
      if (atNs === this.#firstAt) this.#together += until - from;
      return;
    }
    this.lateness.recordSince(dues, from, until, atNs);
    for (let i = from; i < until && dues[i] === this.#firstDue; i++) this.#together++;
  }

  /**
   * Messages a second, from the first to the latest. Those that were due with the first, or where all
   * are left with it, begin the time and do not count; NaN while there are no others.
   */
  get rate(): number {
    const messages = this.messages - this.#together;
    return messages === 0 ? NaN : (messages * SECOND) / (this.#latestAt - this.#firstAt);
  }
}
