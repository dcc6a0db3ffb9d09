import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView } from "../../modules/codecs/codec.ts";
import { SEQ_MAX, type Seq } from "../../modules/core/seq.ts";
import { type Nanos, NEVER } from "../../modules/core/time.ts";
import {
  Arbiter,
  ARBITER_DEFAULTS,
  type ArbiterOptions,
  type ArbiterSink,
} from "../../modules/protocol/arbiter.ts";
import { record } from "../support/record.ts";
import { ArbiterModel, arrivals, type Arrival, numbers } from "./arbiter-model.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** An arbiter, and what it did; each message says its number. */
class Bench {
  readonly arbiter: Arbiter;
  now: Nanos = 0;
  readonly #recorded = record<ArbiterSink>();

  constructor(options: Partial<ArbiterOptions> = {}) {
    this.arbiter = new Arbiter({ ...ARBITER_DEFAULTS, ...options }, this.#recorded.sink);
  }

  /** What a packet of a line led to. */
  line(line: number, seq: Seq, count = 1): unknown[][] {
    const messages = Array.from({ length: count }, (_, i) => `m${seq + i}`);
    const view = createView(count);
    view.seq = seq;
    view.count = count;
    view.bytes = utf8.encode(messages.join(""));
    let end = 0;
    messages.forEach((message, i) => {
      view.bounds[2 * i] = end;
      view.bounds[2 * i + 1] = end += message.length;
    });
    const believed = this.arbiter.onPacket(line, view, this.now);
    // Who keeps lent bytes is found out.
    view.bytes.fill(0xdd);
    view.bounds.fill(-1);
    return believed ? this.take() : [["not believed"], ...this.take()];
  }

  recover(seq: Seq): unknown[][] {
    const bytes = utf8.encode(`<m${seq}>`);
    const wanted = this.arbiter.onRecovered(seq, bytes, 1, bytes.length - 1, this.now);
    bytes.fill(0xdd);
    return wanted ? this.take() : [["not missing"], ...this.take()];
  }

  abandon(from: Seq, until: Seq): unknown[][] {
    this.arbiter.abandon(from, until, "why", this.now);
    return this.take();
  }

  /** Time passes up to `now`, through every deadline. */
  pass(now: Nanos): unknown[][] {
    for (let due = this.arbiter.deadline(); due <= now; due = this.arbiter.deadline()) {
      this.now = Math.max(this.now, due);
      this.arbiter.onDeadline(this.now);
      assert(this.arbiter.deadline() > this.now, "a deadline that was met is over");
    }
    this.now = now;
    return this.take();
  }

  take(): unknown[][] {
    return this.#recorded.take().map((call) => {
      if (call[0] !== "deliver") return call;
      const [name, seq, bytes, start, end, via, now] = call;
      assertEquals(text.decode(bytes.subarray(start, end)), `m${seq}`);
      return [name, seq, via, now];
    });
  }
}

/** `deliver` for each number of [from, until). */
function delivered(from: Seq, until: Seq, now: Nanos = 0, via = "line"): unknown[][] {
  return Array.from({ length: until - from }, (_, i) => ["deliver", from + i, via, now]);
}

test("in order: each message is delivered as it comes", () => {
  const bench = new Bench();
  assertEquals(bench.line(0, 1), delivered(1, 2));
  assertEquals(bench.line(0, 2, 3), delivered(2, 5));
  assertEquals(bench.arbiter.next, 5);
  assertEquals(bench.arbiter.missing, []);
  assertEquals(bench.arbiter.deadline(), NEVER);
  assert(bench.arbiter.complete);
});

test("a hole of five is one gap with all five", () => {
  const bench = new Bench();
  bench.line(0, 1);
  assertEquals(bench.line(0, 7), [["gap", 2, 7, 0]]);
  assertEquals(bench.arbiter.missing, [{ from: 2, until: 7 }]);
  assertEquals(bench.arbiter.next, 2);
  assertEquals(bench.arbiter.held, 1);
  assert(!bench.arbiter.complete);
});

test("a late packet fills the gap, and never moves the next number back", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 3);
  assertEquals(bench.line(0, 2), [["filled", 2, 3, "line", 0], ...delivered(2, 4)]);
  assertEquals(bench.line(0, 4), delivered(4, 5));
});

test("a packet far behind is only a duplicate", () => {
  const bench = new Bench();
  bench.line(0, 1, 9);
  assertEquals(bench.line(0, 3), [["duplicate", 0, 3, 4, 0]]);
  assertEquals(bench.arbiter.next, 10);
  assertEquals(bench.line(0, 10), delivered(10, 11));
});

test("a packet that is held already is a duplicate", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 3, 2);
  assertEquals(bench.line(1, 3, 2), [["duplicate", 1, 3, 5, 0]]);
  assertEquals(bench.arbiter.held, 2);
});

