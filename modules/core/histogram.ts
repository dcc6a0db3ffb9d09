import type { Nanos } from "./time.ts";

/** Steps within one doubling: a percentile is at most 1/128 above the true value. */
const STEPS = 128;

/** A histogram as plain data: what it counted, bucket by bucket in ascending order. */
export interface PlainHistogram {
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly buckets: readonly (readonly [bucket: number, samples: number, largest?: number])[];
}

/** The samples that fell into one bucket. */
interface Bucket {
  samples: number;
  largest: Nanos;
}

/**
 * Times, counted in buckets that grow with the value (log-linear), so that memory stays flat
 * however long the run. Smallest, largest and count are exact; a percentile is the largest
 * sample of its bucket, so that it is exact where samples are equal.
 */
export class Histogram {
  #buckets = new Map<number, Bucket>();
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** The histogram that `toPlain` was called on. */
  static from({ sum, min, max, buckets }: PlainHistogram): Histogram {
    const histogram = new Histogram();
    histogram.#buckets = new Map(
      buckets.map(([bucket, samples, largest = Math.min(max, upperEdge(bucket))]) => [
        bucket,
        { samples, largest },
      ]),
    );
    histogram.#count = buckets.reduce((count, [, samples]) => count + samples, 0);
    histogram.#sum = sum;
    histogram.#min = min;
    histogram.#max = max;
    return histogram;
  }

  get count(): number {
    return this.#count;
  }

  get min(): Nanos {
    return this.#min;
  }

  get max(): Nanos {
    return this.#max;
  }

  get mean(): Nanos {
    return this.#sum / this.#count;
  }

  record(value: Nanos): void {
    const key = bucketOf(value);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) this.#buckets.set(key, { samples: 1, largest: value });
    else {
      bucket.samples++;
      bucket.largest = Math.max(bucket.largest, value);
    }
    this.#count++;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
  }

  toPlain(): PlainHistogram {
    const buckets = this.#sorted().map(
      ([bucket, { samples, largest }]) => [bucket, samples, largest] as const,
    );
    return { sum: this.#sum, min: this.#min, max: this.#max, buckets };
  }

  /** The value that `share` (0 to 1) of the samples do not exceed. NaN without samples. */
  percentile(share: number): Nanos {
    if (this.#count === 0) return NaN;
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (const [, { samples, largest }] of this.#sorted()) {
      left -= samples;
      if (left <= 0) return largest;
    }
    return this.#max;
  }

  /**
   * How many samples are at most as large as each of `bounds`, which ascend, and larger than the one
   * before; the last number is of those that are larger than all. As exact as a percentile is.
   */
  countsUpTo(bounds: readonly Nanos[]): number[] {
    const counts = bounds.concat(0).fill(0);
    let at = 0;
    for (const [, { samples, largest }] of this.#sorted()) {
      while (at < bounds.length && largest > bounds[at]!) at++;
      counts[at]! += samples;
    }
    return counts;
  }

  /** The buckets in the order of their values. */
  #sorted(): [number, Bucket][] {
    return [...this.#buckets].toSorted(([a], [b]) => a - b);
  }
}

function bucketOf(value: number): number {
  if (value < STEPS) return Math.max(0, Math.floor(value));
  const doublings = Math.floor(Math.log2(value / STEPS));
  return STEPS * (doublings + 1) + Math.floor(value / 2 ** doublings) - STEPS;
}

function upperEdge(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const doublings = Math.floor(bucket / STEPS) - 1;
  return ((bucket % STEPS) + STEPS + 1) * 2 ** doublings - 1;
}
