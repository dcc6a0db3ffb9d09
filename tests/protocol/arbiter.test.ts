import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { SEQ_MAX } from "../../modules/core/seq.ts";
import { NEVER } from "../../modules/core/time.ts";
import { createView } from "../../modules/codecs/codec.ts";
import { Arbiter, ARBITER_DEFAULTS, STOPPED } from "../../modules/protocol/arbiter.ts";
import { ArbiterBench, delivered } from "./arbiter-bench.ts";
import { ArbiterDuel, arrivals, numbers, packings } from "./arbiter-model.ts";

test("in order: each message is delivered as it comes", () => {
  const bench = new ArbiterBench();
  assertEquals(bench.line(0, 1), delivered(1, 2));
  assertEquals(bench.line(0, 2, 3), delivered(2, 5));
  assertEquals(bench.arbiter.next, 5);
  assertEquals(bench.arbiter.missing, []);
  assertEquals(bench.arbiter.deadline(), NEVER);
  assert(bench.arbiter.complete);
});

test("a hole of five is one gap with all five", () => {
  const bench = new ArbiterBench();
  bench.line(0, 1);
  assertEquals(bench.line(0, 7), [["gap", 2, 7, 0]]);
  assertEquals(bench.arbiter.missing, [{ from: 2, until: 7 }]);
  assertEquals(bench.arbiter.next, 2);
  assertEquals(bench.arbiter.held, 1);
  assert(!bench.arbiter.complete);
});

test("a late packet fills the gap, and never moves the next number back", () => {
  const bench = new ArbiterBench();
  bench.line(0, 1);
  bench.line(0, 3);
  assertEquals(bench.line(0, 2), [["filled", 2, 3, "line", 0], ...delivered(2, 4)]);
  assertEquals(bench.line(0, 4), delivered(4, 5));
});

test("with stop, nothing is delivered behind a number that was given up", () => {
  const bench = new ArbiterBench({ onAbandon: "stop" });
  bench.line(0, 1);
  bench.line(0, 3);
  assertEquals(bench.line(0, 6), [["gap", 4, 6, 0]]);
  // A later gap that is given up stops nothing yet.
  assertEquals(bench.abandon(4, 5), [["lost", 4, 5, "why", 0]]);
  assertEquals(bench.arbiter.stoppedAt, undefined);
  assertEquals(bench.recover(2), [
    ["filled", 2, 3, "recovery", 0],
    ...delivered(2, 3, 0, "recovery"),
    ...delivered(3, 4),
    ["lost", 5, 6, STOPPED, 0],
  ]);
  assertEquals(bench.arbiter.stoppedAt, 4);
  assertEquals([bench.arbiter.held, bench.arbiter.missing], [0, []]);
  assertEquals(bench.arbiter.deadline(), NEVER);
  assert(bench.arbiter.complete);
  assertEquals(bench.line(0, 7), []);
  assertEquals(bench.recover(5), [["not missing"]]);
  assertEquals(bench.abandon(5, 6), []);
});

test("with stop, holes that are no gaps yet are forgotten", () => {
  const bench = new ArbiterBench({ onAbandon: "stop", gapTimeout: 10 });
  bench.line(0, 1);
  bench.line(0, 3);
  assertEquals(bench.pass(10), [["gap", 2, 3, 10]]);
  bench.line(0, 5);
  assertEquals(bench.abandon(2, 3), [["lost", 2, 3, "why", 10]]);
  assertEquals(bench.arbiter.deadline(), NEVER);
  assertEquals(bench.line(0, 4), []);
});

test("a packet far behind is only a duplicate", () => {
  const bench = new ArbiterBench();
  bench.line(0, 1, 9);
  assertEquals(bench.line(0, 3), [["duplicate", 0, 3, 4, 0]]);
  assertEquals(bench.arbiter.next, 10);
  assertEquals(bench.line(0, 10), delivered(10, 11));
});

test("a packet that is held already is a duplicate", () => {
  const bench = new ArbiterBench();
  bench.line(0, 1);
  bench.line(0, 3, 2);
  assertEquals(bench.line(1, 3, 2), [["duplicate", 1, 3, 5, 0]]);
  assertEquals(bench.arbiter.held, 2);
});

test("a packet that overlaps brings what is new, and the rest is duplicate", () => {
  const bench = new ArbiterBench();
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
  const bench = new ArbiterBench();
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
  const bench = new ArbiterBench();
  assertEquals(bench.line(0, 1), delivered(1, 2));
  assertEquals(bench.line(1, 1), [["duplicate", 1, 1, 2, 0]]);
  assertEquals(bench.line(1, 2), delivered(2, 3));
  assertEquals(bench.line(0, 2), [["duplicate", 0, 2, 3, 0]]);
});