test("a packet that overlaps brings what is new, and the rest is duplicate", () => {
  const bench = new Bench();
  bench.line(0, 1, 3);
  const calls = bench.line(1, 2, 4);
  assertEquals(
    calls.filter(([name]) => name === "deliver"),
    delivered(4, 6),
  );
  assertEquals(
    calls.filter(([name]) => name !== "deliver"),
    [["duplicate", 1, 2, 4, 0]],
  );
});

test("a packet over a hole, what is held and what is new", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 4);
  const calls = bench.line(1, 1, 6);
  assertEquals(
    calls.filter(([name]) => name === "deliver"),
    delivered(2, 7),
  );
  assertEquals(
    calls.filter(([name]) => name === "filled"),
    [
      ["filled", 2, 3, "line", 0],
      ["filled", 3, 4, "line", 0],
    ],
  );
  assertEquals(
    calls.filter(([name]) => name === "duplicate"),
    [
      ["duplicate", 1, 1, 2, 0],
      ["duplicate", 1, 4, 5, 0],
    ],
  );
});

test("two lines: the first copy counts, the second is a duplicate", () => {
  const bench = new Bench();
  assertEquals(bench.line(0, 1), delivered(1, 2));
  assertEquals(bench.line(1, 1), [["duplicate", 1, 1, 2, 0]]);
  assertEquals(bench.line(1, 2), delivered(2, 3));
  assertEquals(bench.line(0, 2), [["duplicate", 0, 2, 3, 0]]);
});

test("two lines: a copy on line B fills the gap before any request", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(1, 1);
  assertEquals(bench.line(0, 3), [["gap", 2, 3, 0]]);
  assertEquals(bench.line(1, 2), [["filled", 2, 3, "line", 0], ...delivered(2, 4)]);
  assertEquals(bench.line(1, 3), [["duplicate", 1, 3, 4, 0]]);
});

test("gap timeout: what comes within it was never a gap", () => {
  const bench = new Bench({ gapTimeout: 100 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 3), []);
  assertEquals(bench.arbiter.deadline(), 100);
  assertEquals(bench.pass(99), []);
  assertEquals(bench.line(0, 2), delivered(2, 4, 99));
  assertEquals(bench.arbiter.deadline(), NEVER);
  assertEquals(bench.pass(1000), []);
});

test("gap timeout: what does not is a gap on the instant", () => {
  const bench = new Bench({ gapTimeout: 100 });
  bench.line(0, 1);
  bench.line(0, 3);
  bench.pass(40);
  bench.line(0, 6);
  assertEquals(bench.pass(100), [["gap", 2, 3, 100]]);
  assertEquals(bench.arbiter.deadline(), 140);
  assertEquals(bench.pass(140), [["gap", 4, 6, 140]]);
  assertEquals(bench.arbiter.deadline(), NEVER);
});

test("gap timeout: only what is still missing is the gap", () => {
  const bench = new Bench({ gapTimeout: 100 });
  bench.line(0, 1);
  bench.line(0, 7);
  bench.line(0, 4);
  assertEquals(bench.pass(100), [
    ["gap", 2, 4, 100],
    ["gap", 5, 7, 100],
  ]);
});

test("gap timeout: a packet that comes after it tells too", () => {
  const bench = new Bench({ gapTimeout: 100 });
  bench.line(0, 1);
  bench.line(0, 3);
  bench.now = 100;
  assertEquals(bench.line(0, 4), [["gap", 2, 3, 100]]);
});

test("recovery fills, and what was held follows", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 4, 2);
  bench.now = 50;
  assertEquals(bench.recover(3), [["filled", 3, 4, "recovery", 50]]);
  assertEquals(bench.recover(2), [
    ["filled", 2, 3, "recovery", 50],
    ["deliver", 2, "recovery", 50],
    ["deliver", 3, "recovery", 50],
    ...delivered(4, 6, 50),
  ]);
  assert(bench.arbiter.complete);
});

test("recovery of what is not missing changes nothing", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 3);
  for (const seq of [1, 3, 4, 1000]) assertEquals(bench.recover(seq), [["not missing"]]);
  bench.recover(2);
  assertEquals(bench.recover(2), [["not missing"]]);
});

test("recovery of a hole that is not a gap yet is delivered without a word of gaps", () => {
  const bench = new Bench({ gapTimeout: 100 });
  bench.line(0, 1);
  bench.line(0, 3);
  assertEquals(bench.recover(2), [["deliver", 2, "recovery", 0], ...delivered(3, 4)]);
});

