import type { Nanos } from "./time.ts";

/** Steps within one doubling: a percentile is at most 1/128 above the true value. */
const STEPS = 128;

/** Room at first; where there are longer times, it grows. */
const BUCKETS_MIN = STEPS;

/** A time below this is a whole number that machines count fast. */
const FAST_MAX = 2 ** 31;

/** A histogram as plain data: what it counted, bucket by bucket in ascending order. */
export interface PlainHistogram {
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly buckets: readonly (readonly [bucket: number, samples: number, largest?: number])[];
}

/**
 * Times, counted in buckets that grow with the value (log-linear), so that memory stays flat
 * however long the run. Smallest, largest and count are exact; a percentile is the largest
 * sample of its bucket, so that it is exact where samples are equal.
 */
export class Histogram {
  /** By bucket: how many samples fell into it, and the largest of them. */
  #samples = new Float64Array(BUCKETS_MIN);
  #largest = new Float64Array(BUCKETS_MIN);
  #count = 0;
  #sum = 0;
  #min = Infinity;
  #max = -Infinity;

  /** The histogram that `toPlain` was called on. */
  static from({ sum, min, max, buckets }: PlainHistogram): Histogram {
    const histogram = new Histogram();
    for (const [bucket, samples, largest = Math.min(max, upperEdge(bucket))] of buckets) {
      histogram.#reach(bucket);
      histogram.#samples[bucket] = samples;
      histogram.#largest[bucket] = largest;
    }
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
    this.#put(bucketOf(value), 1, value);
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  /** Records how far `now` is beyond each of times[from, until), 0 where it is not. */
  recordSince(times: Float64Array, from: number, until: number, now: Nanos): void {
    let sum = this.#sum;
    let min = this.#min;
    let max = this.#max;
    // Neighbours mostly fall into one bucket, which is written when the next one is another.
    let bucket = 0;
    let samples = 0;
    let largest = 0;
    for (let i = from; i < until; i++) {
      const time = times[i]!;
      const value = now > time ? now - time : 0;
      const own = bucketOf(value);
      if (own !== bucket) {
        this.#put(bucket, samples, largest);
        bucket = own;
        samples = 0;
        largest = value;
      }
      samples++;
      if (value > largest) largest = value;
      sum += value;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    this.#put(bucket, samples, largest);
    this.#count += until - from;
    this.#sum = sum;
    this.#min = min;
    this.#max = max;
  }

  /** So many samples more in a bucket, and the largest of them. */
  #put(bucket: number, samples: number, largest: number): void {
    if (samples === 0) return;
    this.#reach(bucket);
    const before = this.#samples[bucket]!;
    this.#samples[bucket] = before + samples;
    if (before === 0 || largest > this.#largest[bucket]!) this.#largest[bucket] = largest;
  }

  /** Counts what another one has counted. */
  add(other: Histogram): void {
    this.#reach(other.#samples.length - 1);
    for (let bucket = 0; bucket < other.#samples.length; bucket++) {
      const samples = other.#samples[bucket]!;
      if (samples === 0) continue;
      const largest = other.#largest[bucket]!;
      const known = this.#samples[bucket] === 0 ? largest : this.#largest[bucket]!;
      this.#largest[bucket] = Math.max(known, largest);
      this.#samples[bucket]! += samples;
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  toPlain(): PlainHistogram {
    const buckets: [bucket: number, samples: number, largest: number][] = [];
    for (const [bucket, samples] of this.#samples.entries()) {
      if (samples > 0) buckets.push([bucket, samples, this.#largest[bucket]!]);
    }
    return { sum: this.#sum, min: this.#min, max: this.#max, buckets };
  }

  /** The value that `share` (0 to 1) of the samples do not exceed. NaN without samples. */
  percentile(share: number): Nanos {
    if (this.#count === 0) return NaN;
    let left = Math.max(1, Math.ceil(share * this.#count));
    for (let bucket = 0; bucket < this.#samples.length; bucket++) {
      left -= this.#samples[bucket]!;
      if (left <= 0) return this.#largest[bucket]!;
    }
    return this.#max;
  }

  /** Makes room for a bucket. */
  #reach(bucket: number): void {
    if (bucket < this.#samples.length) return;
    const length = Math.max(bucket + 1, 2 * this.#samples.length);
    const [samples, largest] = [this.#samples, this.#largest];
    this.#samples = new Float64Array(length);
    this.#largest = new Float64Array(length);
    this.#samples.set(samples);
    this.#largest.set(largest);
  }

  /**
   * How many samples are at most as large as each of `bounds`, which ascend, and larger than the one
   * before; the last number is of those that are larger than all. As exact as a percentile is.
   */
  countsUpTo(bounds: readonly Nanos[]): number[] {
    const counts = bounds.concat(0).fill(0);
    let at = 0;
    for (let bucket = 0; bucket < this.#samples.length; bucket++) {
      const samples = this.#samples[bucket]!;
      if (samples === 0) continue;
      while (at < bounds.length && this.#largest[bucket]! > bounds[at]!) at++;
      counts[at]! += samples;
    }
    return counts;
  }
}

function bucketOf(value: number): number {
  if (value < STEPS) return Math.max(0, Math.floor(value));
  if (value < FAST_MAX) {
    const whole = Math.floor(value);
    const shift = 24 - Math.clz32(whole);
    return STEPS * shift + (whole >>> shift);
  }
  const doublings = Math.floor(Math.log2(value / STEPS));
  return STEPS * (doublings + 1) + Math.floor(value / 2 ** doublings) - STEPS;
}

function upperEdge(bucket: number): number {
  if (bucket < STEPS) return bucket;
  const doublings = Math.floor(bucket / STEPS) - 1;
  return ((bucket % STEPS) + STEPS + 1) * 2 ** doublings - 1;
}
