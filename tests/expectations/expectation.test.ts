import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import type { Run, SnapshotRun } from "../../modules/core/run.ts";
import { MILLISECOND, SECOND } from "../../modules/core/time.ts";
import { UnitError } from "../../modules/core/units.ts";
import {
  checkNames,
  isBeyond,
  judge,
  parseExpectation,
} from "../../modules/expectations/expectation.ts";
import { metrics } from "../../modules/expectations/mod.ts";
import { gapOf, histogramOf, runOf } from "../support/run-fixture.ts";

const parse = (text: string) => parseExpectation(text, metrics);

const outcome = (text: string, changes: Partial<Run> = {}): string =>
  judge(parse(text), runOf(changes)).outcome;

const got = (text: string, changes: Partial<Run> = {}): string =>
  judge(parse(text), runOf(changes)).got;

test("an expectation is a metric, an operator and a value", () => {
  const { text, metric, param, stat, op, low, high } = parse("  gaps.detected==4 ");
  assertEquals(
    [text, metric.name, param, stat, op],
    ["gaps.detected==4", "gaps.detected", "", undefined, "=="],
  );
  assertEquals(
    [low, high],
    [
      { value: 4, share: false },
      { value: 4, share: false },
    ],
  );
});

test("of samples a statistic is wanted, of a line or a rule its name", () => {
  const times = parse("gaps.detect_latency.p99.9 <= 600ms");
  assertEquals(
    [times.metric.name, times.stat, times.low.value],
    ["gaps.detect_latency", "p99.9", 600e6],
  );
  const line = parse("lines.a.duplicate < 1k");
  assertEquals([line.metric.name, line.param, line.low.value], ["lines.*.duplicate", "a", 1000]);
  const rule = parse("impair.burst_loss.rate in 1%..4%");
  assertEquals([rule.metric.name, rule.param, rule.op], ["impair.*.rate", "burst_loss", "in"]);
  assertEquals(
    [rule.low, rule.high],
    [
      { value: 0.01, share: true },
      { value: 0.04, share: true },
    ],
  );
  assertEquals(parse("gaps.size.count == 4").low, { value: 4, share: false });
  assertEquals(parse("pacing.achieved >= 1.5/s").low, { value: 1.5, share: false });
});

test("of some counts the messages themselves are wanted", () => {
  assertEquals(outcome("gaps.abandoned.seqs == [21]"), "pass");
  assertEquals(outcome("gaps.abandoned.seqs == 21"), "pass");
  assertEquals(outcome("gaps.abandoned.seqs != [20, 21]"), "pass");
  assertEquals(outcome("gaps.abandoned.seqs == []"), "fail");
  assertEquals(outcome("gaps.abandoned.seqs == []", { abandoned: [] }), "pass");
  assertEquals(got("gaps.detected.seqs == 5"), "5, 10..12, 20..21, 24");
  assertEquals(got("gaps.filled.seqs == [5, 10..12]"), "5, 10..12");
  assertEquals(got("gaps.abandoned.seqs == 80", { abandoned: [] }), "none");
  const neighbours = [
    { from: 80, until: 81 },
    { from: 81, until: 83 },
  ];
  assertEquals(outcome("gaps.abandoned.seqs == 80..82", { abandoned: neighbours }), "pass");
  assertEquals(isBeyond(parse("gaps.abandoned.seqs == []"), runOf()), false);
});