test("two lines: a copy on line B fills the gap before any request", () => {
  const bench = new ArbiterBench();
  bench.line(0, 1);
  bench.line(1, 1);
  assertEquals(bench.line(0, 3), [["gap", 2, 3, 0]]);
  assertEquals(bench.line(1, 2), [["filled", 2, 3, "line", 0], ...delivered(2, 4)]);
  assertEquals(bench.line(1, 3), [["duplicate", 1, 3, 4, 0]]);
});

test("gap timeout: what comes within it was never a gap", () => {
  const bench = new ArbiterBench({ gapTimeout: 100 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 3), []);
  assertEquals(bench.arbiter.deadline(), 100);
  assertEquals(bench.pass(99), []);
  assertEquals(bench.line(0, 2), delivered(2, 4, 99));
  assertEquals(bench.arbiter.deadline(), NEVER);
  assertEquals(bench.pass(1000), []);
});

test("gap timeout: what does not is a gap on the instant", () => {
  const bench = new ArbiterBench({ gapTimeout: 100 });
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
  const bench = new ArbiterBench({ gapTimeout: 100 });
  bench.line(0, 1);
  bench.line(0, 7);
  bench.line(0, 4);
  assertEquals(bench.pass(100), [
    ["gap", 2, 4, 100],
    ["gap", 5, 7, 100],
  ]);
});

test("gap timeout: a packet that comes after it tells too", () => {
  const bench = new ArbiterBench({ gapTimeout: 100 });
  bench.line(0, 1);
  bench.line(0, 3);
  bench.now = 100;
  assertEquals(bench.line(0, 4), [["gap", 2, 3, 100]]);
});

test("recovery fills, and what was held follows", () => {
  const bench = new ArbiterBench();
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
  const bench = new ArbiterBench();
  bench.line(0, 1);
  bench.line(0, 3);
  for (const seq of [1, 3, 4, 1000]) assertEquals(bench.recover(seq), [["not missing"]]);
  bench.recover(2);
  assertEquals(bench.recover(2), [["not missing"]]);
});

test("recovery of a hole that is not a gap yet is delivered without a word of gaps", () => {
  const bench = new ArbiterBench({ gapTimeout: 100 });
  bench.line(0, 1);
  bench.line(0, 3);
  assertEquals(bench.recover(2), [["deliver", 2, "recovery", 0], ...delivered(3, 4)]);
});

test("what is given up is stepped over", () => {
  const bench = new ArbiterBench();
  bench.line(0, 1);
  bench.line(0, 4);
  bench.line(0, 6);
  assertEquals(bench.abandon(2, 4), [["lost", 2, 4, "why", 0], ...delivered(4, 5)]);
  assertEquals(bench.arbiter.missing, [{ from: 5, until: 6 }]);
  assertEquals(bench.abandon(5, 6), [["lost", 5, 6, "why", 0], ...delivered(6, 7)]);
  assert(bench.arbiter.complete);
});

test("giving up the middle of a gap leaves its ends missing", () => {
  const bench = new ArbiterBench();
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
  const bench = new ArbiterBench();
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
  const bench = new ArbiterBench();
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
  const bench = new ArbiterBench({ heldMax: 2 });
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
  const bench = new ArbiterBench({ heldMax: 1 });
  bench.line(0, 4);
  assertEquals(bench.line(1, 3), []);
  assertEquals(bench.arbiter.missing, [{ from: 1, until: 4 }]);
  // The one that is expected next needs no room.
  assertEquals(bench.line(1, 1), [["filled", 1, 2, "line", 0], ...delivered(1, 2)]);
});

test("what recovery brings is held however little room there is: nobody would ask again", () => {
  const bench = new ArbiterBench({ heldMax: 0 });
  bench.line(0, 3);
  assertEquals(bench.recover(2), [["filled", 2, 3, "recovery", 0]]);
  assertEquals(bench.recover(3), [["filled", 3, 4, "recovery", 0]]);
  assertEquals(bench.line(0, 1), [
    ["filled", 1, 2, "line", 0],
    ["deliver", 1, "line", 0],
    ["deliver", 2, "recovery", 0],
    ["deliver", 3, "recovery", 0],
  ]);
});

test("with no room at all everything ahead is let go", () => {
  const bench = new ArbiterBench({ heldMax: 0 });
  assertEquals(bench.line(0, 3, 2), [["gap", 1, 5, 0]]);
  assertEquals(bench.line(1, 1, 4).at(-1), ["deliver", 4, "line", 0]);
});

