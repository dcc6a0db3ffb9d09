import { Histogram } from "../core/histogram.ts";
import { type Nanos, SECOND } from "../core/time.ts";

/** How well a stretch of a feed kept its schedule. */
export class PaceMeter {
  /** How late each message left. */
  readonly lateness = new Histogram();
  #firstDue: Nanos = NaN;
  #firstAt: Nanos = NaN;
  #latestAt: Nanos = NaN;
  /** Messages that were due with the first one. */
  #together = 0;

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
      all.#latestAt = meter.#latestAt;
      all.lateness.add(meter.lateness);
    }
    return all;
  }

  /** A message that was due at `dueNs` left at `atNs`. */
  record(dueNs: Nanos, atNs: Nanos): void {
    const { lateness } = this;
    lateness.record(atNs > dueNs ? atNs - dueNs : 0);
    if (lateness.count === 1) {
      this.#firstDue = dueNs;
      this.#firstAt = atNs;
    }
    if (dueNs === this.#firstDue) this.#together++;
    this.#latestAt = atNs;
  }

  get messages(): number {
    return this.lateness.count;
  }

  /**
   * Messages a second, from the first to the latest. Those that were due with the first begin the
   * time and do not count; NaN while there are no others.
   */
  get rate(): number {
    const messages = this.messages - this.#together;
    return messages === 0 ? NaN : (messages * SECOND) / (this.#latestAt - this.#firstAt);
  }
}