test("each mistake is told what to write instead", () => {
  const shape = (text: string) =>
    `${JSON.stringify(text)} is not an expectation: write metric op value, like gaps.detected == 4`;
  const have = `have ${metrics.map(({ name }) => name).join(", ")}`;
  const stats = "min, mean, max, p50, p90, p99, p99.9, count";
  const mistakes: Readonly<Record<string, string>> = {
    "": shape(""),
    "gaps.detected": shape("gaps.detected"),
    "gaps.detected ==": shape("gaps.detected =="),
    "gaps.detected = 4": shape("gaps.detected = 4"),
    "gaps.detected is 4": shape("gaps.detected is 4"),
    "== 4": shape("== 4"),
    "gaps.detcted == 4": 'no metric "gaps.detcted": did you mean "gaps.detected"?',
    "gaps.size.mx == 4": 'no metric "gaps.size.mx": did you mean "gaps.size.max"?',
    "happiness == 4": `no metric "happiness": ${have}`,
    "lines.sent == 4": `no metric "lines.sent": did you mean "lines.*.sent"?`,
    "gaps.size == 4": `"gaps.size" has many values: say which, like gaps.size.max (${stats})`,
    "gaps.detected.max == 4": '"gaps.detected.max" is one number: leave out ".max"',
    "gaps.detected.seqs < [4]":
      '"gaps.detected.seqs" is a set of messages: compare it with == or !=',
    "gaps.detected.seqs == many": '"many" is not a set of numbers: write 10, 15..20 or 1000..',
    "delivered.seqs == 4":
      '"delivered.seqs": messages are named of gaps.detected, gaps.filled, gaps.abandoned: take one of these',
    "gaps.abandoned.sqes == 4":
      'no metric "gaps.abandoned.sqes": did you mean "gaps.abandoned.seqs"?',
    "gaps.detected == many": '"many" is not a whole number: write 500, 1_000 or 10k',
    "gaps.detected == 1.5": '"1.5" is not a whole number: write 500, 1_000 or 10k',
    "gaps.open_time.max < 600": '"600" has no unit: write 600ms or 600s',
    "pacing.achieved == 2": '"2" has no unit: write 2/s',
    "gaps.open_time.max < 5%": '"5%" is a share, but gaps.open_time is none',
    "gaps.size.count < 5%": '"5%" is a share, but gaps.size is none',
    "gaps.detected < 5%": '"5%" is a share, but gaps.detected is none',
    "delivered == 101%": '"101%" is more than always: write 0% to 100%',
    "delivered in 4": '"4" is not a range: write it like 1%..4%',
    "delivered in 1..2..3": '"1..2..3" is not a range: write it like 1%..4%',
    "delivered in 4..": '"" is not a whole number: write 500, 1_000 or 10k',
    "delivered in 90%..25": '"90%..25" is a share at one end only: write it like 1%..4%',
    "delivered in 4%..1%": '"4%..1%" runs backwards: write 1%..4%',
  };
  for (const [text, message] of Object.entries(mistakes)) {
    assertEquals(assertThrows(() => parse(text), UnitError).message, message);
  }
});

test("names of lines and rules must be those of the scenario", () => {
  const names = { lines: ["a", "b"], impair: [], phases: ["open"] };
  assertEquals(checkNames(parse("gaps.detected == 4"), names), undefined);
  assertEquals(checkNames(parse("lines.b.sent == 4"), names), undefined);
  assertEquals(
    checkNames(parse("lines.c.sent == 4"), names),
    '"lines.c.sent == 4" names no line of this scenario: have a, b',
  );
  assertEquals(
    checkNames(parse("impair.burst.hits == 4"), names),
    '"impair.burst.hits == 4" names no rule of this scenario: there is no rule',
  );
});

test("a phase must be one of the scenario, and the metric known by phase", () => {
  const names = { lines: ["a"], impair: [], phases: ["open", "settle"] };
  const inPhase = (text: string, phase: string): string | undefined =>
    checkNames({ ...parse(text), phase }, names);
  assertEquals(inPhase("gaps.detected == 4", "open"), undefined);
  assertEquals(inPhase("gaps.detected == 4", "close"), 'no phase "close": have open, settle');
  assertEquals(
    inPhase("recovery.requests == 4", "open"),
    "recovery.requests is not known by phase: leave out phase, or take another metric",
  );
});

