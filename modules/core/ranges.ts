import type { Seq, SeqRange } from "./seq.ts";

/**
 * The position of the first of some sorted, disjoint ranges that ends after `seq`: the one it is
 * in, or the next.
 */
export function positionOf(ranges: readonly SeqRange[], seq: Seq): number {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ranges[middle]!.until > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * A set of sequence numbers, kept as sorted, disjoint, never touching half-open ranges: a million
 * neighbours cost as much as one.
 */
export class RangeSet implements Iterable<SeqRange> {
  #ranges: SeqRange[] = [];
  #size = 0;

  static of(ranges: Iterable<SeqRange>): RangeSet {
    const set = new RangeSet();
    for (const { from, until } of ranges) set.add(from, until);
    return set;
  }

  /** How many numbers are in the set. */
  get size(): number {
    return this.#size;
  }

  /** How many ranges it takes to say so. */
  get count(): number {
    return this.#ranges.length;
  }

  get first(): SeqRange | undefined {
    return this.#ranges[0];
  }

  get last(): SeqRange | undefined {
    return this.#ranges.at(-1);
  }

  [Symbol.iterator](): IterableIterator<SeqRange> {
    return this.#ranges[Symbol.iterator]();
  }

  has(seq: Seq): boolean {
    const range = this.#ranges[positionOf(this.#ranges, seq)];
    return range !== undefined && range.from <= seq;
  }

  /** The range that a number of the set is in. */
  rangeAt(seq: Seq): SeqRange | undefined {
    const range = this.#ranges[positionOf(this.#ranges, seq)];
    return range !== undefined && range.from <= seq ? range : undefined;
  }

  add(from: Seq, until: Seq): void {
    if (from >= until) return;
    // Nearly always a number comes after all others.
    const last = this.#ranges.at(-1);
    if (last === undefined || from > last.until) {
      this.#ranges.push({ from, until });
      this.#size += until - from;
      return;
    }
    if (from === last.until) {
      this.#ranges[this.#ranges.length - 1] = { from: last.from, until };
      this.#size += until - from;
      return;
    }
    // Ranges that overlap or touch [from, until) melt into it.
    const start = positionOf(this.#ranges, from - 1);
    let end = start;
    let low = from;
    let high = until;
    for (let r = this.#ranges[end]; r !== undefined && r.from <= until; r = this.#ranges[++end]) {
      low = Math.min(low, r.from);
      high = Math.max(high, r.until);
      this.#size -= r.until - r.from;
    }
    this.#ranges.splice(start, end - start, { from: low, until: high });
    this.#size += high - low;
  }

  remove(from: Seq, until: Seq): void {
    if (from >= until) return;
    const start = positionOf(this.#ranges, from);
    const kept: SeqRange[] = [];
    let end = start;
    for (let r = this.#ranges[end]; r !== undefined && r.from < until; r = this.#ranges[++end]) {
      if (r.from < from) kept.push({ from: r.from, until: from });
      if (r.until > until) kept.push({ from: until, until: r.until });
      this.#size -= r.until - r.from;
    }
    for (const r of kept) this.#size += r.until - r.from;
    this.#ranges.splice(start, end - start, ...kept);
  }

  /** The parts of [from, until) that are in the set, in order. */
  within(from: Seq, until: Seq): SeqRange[] {
    if (from >= until) return [];
    const parts: SeqRange[] = [];
    let at = positionOf(this.#ranges, from);
    for (let r = this.#ranges[at]; r !== undefined && r.from < until; r = this.#ranges[++at]) {
      parts.push({ from: Math.max(from, r.from), until: Math.min(until, r.until) });
    }
    return parts;
  }

  /** Whether any number of [from, until) is in the set. */
  overlaps(from: Seq, until: Seq): boolean {
    const range = this.#ranges[positionOf(this.#ranges, from)];
    return from < until && range !== undefined && range.from < until;
  }
}
