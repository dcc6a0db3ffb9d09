import type { FeedEvent } from "../core/events.ts";
import type { Seq } from "../core/seq.ts";
import { type Nanos, SECOND } from "../core/time.ts";
import type { Buckets } from "../reports/prometheus.ts";

/** Seconds: from what a machine beside us needs to what a client gives up after. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Gaps that are remembered; what fills older ones is not timed. */
const GAPS_MAX = 1024;

interface OpenGap {
  readonly from: Seq;
  readonly until: Seq;
  readonly atNs: Nanos;
  /** Messages of it that are still missing. */
  left: number;
}

/** How long after the gap recovery brought what was missing: each part that came at once counts once. */
export class RecoveryTimes {
  #gaps: OpenGap[] = [];
  #counts: number[] = Array.from({ length: BOUNDS.length + 1 }, () => 0);
  #sum = 0;

  /** What was counted so far. */
  get buckets(): Buckets {
    return { bounds: BOUNDS, counts: this.#counts, sum: this.#sum };
  }

  /** Told of everything that happens at the listener. */
  observe(event: FeedEvent): void {
    if (event.event === "gap") {
      const { from, until, atNs } = event;
      this.#gaps.push({ from, until, atNs, left: until - from });
      if (this.#gaps.length > GAPS_MAX) this.#gaps.shift();
    } else if (event.event === "filled" || event.event === "lost") {
      const gap = this.#gaps.find(({ from, until }) => from <= event.from && event.from < until);
      if (gap === undefined) return;
      gap.left -= event.until - event.from;
      if (gap.left <= 0) this.#gaps.splice(this.#gaps.indexOf(gap), 1);
      if (event.event === "filled" && event.via === "recovery") {
        this.#record((event.atNs - gap.atNs) / SECOND);
      }
    }
  }

  #record(seconds: number): void {
    const at = BOUNDS.findIndex((bound) => seconds <= bound);
    this.#counts[at < 0 ? BOUNDS.length : at]!++;
    this.#sum += seconds;
  }
}