test("of a phase, only what lies in it is judged", () => {
  const phase = { wanted: 10, achieved: 10, lateness: histogramOf([1]), from: 0, until: 0 };
  const run = runOf({
    first: 1,
    next: 31,
    phases: [
      { ...phase, name: "open", messages: 10 },
      { ...phase, name: "settle", messages: 20 },
    ],
    gaps: [gapOf({ from: 10, until: 11 }), gapOf({ from: 11, until: 13 })],
    losses: [],
    undelivered: [{ from: 9, until: 13 }],
    delivered: 26,
  });
  const of = (text: string, name: string): string =>
    judge({ ...parse(text), phase: name }, run).got;
  assertEquals(of("gaps.size.max == 1", "open"), "1");
  assertEquals(of("gaps.size.max == 1", "settle"), "2");
  assertEquals(of("delivered == 80%", "open"), "80% (8 of 10)");
  assertEquals(of("delivered == 90%", "settle"), "90% (18 of 20)");
  assertEquals(judge({ ...parse("delivered == 1"), phase: "gone" }, run).outcome, "not-exercised");
});

test("a gap across the end of a phase belongs to both, and an empty phase has none", () => {
  const phase = { wanted: 10, achieved: 10, lateness: histogramOf([1]), from: 0, until: 0 };
  const run = runOf({
    first: 1,
    next: 21,
    phases: [
      { ...phase, name: "open", messages: 10 },
      { ...phase, name: "idle", messages: 0 },
      { ...phase, name: "settle", messages: 10 },
    ],
    gaps: [gapOf({ from: 9, until: 14, filledByRecovery: 4, lost: 1 })],
    losses: [{ line: "a", rule: "burst loss", from: 9, until: 14 }],
    undelivered: [{ from: 9, until: 10 }],
  });
  const of = (text: string, name: string): string =>
    judge({ ...parse(text), phase: name }, run).got;
  assertEquals([of("gaps.size.max == 2", "open"), of("gaps.size.max == 3", "settle")], ["2", "3"]);
  assertEquals([of("lines.a.lost == 2", "open"), of("lines.a.lost == 3", "settle")], ["2", "3"]);
  assertEquals(
    [of("gaps.abandoned == 1", "open"), of("gaps.abandoned == 0", "settle")],
    ["1", "0"],
  );
  assertEquals(judge({ ...parse("gaps.detected == 0"), phase: "idle" }, run).outcome, "pass");
  assertEquals(of("delivered == 0", "idle"), "nothing to measure");
});

test("a count by the second of the run, or of the phase", () => {
  const run = runOf({ durationNs: 4 * SECOND });
  const of = (text: string): string => judge(parse(text), run).got;
  // Five requests in four seconds.
  assertEquals(of("recovery.requests.rate < 2/s"), "1.25/s");
  assertEquals(judge(parse("recovery.requests.rate < 1/s"), run).outcome, "fail");
  assertEquals(
    judge(parse("recovery.requests.rate < 1/s"), runOf({ durationNs: 0 })).outcome,
    "not-exercised",
  );
  assertThrows(() => parse("recovery.requests.rate < 2"), UnitError, '"2" has no unit: write 2/s');
  assertThrows(() => parse("gaps.size.rate < 2/s"), UnitError, "only a count goes by the second");
});

test("a run is beyond saving when a bound is passed that only growing numbers pass", () => {
  const run = runOf({ gaps: [gapOf({}), gapOf({})] });
  const beyond = (text: string): boolean => isBeyond(parse(text), run);
  for (const text of ["gaps.detected < 2", "gaps.detected <= 1", "gaps.detected == 1"]) {
    assertEquals([text, beyond(text)], [text, true]);
  }
  for (const text of ["gaps.detected <= 2", "gaps.detected == 3", "gaps.detected > 5"]) {
    assertEquals([text, beyond(text)], [text, false]);
  }
  assertEquals(beyond("gaps.detected in 0..1"), true);
  assertEquals(beyond("gaps.size.min < 1"), false);
  assertEquals(beyond("gaps.size.max < 1"), true);
  assertEquals(beyond("gaps.size.count == 1"), true);
});

