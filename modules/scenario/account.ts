/** What is known of a run, gathered from those that took part in it. */
import { Histogram } from "../core/histogram.ts";
import { RangeSet } from "../core/ranges.ts";
import type { FaultRun, RecoveryStages, PhaseRun, Run, RunEnd, TimelineRun } from "../core/run.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import { formatEndpoint } from "../core/units.ts";
import type { ListenerNode } from "../nodes/listener.ts";
import { meanRate } from "../protocol/schedule/phase.ts";
import type { World } from "../worlds/world.ts";
import { explainGaps, explainMissing, type LineTruth } from "./causes.ts";
import type { FeedScenario, Handler } from "./feed-scenario.ts";
import type { Publishing } from "./publishing.ts";
import type { Recorder } from "./recorder.ts";
import type { StagedEntry } from "./stage.ts";

/** A listener, and how far the feed was when it came. */
export interface Joined {
  readonly listener: ListenerNode;
  readonly at: Seq;
  readonly packetsBefore: readonly number[];
}

/** All that took part in a run. */
export interface Parties {
  /** What the scenario is called. */
  readonly name: string;
  readonly scenario: FeedScenario;
  readonly handler: Handler;
  readonly world: World;
  readonly seed: string;
  readonly startedNs: Nanos;
  /** When all of the feed had come or was given up; undefined as long as something may come. */
  readonly restedNs: Nanos | undefined;
  readonly publisher: Publishing;
  readonly threads: Run["threads"];
  readonly joined: Joined;
  readonly recorder: Recorder;
  readonly entries: readonly StagedEntry[];
  /** The faults of recovery servers. */
  readonly faults: readonly FaultRun[];
  /** How often each entry came to bear. */
  readonly met: ReadonlyMap<number, number>;
}

/**
 * What is known of a run. While it goes on, that is what metrics are read from: who made the gaps, and
 * what rules touched, costs more the longer a run is, and is wanted at its end alone.
 */
export function accountOf(parties: Parties, end: RunEnd | "going-on"): Run {
  const { name, scenario, handler, world, seed, startedNs, restedNs, entries, met } = parties;
  const { publisher, joined, recorder } = parties;
  const over = end !== "going-on";
  const { listener, at } = joined;
  const { first, next } = publisher;
  const { stoppedAt } = listener;
  const undelivered = new RangeSet();
  undelivered.add(first, next);
  for (const { from, until } of recorder.resolved) undelivered.remove(from, until);
  for (const { from, until } of recorder.lost) undelivered.add(from, until);
  const { totals } = listener;
  const truths: LineTruth[] = listener.lines.map(({ name, kernelDrops }, i) => ({
    name,
    joinedAt: at,
    left: recorder.leftOn(name),
    late: listener.arrivals[i]!.late,
    overflowed: recorder.overflowedOn(name),
    kernelDrops,
  }));
  return {
    name,
    feed: scenario.name,
    ...(handler.name === "" ? {} : { handler: handler.name }),
    protocol: scenario.feed.protocol.definition.name,
    seed,
    time: world.clock.kind,
    ...(parties.threads && { threads: parties.threads }),
    startedNs,
    durationNs: (restedNs ?? world.clock.now()) - startedNs,
    end: over ? end : "aborted",
    first,
    next,
    rateWanted: scenario.feed.perSecond,
    rateAchieved: publisher.rateAchieved,
    lateness: publisher.lateness,
    phases: phasesOf(scenario.feed, publisher),
    latency: recorder.latency,
    lines: publisher.lines.map((sent, i) => {
      const received = listener.lines[i]!;
      return {
        name: sent.name,
        packetsSent: sent.packets,
        messagesSent: sent.messages,
        packetsReceived: received.packets,
        malformed: received.malformed,
        duplicates: received.duplicates,
        late: received.late,
        first: received.messages - received.duplicates,
        // What a pause cost, a system would have dropped.
        kernelDrops:
          received.kernelDrops === undefined
            ? undefined
            : received.kernelDrops + received.overflowed,
      };
    }),
    rules: publisher.counts.flatMap((counts, i) =>
      counts.map((count) => ({ ...count, line: scenario.lines[i]!.name })),
    ),
    delivered: recorder.delivered,
    undelivered: [...undelivered],
    gaps: over
      ? explainGaps(recorder.gaps, recorder.hits, truths, recorder)
      : recorder.gaps.map((gap) => ({ ...gap, cause: "unexplained", rules: [] })),
    stoppedAt,
    abandoned: [...recorder.lost],
    losses: recorder.losses,
    hits: over ? recorder.hits : [],
    recovery: {
      requests: totals.requests,
      retries: totals.retries,
      filled: totals.filledByRecovery,
      lost: totals.lost,
      bytes: totals.recoveryBytes,
      acceptedWrong: recorder.acceptedWrong,
      faults: parties.faults,
      stages: stagesOf(listener, recorder),
    },
    snapshot: recorder.snapshot,
    broken: recorder.broken,
    foreign: foreignLines(scenario, publisher, listener, recorder),
    // Who was stopped had no chance to bring the rest.
    ...(end === "at-rest"
      ? explainMissing(missingOf(parties), [
          ...recorder.spoiled,
          ...truths.flatMap(({ overflowed }) => [...overflowed]),
        ])
      : { tail: [], unexplained: [] }),
    // What another thread did is told somewhat later.
    journal:
      over && (parties.threads?.own.length ?? 0) > 0
        ? recorder.journal.toSorted((a, b) => a.atNs - b.atNs)
        : recorder.journal,
    journalOverflow: recorder.journalOverflow,
    timeline: timelineOf(entries, met),
  };
}