test("what is given up is stepped over", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 4);
  bench.line(0, 6);
  assertEquals(bench.abandon(2, 4), [["lost", 2, 4, "why", 0], ...delivered(4, 5)]);
  assertEquals(bench.arbiter.missing, [{ from: 5, until: 6 }]);
  assertEquals(bench.abandon(5, 6), [["lost", 5, 6, "why", 0], ...delivered(6, 7)]);
  assert(bench.arbiter.complete);
});

test("giving up the middle of a gap leaves its ends missing", () => {
  const bench = new Bench();
  bench.line(0, 7);
  assertEquals(bench.abandon(3, 5), [["lost", 3, 5, "why", 0]]);
  assertEquals(bench.arbiter.missing, [
    { from: 1, until: 3 },
    { from: 5, until: 7 },
  ]);
  assertEquals(bench.line(1, 1, 2).at(-1), ["deliver", 2, "line", 0]);
  assertEquals(bench.arbiter.next, 5);
});

test("giving up more than is missing loses only what is missing", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 3);
  bench.line(0, 6);
  assertEquals(bench.abandon(1, 1000), [
    ["lost", 2, 3, "why", 0],
    ["lost", 4, 6, "why", 0],
    ...delivered(3, 4),
    ...delivered(6, 7),
  ]);
  assertEquals(bench.abandon(1, 1000), []);
});

test("a packet that comes after it was given up is a duplicate, and not delivered", () => {
  const bench = new Bench();
  bench.line(0, 1);
  bench.line(0, 5);
  // One behind what is still missing, one at the front.
  bench.abandon(3, 4);
  assertEquals(bench.line(0, 3), [["duplicate", 0, 3, 4, 0]]);
  assertEquals(bench.recover(3), [["not missing"]]);
  bench.abandon(2, 5);
  assertEquals(bench.line(0, 2), [["duplicate", 0, 2, 3, 0]]);
  assertEquals(bench.arbiter.next, 6);
});

test("beyond heldMax messages are let go and become gaps; nothing is lost", () => {
  const bench = new Bench({ heldMax: 2 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 3), [["gap", 2, 3, 0]]);
  assertEquals(bench.line(0, 4), []);
  assertEquals(bench.line(0, 5, 2), [["gap", 5, 7, 0]]);
  assertEquals(bench.arbiter.held, 2);
  assertEquals(bench.arbiter.overflows, 2);
  assertEquals(bench.line(1, 2), [["filled", 2, 3, "line", 0], ...delivered(2, 5)]);
  assertEquals(bench.line(1, 5), [["filled", 5, 6, "line", 0], ...delivered(5, 6)]);
  assertEquals(bench.recover(6).at(-1), ["deliver", 6, "recovery", 0]);
  assert(bench.arbiter.complete);
});

test("beyond heldMax a message in a gap stays in it, and is no duplicate", () => {
  const bench = new Bench({ heldMax: 1 });
  bench.line(0, 4);
  assertEquals(bench.line(1, 3), []);
  assertEquals(bench.arbiter.missing, [{ from: 1, until: 4 }]);
  // The one that is expected next needs no room.
  assertEquals(bench.line(1, 1), [["filled", 1, 2, "line", 0], ...delivered(1, 2)]);
});

test("with no room at all everything ahead is let go", () => {
  const bench = new Bench({ heldMax: 0 });
  assertEquals(bench.line(0, 3, 2), [["gap", 1, 5, 0]]);
  assertEquals(bench.line(1, 1, 4).at(-1), ["deliver", 4, "line", 0]);
});

test("a jump beyond jumpMax is believed when the next packet continues it", () => {
  const bench = new Bench({ jumpMax: 10 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 13), [["not believed"]]);
  assertEquals(bench.arbiter.missing, []);
  assertEquals(bench.line(0, 14), [["gap", 2, 14, 0]]);
});

test("a jump of jumpMax is believed at once", () => {
  const bench = new Bench({ jumpMax: 10 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 12), [["gap", 2, 12, 0]]);
});

test("a damaged number makes no gap: the feed goes on where it was", () => {
  const bench = new Bench({ jumpMax: 10 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 1_000_000, 2), [["not believed"]]);
  assertEquals(bench.line(0, 2), delivered(2, 3));
  // What would have continued the jump no longer does.
  assertEquals(bench.line(0, 1_000_002), [["not believed"]]);
  assertEquals(bench.line(0, 5_000_000), [["not believed"]]);
  assertEquals(bench.line(0, 3), delivered(3, 4));
  assertEquals(bench.arbiter.missing, []);
});

test("start now: the first packet says where the feed begins", () => {
  const bench = new Bench({ start: "now" });
  assertEquals(bench.arbiter.next, undefined);
  assert(bench.arbiter.complete);
  assertEquals(bench.abandon(1, 100), []);
  assertEquals(bench.line(0, 5_000_000, 2), delivered(5_000_000, 5_000_002));
  assertEquals(bench.line(0, 4_999_999), [["duplicate", 0, 4_999_999, 5_000_000, 0]]);
});

