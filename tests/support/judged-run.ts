/** Judged runs made by hand, for what only shows them. */
import { noStages } from "./stages.ts";
import { Histogram } from "../../modules/core/histogram.ts";
import type { JudgedRun, NotRun } from "../../modules/core/result.ts";
import type { Run } from "../../modules/core/run.ts";
import { MILLISECOND, SECOND } from "../../modules/core/time.ts";
import type { Judgement, Verdict } from "../../modules/core/verdict.ts";

/** A run of 30 messages on two lines, with gaps of every kind. */
export function aRun(change: Partial<Run> = {}): Run {
  return {
    name: "a <hard> day | 100%",
    feed: "",
    protocol: "demo",
    seed: "7",
    time: "virtual",
    startedNs: 1 * MILLISECOND,
    durationNs: 3 * SECOND,
    end: "at-rest",
    first: 1,
    next: 31,
    rateWanted: 10,
    rateAchieved: 9.98,
    lateness: histogram(0, 40_000, 100_000, 2 * MILLISECOND),
    latency: histogram(10_000, 10_000, 101 * MILLISECOND),
    phases: [],
    lines: [
      {
        name: "A",
        packetsSent: 24,
        messagesSent: 24,
        packetsReceived: 24,
        malformed: 0,
        duplicates: 0,
        late: 0,
        first: 24,
        kernelDrops: 0,
      },
      {
        name: "B",
        packetsSent: 30,
        messagesSent: 30,
        packetsReceived: 29,
        malformed: 1,
        duplicates: 23,
        late: 1,
        first: 6,
        kernelDrops: undefined,
      },
    ],
    rules: [
      { name: "drop every 5", line: "A", seen: 30, hits: 6 },
      { name: "drop every 5", line: "B", seen: 30, hits: 0 },
    ],
    delivered: 28,
    undelivered: [
      { from: 20, until: 21 },
      { from: 30, until: 31 },
    ],
    timeline: [],
    gaps: [
      {
        from: 5,
        until: 6,
        scheduledNs: 401 * MILLISECOND,
        detectedNs: 501 * MILLISECOND,
        closedNs: 502 * MILLISECOND,
        passedNs: 502 * MILLISECOND,
        filledByLine: 0,
        filledByRecovery: 1,
        lost: 0,
        cause: "injected",
        rules: ["drop every 5"],
      },
      {
        from: 10,
        until: 12,
        scheduledNs: 901 * MILLISECOND,
        detectedNs: 1101 * MILLISECOND,
        closedNs: 1301 * MILLISECOND,
        passedNs: 1301 * MILLISECOND,
        filledByLine: 1,
        filledByRecovery: 0,
        lost: 1,
        cause: "injected",
        rules: ["drop every 5"],
      },
      {
        from: 20,
        until: 21,
        scheduledNs: 1901 * MILLISECOND,
        detectedNs: 2001 * MILLISECOND,
        closedNs: undefined,
        passedNs: undefined,
        filledByLine: 0,
        filledByRecovery: 0,
        lost: 0,
        cause: "late",
        rules: [],
      },
    ],
    stoppedAt: undefined,
    abandoned: [],
    losses: [5, 10, 15, 20, 25, 30].map((seq) => ({
      line: "A",
      rule: "drop every 5",
      from: seq,
      until: seq + 1,
    })),
    hits: [
      {
        line: "A",
        rule: "drop every 5",
        ranges: [5, 10, 15, 20, 25, 30].map((seq) => ({ from: seq, until: seq + 1 })),
      },
    ],
    recovery: {
      requests: 4,
      retries: 2,
      filled: 1,
      lost: 1,
      bytes: 24,
      acceptedWrong: 0,
      faults: [],
      stages: noStages(),
    },
    broken: [],
    foreign: [],
    tail: [{ from: 30, until: 31 }],
    unexplained: [],
    journal: [
      {
        event: "dropped",
        atNs: 401 * MILLISECOND,
        line: "A",
        rule: "drop every 5",
        from: 5,
        until: 6,
      },
      { event: "gap", atNs: 501 * MILLISECOND, from: 5, until: 6, recovery: true },
      { event: "filled", atNs: 502 * MILLISECOND, from: 5, until: 6, via: "recovery" },
      {
        event: "lost",
        atNs: 1301 * MILLISECOND,
        from: 10,
        until: 11,
        reason: "the server does not have it",
      },
    ],
    journalOverflow: 0,
    ...change,
  };
}

