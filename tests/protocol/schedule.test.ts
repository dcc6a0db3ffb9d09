import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { test } from "node:test";
import { createRng } from "../../modules/core/rng.ts";
import { MILLISECOND, type Nanos, NEVER, SECOND } from "../../modules/core/time.ts";
import { createSchedule, type Schedule } from "../../modules/protocol/schedule.ts";
import {
  expectedOf,
  instantsOf,
  meanRate,
  messagesOf,
  type Pace,
  type Phase,
  phaseFor,
  phaseOf,
  phaseUntil,
  RATE_MAX,
  windowsOf,
} from "../../modules/protocol/schedule/phase.ts";

function pace(from: number, more: Partial<Pace> & { to?: number } = {}): Pace {
  const { to = from, ...rest } = more;
  return { name: "", rate: { from, to }, burst: 1, arrivals: "constant", ...rest };
}

function schedule(...phases: Phase[]): Schedule {
  return createSchedule(phases, createRng("7").fork("arrivals"));
}

/** All due times, or the first `max`. */
function dues(from: Schedule, max = Infinity): Nanos[] {
  const all: Nanos[] = [];
  for (let due = from.next(); due !== NEVER && all.length < max; due = from.next()) all.push(due);
  return all;
}

/** The integral of a phase's rate from its beginning to `at`, in messages. */
function integral({ rate: { from, to }, length }: Phase, at: Nanos): number {
  const seconds = at / SECOND;
  return from * seconds + ((to - from) * seconds * at) / length / 2;
}

test("a steady rate counts from its first instant and drifts by nothing over ten million", () => {
  for (const perSecond of [30, 10_000, 333_333]) {
    const { next } = bound(schedule(phaseFor(pace(perSecond), Infinity)));
    for (let k = 0; k < 10_000_000; k++) {
      const due = next();
      if (k % 1_000_003 !== 0) continue;
      const exact = (BigInt(k) * 2n * BigInt(SECOND) + BigInt(perSecond)) / BigInt(2 * perSecond);
      assertEquals(due, Number(exact), `message ${k} at ${perSecond}/s`);
    }
  }
});

test("an interval of whole nanoseconds is kept to the nanosecond", () => {
  for (const interval of [333, 7_777_777, 500 * MILLISECOND]) {
    const { next } = bound(schedule(phaseFor(pace(SECOND / interval), Infinity)));
    for (let k = 0; k < 1_000_000; k++) assertEquals(next(), k * interval);
  }
});

test("a ramp has the integral of its rate as messages, the k-th where it reaches k", () => {
  const ramps: [Phase, number][] = [
    [phaseFor(pace(20_000, { to: 2_000 }), 10 * SECOND), 110_000],
    [phaseFor(pace(0, { to: 1_000 }), 4 * SECOND), 2_000],
    [phaseFor(pace(1_000, { to: 0 }), 4 * SECOND), 2_000],
    [phaseOf(pace(100, { to: 300 }), 1_000), 1_000],
  ];
  for (const [ramp, messages] of ramps) {
    const all = dues(schedule(ramp));
    assertEquals(all.length, messages);
    assertEquals(messagesOf(ramp), messages);
    assertEquals(instantsOf(ramp), messages);
    for (const [k, due] of all.entries()) {
      assertAlmostEquals(integral(ramp, due), k, 1e-4, `message ${k}`);
    }
  }
});

test("what goes as fast as it is taken is due at once, where its phase begins", () => {
  for (const arrivals of ["constant", "poisson"] as const) {
    const phases = [
      phaseFor(pace(2), SECOND),
      phaseOf(pace(RATE_MAX, { arrivals }), 4),
      phaseFor(pace(2), SECOND),
    ];
    const at = SECOND;
    assertEquals(dues(schedule(...phases)), [0, at / 2, at, at, at, at, at + 1, at + 1 + at / 2]);
    // Half-open: a window of one instant has those that are due there.
    assertEquals(windowsOf(phases)[1], { from: at, until: at + 1 });
    assertEquals(phases.map(messagesOf), [2, 4, 2]);
    assertAlmostEquals(meanRate(phases), 4, 1e-6);
  }
});

test("a feed that is nothing else goes on until its messages are over, or for ever", () => {
  const end = { messages: 3, duration: Infinity };
  assertEquals(dues(schedule(phaseUntil(pace(RATE_MAX), end))), [0, 0, 0]);
  const timed = { messages: 3, duration: SECOND };
  assertEquals(dues(schedule(phaseUntil(pace(RATE_MAX), timed))), [0, 0, 0]);
  const endless = phaseUntil(pace(RATE_MAX), { messages: Infinity, duration: Infinity });
  assertEquals(
    dues(schedule(endless), 1000),
    Array.from({ length: 1000 }, () => 0),
  );
  assertEquals([messagesOf(endless), meanRate([endless])], [Infinity, RATE_MAX]);
  const quiet = phaseFor(pace(0), SECOND);
  assertEquals(meanRate([phaseOf(pace(RATE_MAX), 3), quiet]), RATE_MAX);
});

