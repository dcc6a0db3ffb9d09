/** How late messages left, as reports show it: how many by how much. */
import type { Histogram } from "../core/histogram.ts";
import { MICROSECOND, type Nanos, SECOND } from "../core/time.ts";
import { formatDuration, formatShare } from "../core/units.ts";

/** Where the buckets for people end: a tenfold each. */
const TENFOLD: readonly Nanos[] = [1, 10, 100, 1e3, 10e3, 100e3, 1e6].map((us) => us * MICROSECOND);

/** Where those for programs end: 1, 2, 5, 10, ... microseconds, up to ten seconds. */
const FINE: readonly Nanos[] = Array.from({ length: 22 }, (_, i) => {
  return Math.min(10 * SECOND, [1, 2, 5][i % 3]! * 10 ** Math.floor(i / 3) * MICROSECOND);
});

/** Digits of a share. */
const DIGITS = 2;

/** Samples up to a bound that are above the one before. */
export interface LatenessBucket {
  /** In nanoseconds; null: there is no bound. */
  readonly upTo: Nanos | null;
  readonly count: number;
}

/** The buckets that have any, in order. */
export function latenessBuckets(samples: Histogram): LatenessBucket[] {
  return samples
    .countsUpTo(FINE)
    .map((count, i) => ({ upTo: FINE[i] ?? null, count }))
    .filter(({ count }) => count > 0);
}

/** `61% up to 10us, 38% 100us, 1% 1ms`; undefined where all are the same, and nothing is to be told. */
export function latenessLine(samples: Histogram): string | undefined {
  if (samples.count === 0 || samples.min === samples.max) return undefined;
  const parts = samples.countsUpTo(TENFOLD).flatMap((count, i) => {
    if (count === 0) return [];
    const share = formatShare(Number((count / samples.count).toPrecision(DIGITS)));
    const bound = TENFOLD[i];
    return [`${share} ${bound === undefined ? "more" : formatDuration(bound)}`];
  });
  const [first = "", ...others] = parts;
  return [first.replace(" ", " up to "), ...others].join(", ");
}
