/** The arbiter the obvious way: what is known of each number stands in a set of its own. */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Seq, SeqRange } from "../../modules/core/seq.ts";
import type { Nanos } from "../../modules/core/time.ts";
import type { ArbiterOptions } from "../../modules/protocol/arbiter.ts";
import { ArbiterBench } from "./arbiter-bench.ts";

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
  return fc.array(packet, { maxLength: 25, size: "max" }).map((packets) => {
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

/**
 * What arrives on lines that each put the same messages into packets of their own: what is one packet
 * on A is the end of one and the beginning of another on B. Each copy is lost, repeated or delayed.
 */
export function packings(lines: number): fc.Arbitrary<Arrival[]> {
  const copy = fc.record({ delay: fc.nat(12), after: action });
  const packet = fc.record({
    count: fc.integer({ min: 1, max: 6 }),
    copies: fc.oneof(
      { weight: 6, arbitrary: fc.array(copy, { minLength: 1, maxLength: 1 }) },
      { weight: 2, arbitrary: fc.array(copy, { maxLength: 0 }) },
      { weight: 1, arbitrary: fc.array(copy, { minLength: 2, maxLength: 2 }) },
    ),
  });
  const packing = fc.array(packet, { maxLength: 20, size: "max" });
  return fc.tuple(...Array.from({ length: lines }, () => packing)).map((all) =>
    all
      .flatMap((packets, line) => {
        let seq = 1;
        return packets.flatMap(({ count, copies }) => {
          const from = seq;
          seq += count;
          // Due when its last message is published, one a moment.
          return copies.map(({ delay, after }) => ({
            due: seq + delay,
            arrival: { line, seq: from, count, after },
          }));
        });
      })
      .toSorted((a, b) => a.due - b.due)
      .map(({ arrival }) => arrival),
  );
}

/** An arbiter and its model, fed alike; what the calls say is summed up and held against it. */
export class ArbiterDuel {
  readonly bench: ArbiterBench;
  readonly model: ArbiterModel;
  readonly delivered: Seq[] = [];
  readonly lost: Seq[] = [];
  /** Numbers that were called a gap, and are neither filled nor lost. */
  readonly open = new Set<Seq>();
  readonly #gapTimeout: Nanos;
  readonly #bounded: boolean;

  constructor(options: Partial<ArbiterOptions>) {
    this.bench = new ArbiterBench(options);
    this.model = new ArbiterModel(1);
    this.#gapTimeout = options.gapTimeout ?? 0;
    this.#bounded = options.heldMax !== undefined;
  }

  play(arrivals: readonly Arrival[]): void {
    for (const { line, seq, count, after } of arrivals) {
      this.model.onPacket(seq, seq + count, this.bench.now);
      this.#heed(this.bench.line(line, seq, count));
      if (after.act === "wait") this.#heed(this.bench.pass(this.bench.now + after.ns));
      else if (after.act !== "none") {
        const missing = [...this.open].toSorted((a, b) => a - b);
        const from = missing[Math.floor(after.pick * missing.length)];
        if (from === undefined) continue;
        // Only what was called a gap is ever asked for, or given up.
        let until = from + 1;
        while (until < from + after.count && this.open.has(until)) until++;
        this.resolve(after.act, from, until);
      }
    }
  }

  resolve(act: "recover" | "abandon", from: Seq, until: Seq): void {
    if (act === "abandon") {
      this.model.abandon(from, until);
      this.#heed(this.bench.abandon(from, until));
    } else {
      for (const { from: low, until: high } of this.bench.arbiter.missing) {
        for (let seq = Math.max(low, from); seq < Math.min(high, until); seq++) {
          this.model.onRecovered(seq);
          this.#heed(this.bench.recover(seq));
        }
      }
    }
  }

  /** Nothing more comes by itself: all gaps are recovered or given up. */
  finish(act: "recover" | "abandon"): void {
    this.#heed(this.bench.pass(this.bench.now + this.#gapTimeout));
    assertEquals(
      [...this.open].toSorted((a, b) => a - b),
      numbers(this.bench.arbiter.missing),
    );
    this.resolve(act, 1, this.model.high);
    assertEquals(this.bench.arbiter.complete, true);
    assertEquals(this.open.size, 0);
    assertEquals(this.bench.arbiter.held, 0);
    // Delivered or lost, never both, never twice, none forgotten.
    const all = [...this.delivered, ...this.lost].toSorted((a, b) => a - b);
    assertEquals(all, numbers([{ from: 1, until: this.model.high }]));
  }

  #heed(calls: unknown[][]): void {
    for (const [name, ...args] of calls) {
      if (name === "deliver") this.delivered.push(args[0] as Seq);
      if (name !== "gap" && name !== "filled" && name !== "lost") continue;
      const [from, until] = args as [Seq, Seq];
      for (const seq of numbers([{ from, until }])) {
        // A gap is told once, and closed once.
        if (name !== "gap") assert(this.open.delete(seq), `${name} ${seq} without a gap`);
        else {
          assert(!this.open.has(seq), `gap ${seq} twice`);
          this.open.add(seq);
        }
        if (name === "lost") this.lost.push(seq);
        if (name === "gap" && !this.#bounded) {
          assert(this.bench.now >= this.model.missedAt(seq) + this.#gapTimeout, `gap ${seq} early`);
        }
      }
    }
    assertEquals(
      this.delivered,
      this.delivered.toSorted((a, b) => a - b),
    );
    if (!this.#bounded) this.#compare();
  }

  #compare(): void {
    const { arbiter, now } = this.bench;
    assertEquals(numbers(arbiter.missing), this.model.missing);
    assertEquals(arbiter.complete, this.model.missing.length === 0);
    assertEquals(arbiter.next, this.model.missing[0] ?? this.model.high);
    assertEquals(this.delivered, this.model.delivered);
    assertEquals(
      this.lost.toSorted((a, b) => a - b),
      this.model.lost,
    );
    for (const seq of this.model.overdue(this.#gapTimeout, now - 1)) {
      assert(this.open.has(seq), `${seq} is no gap yet`);
    }
  }
}