/** One verdict of each outcome. */
export function aJudgement(change: Partial<Judgement> = {}): Judgement {
  return {
    outcome: "fail",
    exitCode: 1,
    verdicts: [
      { text: "lines.A.sent == 24", outcome: "pass", got: "24" },
      { text: "gaps.detected == 6", outcome: "fail", got: "3" },
      { text: "recovery.fill_time.p99 < 100ms", outcome: "not-exercised", got: "nothing" },
      { text: "exactly once, in order", outcome: "pass", got: "" },
    ],
    notes: ["SEQ:30 was dropped and nothing came after it"],
    ...change,
  };
}

/** The run, judged. */
export function aJudgedRun(change: Partial<JudgedRun> = {}): JudgedRun {
  return {
    kind: "judged",
    operand: "days/hard.yaml",
    file: "days/hard.yaml",
    text: "feedlab: 1\n",
    bases: [],
    variables: {},
    facts: { feedlab: "0.1.0" },
    places: { "gaps.detected == 6": { line: 9, column: 5, length: 18 } },
    runs: [aRun()],
    judgement: aJudgement(),
    ...change,
  };
}

/** A run in which everything went well. */
export function aPassedRun(change: Partial<JudgedRun> = {}): JudgedRun {
  const verdicts = aJudgement().verdicts.filter(({ outcome }) => outcome === "pass");
  return aJudgedRun({
    operand: "demo",
    file: "demo.yaml",
    runs: [aRun({ name: "a good day", tail: [], gaps: aRun().gaps.slice(0, 1) })],
    judgement: { outcome: "pass", exitCode: 0, verdicts, notes: [] },
    ...change,
  });
}

/** A run of two feeds, of which one failed. */
export function aJudgedRunOfTwo(change: Partial<JudgedRun> = {}): JudgedRun {
  const verdicts = ["tapeA", "tapeB"].flatMap((feed): Verdict[] => [
    { feed, text: `${feed}: lines.A.sent == 24`, outcome: "pass", got: "24" },
    {
      feed,
      text: `${feed}: gaps.detected == 3`,
      metric: "gaps.detected",
      outcome: feed === "tapeA" ? "pass" : "fail",
      got: feed === "tapeA" ? "3" : "1",
    },
  ]);
  return aJudgedRun({
    places: { "tapeB: gaps.detected == 3": { line: 9, column: 5, length: 18 } },
    runs: [
      aRun({ feed: "tapeA" }),
      aRun({ feed: "tapeB", tail: [], durationNs: 4 * SECOND, gaps: aRun().gaps.slice(0, 1) }),
    ],
    judgement: aJudgement({ verdicts, notes: ["tapeA: SEQ:30 was dropped"] }),
    ...change,
  });
}

/** A scenario with a mistake. */
export function aNotRun(change: Partial<NotRun> = {}): NotRun {
  return {
    kind: "not-run",
    operand: "bad.yaml",
    file: "bad.yaml",
    reason: "1 error, 1 warning; nothing was sent (exit 2)",
    mistakes: [
      {
        severity: "error",
        line: 3,
        column: 7,
        length: 4,
        message: 'feed: unknown key "rote": did you mean "rate"?',
      },
      { severity: "warning", line: 5, column: 1, length: 2, message: "50%, never\nfires" },
    ],
    exitCode: 2,
    ...change,
  };
}

/** A histogram of these samples. */
export function histogram(...samples: readonly number[]): Histogram {
  const made = new Histogram();
  for (const sample of samples) made.record(sample);
  return made;
}