test("start N: what is before is duplicate, what is missing from there on is a gap", () => {
  const bench = new Bench({ start: 10 });
  assertEquals(bench.line(0, 8), [["duplicate", 0, 8, 9, 0]]);
  assertEquals(bench.line(0, 12), [["gap", 10, 12, 0]]);
  const calls = bench.line(1, 8, 4);
  assertEquals(
    calls.filter(([name]) => name === "duplicate"),
    [["duplicate", 1, 8, 10, 0]],
  );
  assertEquals(
    calls.filter(([name]) => name === "deliver"),
    delivered(10, 13),
  );
});

test("a heartbeat tells of what is missing before it, and brings nothing", () => {
  const bench = new Bench();
  assertEquals(bench.line(0, 1, 0), []);
  bench.line(0, 1);
  assertEquals(bench.line(0, 2, 0), []);
  assertEquals(bench.line(0, 4, 0), [["gap", 2, 4, 0]]);
  assertEquals(bench.line(1, 4, 0), []);
  assertEquals(bench.line(1, 2, 2).at(-1), ["deliver", 3, "line", 0]);
});

test("the last numbers that are safe are delivered, and none after them", () => {
  const bench = new Bench({ start: SEQ_MAX - 3 });
  assertEquals(bench.line(0, SEQ_MAX - 1), [["gap", SEQ_MAX - 3, SEQ_MAX - 1, 0]]);
  assertEquals(bench.recover(SEQ_MAX - 3).at(-1), ["deliver", SEQ_MAX - 3, "recovery", 0]);
  assertEquals(bench.recover(SEQ_MAX - 2).at(-1), ["deliver", SEQ_MAX - 1, "line", 0]);
  assertEquals(bench.line(0, SEQ_MAX), delivered(SEQ_MAX, SEQ_MAX + 1));
  assertEquals(bench.line(0, SEQ_MAX), [["duplicate", 0, SEQ_MAX, SEQ_MAX + 1, 0]]);
  assert(bench.arbiter.complete);
});

test("a gap of a billion costs no more than a gap of one", () => {
  const bench = new Bench({ jumpMax: Infinity });
  bench.line(0, 1);
  assertEquals(bench.line(0, 1e9), [["gap", 2, 1e9, 0]]);
  assertEquals(bench.arbiter.missing, [{ from: 2, until: 1e9 }]);
  assertEquals(bench.abandon(2, 1e9).at(-1), ["deliver", 1e9, "line", 0]);
});

/** An arbiter and its model, fed alike; what the calls say is summed up and held against it. */
class Duel {
  readonly bench: Bench;
  readonly model: ArbiterModel;
  readonly delivered: Seq[] = [];
  readonly lost: Seq[] = [];
  /** Numbers that were called a gap, and are neither filled nor lost. */
  readonly open = new Set<Seq>();
  readonly #gapTimeout: Nanos;
  readonly #bounded: boolean;

  constructor(options: Partial<ArbiterOptions>) {
    this.bench = new Bench(options);
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

const gapTimeouts = fc.constantFrom(0, 1, 15);
const ends = fc.constantFrom("recover", "abandon");

for (const lines of [1, 2, 3]) {
  test(`${lines} lines: says what the obvious model says, whatever comes`, () =>
    fc.assert(
      fc.property(arrivals(lines, false), gapTimeouts, ends, (arrivals, gapTimeout, end) => {
        const duel = new Duel({ gapTimeout });
        duel.play(arrivals);
        duel.finish(end);
      }),
    ));
}

test("what comes at least once is delivered as sorting and deduplicating would", () =>
  fc.assert(
    fc.property(arrivals(2, true), gapTimeouts, (arrivals, gapTimeout) => {
      const duel = new Duel({ gapTimeout });
      const quiet = arrivals.map((arrival) => ({ ...arrival, after: { act: "none" } as const }));
      duel.play(quiet);
      const came = quiet.flatMap(({ seq, count }) => numbers([{ from: seq, until: seq + count }]));
      assertEquals(
        duel.delivered,
        [...new Set(came)].toSorted((a, b) => a - b),
      );
      assertEquals(duel.lost, []);
      assert(duel.bench.arbiter.complete);
    }),
  ));

test("with little room to hold, every number is still delivered or lost", () =>
  fc.assert(
    fc.property(
      arrivals(2, false),
      gapTimeouts,
      fc.nat(4),
      ends,
      (arrivals, gapTimeout, heldMax, end) => {
        const duel = new Duel({ gapTimeout, heldMax });
        duel.play(arrivals);
        duel.finish(end);
      },
    ),
  ));