test("a rate that is too high may still fall", () =>
  assertEquals(isBeyond(parse("pacing.achieved <= 1/s"), runOf({ rateAchieved: 2 })), false));

test("every operator, below, at and above the value", () => {
  const outcomes: Readonly<Record<string, readonly [string, string, string]>> = {
    "==": ["fail", "pass", "fail"],
    "!=": ["pass", "fail", "pass"],
    "<": ["fail", "fail", "pass"],
    "<=": ["fail", "pass", "pass"],
    ">": ["pass", "fail", "fail"],
    ">=": ["pass", "pass", "fail"],
  };
  for (const [op, expected] of Object.entries(outcomes)) {
    // 23 of 25 were delivered: 92 %.
    const counts = [22, 23, 24].map((n) => outcome(`delivered ${op} ${n}`));
    const shares = [91.9, 92, 92.1].map((share) => outcome(`delivered ${op} ${share}%`));
    assertEquals([counts, shares], [[...expected], [...expected]], op);
  }
});

test("in: both ends are in, as counts and as shares", () => {
  for (const [range, expected] of [
    ["20..22", "fail"],
    ["20..23", "pass"],
    ["23..23", "pass"],
    ["23..30", "pass"],
    ["24..30", "fail"],
    ["90%..91%", "fail"],
    ["90%..92%", "pass"],
    ["92%..100%", "pass"],
    ["93%..100%", "fail"],
  ] as const) {
    assertEquals(outcome(`delivered in ${range}`), expected, range);
  }
});

test("what was achieved can be more than all that was asked for", () => {
  const change = { rateAchieved: 2.01 };
  assertEquals(outcome("pacing.achieved in 99%..101%", change), "pass");
  assertEquals(outcome("pacing.achieved <= 100%", change), "fail");
});

test("a share that no binary fraction meets is still equal to itself", () => {
  for (let of = 1; of <= 100; of++) {
    for (let delivered = 0; delivered <= of; delivered++) {
      const share = (100 * delivered) / of;
      // Only shares that are written with few digits can be meant to be equal.
      if (!Number.isInteger(share * 1000)) continue;
      assertEquals(outcome(`delivered == ${share}%`, { next: 1 + of, delivered }), "pass");
    }
  }
});

test("a share and a count of the same thing show both", () => {
  assertEquals(got("delivered == 100%"), "92% (23 of 25)");
  assertEquals(got("delivered == 25"), "23 of 25");
  assertEquals(got("gaps.detected == 4"), "4");
  assertEquals(got("gaps.size.mean == 2"), "1.75");
  assertEquals(got("gaps.open_time.max < 1s"), "800ms");
  assertEquals(got("pacing.achieved >= 2/s"), "1.9/s");
  assertEquals(got("pacing.achieved in 99%..101%"), "95% (1.9/s of 2/s)");
  assertEquals(got("impair.burst_loss.rate in 1%..4%"), "12.5% (5 of 40)");
});

test("where there was nothing to measure, nothing was exercised", () => {
  const none: readonly (readonly [string, Partial<Run>])[] = [
    ["delivered == 100%", { next: 1 }],
    ["delivered == 0", { next: 1 }],
    ["gaps.open_time.max < 1s", { gaps: [] }],
    ["gaps.size.mean == 1", { gaps: [] }],
    ["lines.nowhere.sent == 0", {}],
    ["impair.drop_every_5.hits == 0", {}],
    ["impair.drop_every_5.rate == 0%", {}],
    ["pacing.lateness.max < 1s", { lateness: histogramOf([]) }],
    ["pacing.achieved >= 1/s", { rateAchieved: Infinity }],
    ["pacing.achieved >= 1/s", { rateAchieved: NaN }],
    ["recovery.fill_time.max < 1s", { gaps: [] }],
    ["kernel.drops == 0", { lines: [{ ...runOf().lines[0]!, kernelDrops: undefined }] }],
  ];
  for (const [text, changes] of none) {
    assertEquals(judge(parse(text), runOf(changes)), {
      text,
      outcome: "not-exercised",
      got: "nothing to measure",
    });
  }
});