/** What was wanted, and neither came nor was given up. What comes after a stop nobody waits for. */
function missingOf({ handler, publisher, joined, recorder }: Parties): RangeSet {
  const { first, next } = publisher;
  const { listener } = joined;
  const missing = new RangeSet();
  const from = wantedFrom(handler, first, listener.next ?? next, recorder.snapshot?.next);
  missing.add(from, listener.stoppedAt ?? next);
  for (const { from, until } of recorder.resolved) missing.remove(from, until);
  return missing;
}

/** How long each step of recovery took; the last one is known of gaps alone. */
function stagesOf({ recovery }: ListenerNode, { gaps }: Recorder): RecoveryStages {
  const none = (): Histogram => new Histogram();
  const { decided, connected, firstByte, filled } = recovery?.times ?? {
    decided: none(),
    connected: none(),
    firstByte: none(),
    filled: none(),
  };
  const delivered = new Histogram();
  for (const { closedNs, passedNs, filledByRecovery } of gaps) {
    if (closedNs === undefined || passedNs === undefined || filledByRecovery === 0) continue;
    delivered.record(Math.max(0, passedNs - closedNs));
  }
  return { decided, connected, firstByte, filled, delivered };
}

/** What came of the entries that are no rules: those count for themselves. */
export function timelineOf(
  entries: readonly StagedEntry[],
  met: ReadonlyMap<number, number>,
): TimelineRun[] {
  return entries.flatMap(({ name, from, effect }, i) =>
    effect.kind === "rule" ? [] : [{ name, from, hits: met.get(i) ?? 0 }],
  );
}

/** The first number that the listener was meant to deliver. */
function wantedFrom({ listen }: Handler, first: Seq, next: Seq, begun: Seq | undefined): Seq {
  const { start } = listen;
  if (start === "first") return first;
  if (start === "snapshot") return begun ?? next;
  return start === "now" ? next : Math.max(first, start);
}

/** Where more came than left, or what nobody had published, and no rule can have made it. */
function foreignLines(
  { lines }: FeedScenario,
  publisher: Publishing,
  listener: ListenerNode,
  { invented, damaging }: Recorder,
): string[] {
  const more = lines.filter((_, i) => listener.lines[i]!.packets > publisher.lines[i]!.packets);
  const some = more.length === 0 && invented && damaging.size === 0 ? lines : more;
  return some.map(({ group, name }) => `${formatEndpoint(group)} (line ${name})`);
}

function phasesOf({ phases, windows }: FeedScenario["feed"], publisher: Publishing): PhaseRun[] {
  return [...windows].map(([name, window], i) => {
    const { rate: achieved, messages, lateness } = publisher.phase(i);
    const phase = phases[i]!;
    // A pause makes the same messages take longer.
    const wanted = (meanRate([phase]) * phase.length) / (window.until - window.from);
    return { name, ...window, wanted, achieved, messages, lateness };
  });
}