test("a jump beyond jumpMax is believed when the next packet continues it", () => {
  const bench = new ArbiterBench({ jumpMax: 10 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 13), [["not believed"]]);
  assertEquals(bench.arbiter.missing, []);
  assertEquals(bench.line(0, 14), [["gap", 2, 14, 0]]);
});

test("a jump of jumpMax is believed at once", () => {
  const bench = new ArbiterBench({ jumpMax: 10 });
  bench.line(0, 1);
  assertEquals(bench.line(0, 12), [["gap", 2, 12, 0]]);
});

test("a damaged number makes no gap: the feed goes on where it was", () => {
  const bench = new ArbiterBench({ jumpMax: 10 });
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
  const bench = new ArbiterBench({ start: "now" });
  assertEquals(bench.arbiter.next, undefined);
  assert(bench.arbiter.complete);
  assertEquals(bench.abandon(1, 100), []);
  assertEquals(bench.line(0, 5_000_000, 2), delivered(5_000_000, 5_000_002));
  assertEquals(bench.line(0, 4_999_999), [["duplicate", 0, 4_999_999, 5_000_000, 0]]);
});

test("start N: what is before is duplicate, what is missing from there on is a gap", () => {
  const bench = new ArbiterBench({ start: 10 });
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
  const bench = new ArbiterBench();
  assertEquals(bench.line(0, 1, 0), []);
  bench.line(0, 1);
  assertEquals(bench.line(0, 2, 0), []);
  assertEquals(bench.line(0, 4, 0), [["gap", 2, 4, 0]]);
  assertEquals(bench.line(1, 4, 0), []);
  assertEquals(bench.line(1, 2, 2).at(-1), ["deliver", 3, "line", 0]);
});

test("holes that touch but were noticed at different times are gaps of their own", () => {
  const bench = new ArbiterBench({ gapTimeout: 100 });
  bench.line(0, 3, 0);
  bench.pass(40);
  bench.line(0, 5);
  assertEquals(bench.pass(100), [["gap", 1, 3, 100]]);
  assertEquals(bench.pass(140), [["gap", 3, 5, 140]]);
});

test("the last numbers that are safe are delivered, and none after them", () => {
  const bench = new ArbiterBench({ start: SEQ_MAX - 3 });
  assertEquals(bench.line(0, SEQ_MAX - 1), [["gap", SEQ_MAX - 3, SEQ_MAX - 1, 0]]);
  assertEquals(bench.recover(SEQ_MAX - 3).at(-1), ["deliver", SEQ_MAX - 3, "recovery", 0]);
  assertEquals(bench.recover(SEQ_MAX - 2).at(-1), ["deliver", SEQ_MAX - 1, "line", 0]);
  assertEquals(bench.line(0, SEQ_MAX), delivered(SEQ_MAX, SEQ_MAX + 1));
  assertEquals(bench.line(0, SEQ_MAX), [["duplicate", 0, SEQ_MAX, SEQ_MAX + 1, 0]]);
  assert(bench.arbiter.complete);
});

test("a gap of a billion costs no more than a gap of one", () => {
  const bench = new ArbiterBench({ jumpMax: Infinity });
  bench.line(0, 1);
  assertEquals(bench.line(0, 1e9), [["gap", 2, 1e9, 0]]);
  assertEquals(bench.arbiter.missing, [{ from: 2, until: 1e9 }]);
  assertEquals(bench.abandon(2, 1e9).at(-1), ["deliver", 1e9, "line", 0]);
});

test("what waited behind a gap is delivered in parts, between which others have their turn", () => {
  const packets = 2000;
  const last = 2 + 50 * packets;
  let parts: number[][] = [[]];
  // Not the bench, which keeps a copy of all the bytes that a message is lent with.
  const arbiter = new Arbiter(ARBITER_DEFAULTS, {
    deliver: (seq) => void parts.at(-1)!.push(seq),
    gap: () => {},
    filled: () => {},
    lost: () => {},
    duplicate: () => {},
  });
  const view = createView(50);
  const line = (seq: number, count: number): void => {
    Object.assign(view, { seq, count, bytes: new Uint8Array() });
    assert(arbiter.onPacket(0, view, 0));
  };
  line(1, 1);
  for (let seq = 3; seq <= last; seq += 50) line(seq, 50);
  parts = [[]];
  arbiter.onRecovered(2, new Uint8Array(), 0, 0, 0);
  while (arbiter.deadline() <= 0) {
    assert(!arbiter.complete);
    parts.push([]);
    // What comes meanwhile queues behind what waits.
    if (parts.length === 2) line(last + 1, 1);
    assertEquals(parts.at(-1), []);
    arbiter.onDeadline(0);
  }
  assert(parts.flat().every((seq, i) => seq === 2 + i));
  assertEquals([parts.flat().length, arbiter.complete], [last, true]);
  assert(parts.length >= 3 && parts.every(({ length }) => length < 50_000), `${parts.length}`);
});

