/** The arbiter the obvious way: what is known of each number stands in a set of its own. */
import * as fc from "fast-check";
import type { Seq, SeqRange } from "../../modules/core/seq.ts";
import type { Nanos } from "../../modules/core/time.ts";

/** Everything that an arbiter without limits should say, from sets alone. */
export class ArbiterModel {
  readonly start: Seq;
  high: Seq;
  readonly #came = new Set<Seq>();
  readonly #lost = new Set<Seq>();
  /** Since when it is known that a number has not come. */
  readonly #missedAt = new Map<Seq, Nanos>();

  constructor(start: Seq) {
    this.start = start;
    this.high = start;
  }

  onPacket(from: Seq, until: Seq, now: Nanos): void {
    for (let seq = this.high; seq < from; seq++) this.#missedAt.set(seq, now);
    this.high = Math.max(this.high, until);
    for (let seq = from; seq < until; seq++) this.onRecovered(seq);
  }

  onRecovered(seq: Seq): void {
    if (seq >= this.start && !this.#lost.has(seq)) this.#came.add(seq);
  }

  abandon(from: Seq, until: Seq): void {
    for (const seq of this.missing) if (seq >= from && seq < until) this.#lost.add(seq);
  }

  get missing(): Seq[] {
    return this.#all.filter((seq) => !this.#came.has(seq) && !this.#lost.has(seq));
  }

  /** Missing for so long that it must have been called a gap. */
  overdue(timeout: Nanos, now: Nanos): Seq[] {
    return this.missing.filter((seq) => this.#missedAt.get(seq)! + timeout <= now);
  }

  missedAt(seq: Seq): Nanos {
    return this.#missedAt.get(seq)!;
  }

  get lost(): Seq[] {
    return this.#all.filter((seq) => this.#lost.has(seq));
  }

  /** Sorted, without duplicates, up to the first that is missing. */
  get delivered(): Seq[] {
    const end = this.missing[0] ?? this.high;
    return this.#all.filter((seq) => seq < end && this.#came.has(seq));
  }

  get #all(): Seq[] {
    return numbers([{ from: this.start, until: this.high }]);
  }
}

/** The numbers of all ranges, one by one. */
export function numbers(ranges: Iterable<SeqRange>): Seq[] {
  return [...ranges].flatMap(({ from, until }) =>
    Array.from({ length: until - from }, (_, i) => from + i),
  );
}

/** A packet that arrives, and what happens after it. */
export interface Arrival {
  readonly line: number;
  readonly seq: Seq;
  readonly count: number;
  readonly after: Action;
}

/** `pick` chooses, of what is missing then, by its share of the whole. */
export type Action =
  | { readonly act: "none" }
  | { readonly act: "wait"; readonly ns: Nanos }
  | { readonly act: "recover" | "abandon"; readonly pick: number; readonly count: number };

const share = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

const action: fc.Arbitrary<Action> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({ act: "none" as const }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant("wait" as const), ns: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom("recover", "abandon"),
      pick: share,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

/**
 * What arrives on some lines that publish the same packets. Each line delays, repeats and, unless
 * `whole`, loses packets as it likes; with `whole` every packet comes at least once.
 */
export function arrivals(lines: number, whole: boolean): fc.Arbitrary<Arrival[]> {
  const copy = fc.record({ line: fc.nat(lines - 1), delay: fc.nat(6), after: action });
  const packet = fc.record({
    count: fc.integer({ min: 1, max: 3 }),
    copies: fc.array(copy, { minLength: whole ? 1 : 0, maxLength: lines + 1 }),
  });
  return fc.array(packet, { maxLength: 25 }).map((packets) => {
    let seq = 1;
    return packets
      .flatMap(({ count, copies }, i) => {
        const from = seq;
        seq += count;
        return copies.map(({ line, delay, after }) => ({
          due: i + delay,
          arrival: { line, seq: from, count, after },
        }));
      })
      .toSorted((a, b) => a.due - b.due)
      .map(({ arrival }) => arrival);
  });
}
