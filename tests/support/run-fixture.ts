import { Histogram } from "../../modules/core/histogram.ts";
import type { ExplainedGap, LineRun, Run } from "../../modules/core/run.ts";
import { MICROSECOND, MILLISECOND, type Nanos, SECOND } from "../../modules/core/time.ts";

/** Times, counted. */
export function histogramOf(values: readonly Nanos[]): Histogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
}

/** A gap of one message that recovery brought 100 ms after it was noticed. */
export function gapOf(changes: Partial<ExplainedGap>): ExplainedGap {
  return {
    from: 5,
    until: 6,
    scheduledNs: 2 * SECOND,
    detectedNs: 2.5 * SECOND,
    closedNs: 2.6 * SECOND,
    passedNs: 2.6 * SECOND,
    filledByLine: 0,
    filledByRecovery: 1,
    lost: 0,
    cause: "injected",
    rules: ["burst loss"],
    ...changes,
  };
}

/** A line on which all went well. */
export function lineOf(changes: Partial<LineRun>): LineRun {
  return {
    name: "a",
    packetsSent: 18,
    messagesSent: 18,
    packetsReceived: 17,
    malformed: 0,
    duplicates: 0,
    late: 0,
    first: 17,
    kernelDrops: 0,
    ...changes,
  };
}

/**
 * Eleven seconds in which everything happened once: a gap that recovery filled, one that a line
 * filled, one of which something was given up, and one that is open.
 */
export function runOf(changes: Partial<Run> = {}): Run {
  return {
    name: "fixture",
    feed: "",
    protocol: "demo",
    seed: "7",
    time: "virtual",
    startedNs: 0,
    durationNs: 11 * SECOND,
    end: "at-rest",
    first: 1,
    next: 26,
    rateWanted: 2,
    rateAchieved: 1.9,
    phases: [],
    undelivered: [],
    lateness: histogramOf([1, 2, 3].map((us) => us * MICROSECOND)),
    lines: [
      lineOf({ name: "a", malformed: 1, duplicates: 2, kernelDrops: 1 }),
      lineOf({ name: "b", packetsSent: 22, packetsReceived: 22 }),
    ],
    rules: [
      { name: "burst loss", line: "a", seen: 22, hits: 4 },
      { name: "burst loss", line: "b", seen: 18, hits: 1 },
      { name: "drop every 5", line: "a", seen: 0, hits: 0 },
    ],
    timeline: [],
    delivered: 23,
    gaps: [
      gapOf({}),
      gapOf({
        from: 10,
        until: 13,
        scheduledNs: 4.5 * SECOND,
        detectedNs: 5 * SECOND,
        closedNs: 5 * SECOND + 50 * MILLISECOND,
        passedNs: 5 * SECOND + 50 * MILLISECOND,
        filledByLine: 3,
        filledByRecovery: 0,
      }),
      gapOf({
        from: 20,
        until: 22,
        scheduledNs: 9.5 * SECOND,
        detectedNs: 10 * SECOND,
        closedNs: 10.8 * SECOND,
        passedNs: 10.9 * SECOND,
        lost: 1,
      }),
      gapOf({
        from: 24,
        until: 25,
        scheduledNs: 10.5 * SECOND,
        detectedNs: 10.9 * SECOND,
        closedNs: undefined,
        passedNs: undefined,
        filledByRecovery: 0,
      }),
    ],
    stoppedAt: undefined,
    abandoned: [{ from: 21, until: 22 }],
    losses: [
      { line: "a", rule: "burst loss", from: 5, until: 6 },
      { line: "a", rule: "burst loss", from: 10, until: 13 },
      { line: "b", rule: "burst loss", from: 10, until: 13 },
    ],
    hits: [],
    latency: histogramOf([1, 1, 100].map((ms) => ms * MILLISECOND)),
    recovery: {
      requests: 5,
      retries: 2,
      filled: 2,
      lost: 1,
      bytes: 60,
      acceptedWrong: 0,
      faults: [{ name: "silent", hits: 2 }],
      stages: {
        decided: histogramOf([1 * MILLISECOND]),
        connected: histogramOf([2 * MILLISECOND]),
        firstByte: histogramOf([3 * MILLISECOND]),
        filled: histogramOf([4 * MILLISECOND]),
        delivered: histogramOf([5 * MILLISECOND]),
      },
    },
    snapshot: { next: 1, messages: 6, tookNs: 300 * MILLISECOND, attempts: 2 },
    broken: [],
    foreign: [],
    tail: [],
    unexplained: [],
    journal: [],
    journalOverflow: 0,
    ...changes,
  };
}