test("that there were no samples is a count of its own", () =>
  assertEquals(outcome("gaps.size.count == 0", { gaps: [] }), "pass"));

/**
 * For each metric, what holds for the run of the fixture by its own numbers, and a change to the run
 * that breaks it.
 */
const CASES: Readonly<Record<string, readonly [text: string, worse: Partial<Run>]>> = {
  delivered: ["delivered == 92%", { delivered: 22 }],
  "delivery.latency": [
    "delivery.latency.max == 100ms",
    { latency: histogramOf([101 * MILLISECOND]) },
  ],
  "delivery.stall": [
    "delivery.stall.max == 900ms",
    { gaps: [gapOf({ detectedNs: 0, passedNs: 901 * MILLISECOND })] },
  ],
  "gaps.detected": ["gaps.detected == 4", { gaps: [gapOf({})] }],
  "gaps.filled": ["gaps.filled == 2", { gaps: [gapOf({}), gapOf({ lost: 1 })] }],
  "gaps.abandoned": ["gaps.abandoned == 1", { gaps: [gapOf({ closedNs: undefined })] }],
  "gaps.size": ["gaps.size.max == 3", { gaps: [gapOf({ from: 1, until: 5 })] }],
  "gaps.detect_latency": [
    "gaps.detect_latency.max == 500ms",
    { gaps: [gapOf({ scheduledNs: 0, detectedNs: SECOND })] },
  ],
  "gaps.open_time": [
    "gaps.open_time.max == 800ms",
    { gaps: [gapOf({ detectedNs: 0, closedNs: SECOND })] },
  ],
  "lines.*.sent": ["lines.b.sent == 22", lineWith({ packetsSent: 21 })],
  "lines.*.received": ["lines.b.received == 22", lineWith({ packetsReceived: 21 })],
  "lines.*.lost": ["lines.a.lost == 4", { losses: [] }],
  "lines.*.late": ["lines.b.late == 0", lineWith({ late: 1 })],
  "lines.*.first": ["lines.b.first == 17", lineWith({ first: 16 })],
  "lines.*.duplicate": ["lines.b.duplicate == 0", lineWith({ duplicates: 1 })],
  "lines.*.malformed": ["lines.b.malformed == 0", lineWith({ malformed: 1 })],
  "impair.*.hits": ["impair.burst_loss.hits == 5", ruleWith({ hits: 6 })],
  "impair.*.rate": ["impair.burst_loss.rate == 12.5%", ruleWith({ hits: 6 })],
  "recovery.requests": ["recovery.requests == 5", recoveryWith({ requests: 6 })],
  "recovery.retries": ["recovery.retries == 2", recoveryWith({ retries: 3 })],
  "recovery.filled": ["recovery.filled == 2", recoveryWith({ filled: 1 })],
  "recovery.lost": ["recovery.lost == 1", recoveryWith({ lost: 2 })],
  "snapshot.messages": ["snapshot.messages == 6", snapshotWith({ messages: 5 })],
  "snapshot.attempts": ["snapshot.attempts <= 2", snapshotWith({ attempts: 3 })],
  "snapshot.load_time": [
    "snapshot.load_time.max <= 300ms",
    snapshotWith({ tookNs: 301 * MILLISECOND }),
  ],
  "recovery.bytes": ["recovery.bytes == 60", recoveryWith({ bytes: 61 })],
  "recovery.accepted_wrong": ["recovery.accepted_wrong == 0", recoveryWith({ acceptedWrong: 1 })],
  "recovery.faults": ["recovery.faults == 2", recoveryWith({ faults: [{ name: "a", hits: 1 }] })],
  "recovery.faults.unused": [
    "recovery.faults.unused == 0",
    recoveryWith({ faults: [{ name: "a", hits: 0 }] }),
  ],
  "recovery.decide_time": ["recovery.decide_time.max <= 1ms", stagesOf(2)],
  "recovery.connect_time": ["recovery.connect_time.max <= 2ms", stagesOf(3)],
  "recovery.first_byte_time": ["recovery.first_byte_time.max <= 3ms", stagesOf(4)],
  "recovery.transfer_time": ["recovery.transfer_time.max <= 4ms", stagesOf(5)],
  "recovery.deliver_time": ["recovery.deliver_time.max <= 5ms", stagesOf(6)],
  "recovery.fill_time": [
    "recovery.fill_time.max == 100ms",
    { gaps: [gapOf({ detectedNs: 0, closedNs: SECOND })] },
  ],
  "pacing.lateness": ["pacing.lateness.max == 3us", { lateness: histogramOf([4000]) }],
  "pacing.achieved": ["pacing.achieved == 95%", { rateAchieved: 2 }],
  "kernel.drops": ["kernel.drops == 1", { lines: [] }],
};