test("a phase of so many messages is as long as they take, and has every one of them", () => {
  const phase = phaseOf(pace(3), 10);
  assertEquals(phase.length, Math.round((10 * SECOND) / 3));
  assertEquals(dues(schedule(phase)).length, 10);
  fc.assert(
    fc.property(
      fc.record({
        from: fc.integer({ min: 0, max: 2_000_000 }),
        to: fc.integer({ min: 1, max: 2_000_000 }),
        messages: fc.integer({ min: 1, max: 500 }),
        burst: fc.integer({ min: 1, max: 20 }),
        arrivals: fc.constantFrom("constant" as const, "poisson" as const),
      }),
      ({ from, to, messages, burst, arrivals }) => {
        const phase = phaseOf(pace(from, { to, burst, arrivals }), messages);
        const all = dues(schedule(phase));
        assertEquals(all.length, messages);
        assert(all.every((due, i) => due >= (all[i - 1] ?? 0) && due < phase.length));
      },
    ),
  );
});

test("how many messages there will be is known ahead where nothing is left to chance", () => {
  fc.assert(
    fc.property(
      fc.record({
        from: fc.double({ min: 0, max: 5_000, noNaN: true }),
        to: fc.double({ min: 0, max: 5_000, noNaN: true }),
        length: fc.integer({ min: 1, max: SECOND }),
        burst: fc.integer({ min: 1, max: 3 }),
      }),
      ({ from, to, length, burst }) => {
        const phase = phaseFor(pace(from, { to, burst }), length);
        assertEquals(dues(schedule(phase)).length, messagesOf(phase));
      },
    ),
  );
  const random = phaseFor(pace(10, { arrivals: "poisson" }), SECOND);
  assertEquals(messagesOf(random), undefined);
  assertEquals(messagesOf({ ...random, messages: 5 }), 5);
  assertEquals(messagesOf(phaseFor(pace(0, { arrivals: "poisson" }), SECOND)), 0);
  assertEquals(messagesOf(phaseFor(pace(10, { arrivals: "poisson" }), Infinity)), Infinity);
  assertEquals(expectedOf(random), 10);
});

test("what falls on a boundary belongs to the later phase, and silence is a phase too", () => {
  const phases = [
    phaseFor(pace(2, { name: "pre" }), SECOND),
    phaseFor(pace(0, { name: "quiet" }), SECOND),
    phaseFor(pace(0, { name: "loud", to: 4 }), SECOND),
    phaseOf(pace(1, { name: "end", burst: 2 }), 3),
  ];
  const all = schedule(...phases);
  const found: [Nanos, string | undefined][] = [];
  for (let due = all.next(); due !== NEVER; due = all.next()) {
    found.push([due, phases[all.phase]?.name]);
  }
  assertEquals(found, [
    [0, "pre"],
    [0.5 * SECOND, "pre"],
    [2 * SECOND, "loud"],
    [Math.round((2 + Math.SQRT1_2) * SECOND), "loud"],
    [3 * SECOND, "end"],
    [3 * SECOND, "end"],
    [4 * SECOND, "end"],
  ]);
  assertEquals(all.next(), NEVER);
  assertEquals(
    windowsOf(phases).map(({ from, until }) => [from / SECOND, until / SECOND]),
    [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 5],
    ],
  );
});

test("a burst is due at one instant, and the next one a period later", () => {
  const burst = phaseFor(pace(1, { burst: 3 }), 2.5 * SECOND);
  assertEquals(
    dues(schedule(burst)),
    [0, 0, 0, 1, 1, 1, 2, 2, 2].map((s) => s * SECOND),
  );
  assertEquals(messagesOf(burst), 9);
  assertEquals(meanRate([burst]), 3);
});

test("the mean rate is over the time in which there is something to send", () => {
  const open = phaseFor(pace(20_000, { arrivals: "poisson" }), 2 * SECOND);
  const quiet = phaseFor(pace(0), SECOND);
  const settle = phaseFor(pace(20_000, { to: 2_000 }), 10 * SECOND);
  assertEquals(meanRate([quiet, open, quiet, settle, quiet]), 150_000 / 13);
  assertEquals(meanRate([quiet]), 0);
  assertEquals(meanRate([phaseFor(pace(5), Infinity)]), 5);
});

test("a feed of one phase ends after its time or its messages, and only a time fixes a ramp", () => {
  const both = phaseUntil(pace(10, { to: 20 }), { messages: 5, duration: SECOND });
  assertEquals([both.length, both.messages], [SECOND, Infinity]);
  const counted = phaseUntil(pace(10, { to: 20 }), { messages: 30, duration: Infinity });
  assertEquals([counted.length, counted.messages], [2 * SECOND, 30]);
  const endless = phaseUntil(pace(10), { messages: Infinity, duration: Infinity });
  assertEquals([endless.length, endless.messages], [Infinity, Infinity]);
});