const gapTimeouts = fc.constantFrom(0, 1, 15);
const ends = fc.constantFrom("recover", "abandon");

for (const lines of [1, 2, 3]) {
  test(`${lines} lines: says what the obvious model says, whatever comes`, () =>
    fc.assert(
      fc.property(arrivals(lines, false), gapTimeouts, ends, (arrivals, gapTimeout, end) => {
        const duel = new ArbiterDuel({ gapTimeout });
        duel.play(arrivals);
        duel.finish(end);
      }),
    ));
}

test("what comes at least once is delivered as sorting and deduplicating would", () =>
  fc.assert(
    fc.property(arrivals(2, true), gapTimeouts, (arrivals, gapTimeout) => {
      const duel = new ArbiterDuel({ gapTimeout });
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

for (const lines of [2, 3]) {
  test(`${lines} lines that pack differently: sorting and deduplicating says the same`, () =>
    fc.assert(
      fc.property(packings(lines), gapTimeouts, ends, (arrivals, gapTimeout, end) => {
        const duel = new ArbiterDuel({ gapTimeout });
        duel.play(arrivals);
        duel.finish(end);
      }),
      { numRuns: 300 },
    ));
}

test("with little room to hold, every number is still delivered or lost", () =>
  fc.assert(
    fc.property(
      arrivals(2, false),
      gapTimeouts,
      fc.nat(4),
      ends,
      (arrivals, gapTimeout, heldMax, end) => {
        const duel = new ArbiterDuel({ gapTimeout, heldMax });
        duel.play(arrivals);
        duel.finish(end);
      },
    ),
  ));

test("told to begin later, it holds all, and lets go of what is before the number that it is told", () => {
  const bench = new ArbiterBench({ start: "later" });
  assertEquals(bench.line(0, 10, 2), []);
  bench.now = 5;
  // What is missing is nobody's business yet: a snapshot may stand for it.
  assertEquals(bench.line(0, 14, 3), []);
  assertEquals(bench.arbiter.deadline(), NEVER);
  assertEquals([bench.arbiter.next, bench.arbiter.oldest, bench.arbiter.held], [undefined, 10, 5]);
  assertEquals(bench.goOnFrom(15), delivered(15, 17, 5));
  assertEquals([bench.arbiter.next, bench.arbiter.held, bench.arbiter.missing], [17, 0, []]);
  assertEquals(bench.line(0, 10), [["duplicate", 0, 10, 11, 5]]);
  assertEquals(bench.line(0, 17), delivered(17, 18, 5));
});

test("told a number between, it calls missing what lies behind it, and delivers up to there", () => {
  const bench = new ArbiterBench({ start: "later" });
  bench.line(0, 10, 2);
  bench.line(0, 14);
  assertEquals(bench.goOnFrom(11), [...delivered(11, 12), ["gap", 12, 14, 0]]);
});

test("told a number before all that is held, it calls missing what lies between", () => {
  const bench = new ArbiterBench({ start: "later" });
  bench.line(0, 10);
  assertEquals(bench.goOnFrom(8), [["gap", 8, 10, 0]]);
  assertEquals(bench.recover(8), [
    ["filled", 8, 9, "recovery", 0],
    ...delivered(8, 9, 0, "recovery"),
  ]);
  assertEquals(bench.recover(9).slice(1), [
    ...delivered(9, 10, 0, "recovery"),
    ...delivered(10, 11),
  ]);
});

test("told a number beyond all that is held, it waits for that one", () => {
  const bench = new ArbiterBench({ start: "later" });
  bench.line(0, 10, 3);
  assertEquals(bench.goOnFrom(20), []);
  assertEquals(bench.line(0, 19, 2), [...delivered(20, 21), ["duplicate", 0, 19, 20, 0]]);
});

test("with its room full before it is told, it lets go of the oldest", () => {
  const bench = new ArbiterBench({ start: "later", heldMax: 3 });
  bench.line(0, 10, 2);
  bench.line(0, 14, 2);
  assertEquals([bench.arbiter.oldest, bench.arbiter.held, bench.arbiter.overflows], [11, 3, 1]);
  bench.line(0, 16);
  // 11 has gone; then the hole behind it, and 14, make room.
  assertEquals([bench.arbiter.oldest, bench.arbiter.held], [12, 3]);
  bench.line(0, 17);
  assertEquals([bench.arbiter.oldest, bench.arbiter.held], [15, 3]);
  assertEquals(bench.goOnFrom(15), delivered(15, 18));
});