function lineWith(changes: Partial<Run["lines"][number]>): Partial<Run> {
  return { lines: [{ ...runOf().lines[1]!, ...changes }] };
}

function ruleWith(changes: Partial<Run["rules"][number]>): Partial<Run> {
  return { rules: [{ name: "burst loss", line: "a", seen: 40, hits: 5, ...changes }] };
}

function recoveryWith(changes: Partial<Run["recovery"]>): Partial<Run> {
  return { recovery: { ...runOf().recovery, ...changes } };
}

/** Each step of recovery took so many milliseconds. */
function stagesOf(ms: number): Partial<Run> {
  const took = histogramOf([ms * MILLISECOND]);
  const stages = { decided: took, connected: took, firstByte: took, filled: took, delivered: took };
  return recoveryWith({ stages });
}

function snapshotWith(changes: Partial<SnapshotRun>): Partial<Run> {
  return { snapshot: { ...runOf().snapshot!, ...changes } };
}

test("every metric has a name of its own, and a case below", () => {
  const names = metrics.map(({ name }) => name);
  assertEquals(Object.keys(CASES).toSorted(), names.toSorted());
});

for (const { name } of metrics) {
  test(`${name}: a run that passes, and one that fails`, () => {
    const [text, worse] = CASES[name]!;
    assertEquals(parse(text).metric.name, name);
    assertEquals(outcome(text), "pass");
    assertEquals(outcome(text, worse), "fail");
  });
}

test("no metric needs what is found out at the end alone: abort looks before", () => {
  const gaps = runOf().gaps.map((gap) => ({ ...gap, cause: "unexplained" as const, rules: [] }));
  for (const [text] of Object.values(CASES)) {
    assertEquals(got(text, { gaps, hits: [] }), got(text), text);
  }
});

test("a value of another unit is told as what it is", () => {
  const wrong = (text: string): string =>
    assertThrows(() => parseExpectation(text, metrics), UnitError).message;
  assertEquals(
    wrong("delivered == 5ms"),
    '"5ms" is a time, but delivered is a count: write it like 500',
  );
  assertEquals(
    wrong("delivery.latency.max < 10k/s"),
    '"10k/s" is a rate, but delivery.latency is a time: write it like 500ms',
  );
  assertEquals(
    wrong("delivery.latency.count < 1s"),
    '"1s" is a time, but delivery.latency.count is a count: write it like 500',
  );
  // A bare number may only lack its unit.
  assertEquals(wrong("delivery.latency.max < 5"), '"5" has no unit: write 5ms or 5s');
});