test("a million random arrivals come at the rate that was asked for", () => {
  const messages = 1_000_000;
  const perSecond = 10_000;
  const all = dues(
    schedule(phaseFor(pace(perSecond, { arrivals: "poisson" }), Infinity)),
    messages,
  );
  // The time that n arrivals take has mean n and deviation sqrt(n), in gaps.
  const gaps = (all.at(-1)! * perSecond) / SECOND;
  assert(Math.abs(gaps - messages) <= 3 * Math.sqrt(messages), `${gaps} mean gaps`);
  exponentialGaps(all, (due) => (due * perSecond) / SECOND);
});

test("the number of random arrivals in a time is a Poisson number", () => {
  const counts: number[] = [];
  for (let run = 0; run < 20_000; run++) {
    const rng = createRng(`run ${run}`);
    counts.push(
      dues(createSchedule([phaseFor(pace(20, { arrivals: "poisson" }), SECOND)], rng)).length,
    );
  }
  const { mean, variance } = moments(counts);
  const n = counts.length;
  assert(Math.abs(mean - 20) <= 3 * Math.sqrt(20 / n), `mean ${mean}`);
  // Its fourth central moment is 3 * 20^2 + 20.
  const deviation = Math.sqrt((3 * 20 ** 2 + 20 - 20 ** 2) / n);
  assert(Math.abs(variance - 20) <= 3 * deviation, `variance ${variance}`);
});

test("random arrivals on a ramp follow the rate of the instant", () => {
  const ramp = phaseFor(pace(100_000, { to: 0, arrivals: "poisson" }), 20 * SECOND);
  const all = dues(schedule(ramp));
  const wanted = instantsOf(ramp);
  assertEquals(wanted, 1_000_000);
  assert(Math.abs(all.length - wanted) <= 3 * Math.sqrt(wanted), `${all.length} messages`);
  // The integral of the rate turns it into a process of rate 1. Where the rate nears 0 the
  // nanoseconds are too coarse for that, so the last second is left out.
  exponentialGaps(
    all.filter((due) => due < 19 * SECOND),
    (due) => integral(ramp, due),
  );
});

test("a number of messages at random is thrown evenly over the length of its phase", () => {
  const messages = 1_000_000;
  const all = dues(schedule(phaseOf(pace(1_000, { arrivals: "poisson" }), messages)));
  assertEquals(all.length, messages);
  const length = (messages / 1_000) * SECOND;
  const distance = kolmogorov(all, (due) => due / length);
  assert(distance * Math.sqrt(messages) < 1.95, `Kolmogorov distance ${distance}`);
});

test("chance in one phase moves nothing in another", () => {
  const quiet = phaseFor(pace(0, { name: "quiet" }), SECOND);
  const random = (name: string, perSecond: number): Phase =>
    phaseFor(pace(perSecond, { name, arrivals: "poisson" }), SECOND);
  const alone = dues(schedule(quiet, random("open", 500)));
  const both = dues(schedule(random("pre", 100), random("open", 500)));
  assertEquals(
    both.filter((due) => due >= SECOND),
    alone,
  );
  assertEquals(dues(schedule(quiet, random("open", 500))), alone);
  assertEquals(alone.slice(0, 3), [1_000_840_718, 1_003_106_988, 1_004_114_678]);
});

/** That what lies between neighbours has mean 1, deviation 1, and the form of the exponential. */
function exponentialGaps(all: readonly Nanos[], place: (due: Nanos) => number): void {
  const gaps = all.map((due, i) => place(due) - (i === 0 ? 0 : place(all[i - 1]!)));
  const n = gaps.length;
  const { mean, variance } = moments(gaps);
  assert(Math.abs(mean - 1) <= 3 / Math.sqrt(n), `mean gap ${mean}`);
  // The variance of a sample variance of exponentials is 8 / n.
  assert(Math.abs(variance - 1) <= 3 * Math.sqrt(8 / n), `variance ${variance}`);
  const distance = kolmogorov(
    gaps.toSorted((a, b) => a - b),
    (gap) => 1 - Math.exp(-gap),
  );
  // Exceeded by one sample in a thousand.
  assert(distance * Math.sqrt(n) < 1.95, `Kolmogorov distance ${distance}`);
}

/** The largest distance between how `sorted` is distributed and how it should be. */
function kolmogorov(sorted: readonly number[], share: (value: number) => number): number {
  const n = sorted.length;
  return sorted.reduce((most, value, i) => {
    const want = share(value);
    return Math.max(most, Math.abs(want - i / n), Math.abs(want - (i + 1) / n));
  }, 0);
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, variance: squares / (values.length - 1) };
}

function bound(of: Schedule): { next: () => Nanos } {
  return { next: () => of.next() };
}
