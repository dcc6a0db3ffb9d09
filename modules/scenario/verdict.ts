import { EXIT, type ExitCode } from "../core/errors.ts";
import {
  type ExplainedGap,
  type Invariant,
  INVARIANTS,
  ofPart,
  type Part,
  type Run,
  type Runs,
} from "../core/run.ts";
import { RangeSet } from "../core/ranges.ts";
import { formatFirstRanges, formatRanges, type SeqRange } from "../core/seq.ts";
import { NEVER } from "../core/time.ts";
import { formatDuration, plural } from "../core/units.ts";
import type { Judgement, Outcome, Verdict } from "../core/verdict.ts";
import { type Expectation, isBeyond, isSafe, judge } from "../expectations/expectation.ts";
import { expectedOf, type FeedScenario } from "./feed-scenario.ts";
import type { Scenario } from "./load.ts";
import { unmetFaultText } from "./faults.ts";
import { isIdle, isIdleFault } from "./idle.ts";
import { unusedRuleText } from "./rules.ts";
import { serversOf } from "./servers.ts";
import { unmetEntryText } from "./timeline.ts";

/** Stretches of numbers that a note names. */
const SHOWN_MAX = 5;

/** What is to be known of a feed whose run is judged. */
type JudgedFeed = Pick<FeedScenario, "name" | "heartbeats"> &
  Partial<Pick<FeedScenario, "rules" | "recovery">>;

/** What a run is judged by. */
export interface Judge extends Pick<Scenario, "expectations" | "allow"> {
  readonly feeds: readonly JudgedFeed[];
}

/**
 * Judges a run: of each feed what was expected, what must always hold but for what is allowed, and
 * whether anything was proven.
 */
export function judgeRun(runs: Runs, { expectations, feeds, allow }: Judge): Judgement {
  const names = [...new Set(runs.map(({ feed }) => feed))];
  const judged = names.map((feed) => {
    const judgedFeed = feeds.find(({ name }) => name === feed);
    const heartbeats = judgedFeed?.heartbeats ?? false;
    const handlers = runs.filter((run) => run.feed === feed);
    const unmet = sorted(handlers, (run) => [
      ...unusedRules(run, judgedFeed),
      ...unmetEntries(run),
      ...unmetFaults(run, judgedFeed),
    ]);
    const verdicts = handlers.map((run, i) => [
      ...expectedOf(expectations, run).map((expectation) => verdictOf(expectation, run)),
      invariants(run, allow),
      ...unmet.own[i]!,
    ]);
    const notes = sorted(handlers, (run) => notesOf(run, heartbeats));
    return {
      outcomes: handlers.map((run, i) => outcomeOf(run, [...verdicts[i]!, ...unmet.common])),
      verdicts: [
        ...handlers.flatMap((run, i) => verdicts[i]!.map((verdict) => about(run, verdict))),
        ...unmet.common.map((verdict) => about({ feed }, verdict)),
      ],
      notes: [
        ...notes.common.map((note) => ofPart({ feed }, note)),
        ...handlers.flatMap((run, i) => notes.own[i]!.map((note) => ofPart(run, note))),
      ],
    };
  });
  const outcomes = judged.flatMap(({ outcomes: own }) => own);
  const outcome = WORST_FIRST.find((one) => outcomes.includes(one)) ?? "pass";
  return {
    outcome,
    exitCode: EXIT_OF[outcome],
    verdicts: judged.flatMap(({ verdicts }) => verdicts),
    notes: judged.flatMap(({ notes }) => notes),
  };
}

/** What is true of every handler of a feed is told of the feed; the rest of the handlers. */
interface Sorted<T> {
  readonly common: readonly T[];
  readonly own: readonly (readonly T[])[];
}

function sorted<T>(runs: readonly Run[], told: (run: Run) => readonly T[]): Sorted<T> {
  const lists = runs.map(told);
  const [first = []] = lists;
  const isIn = (list: readonly T[], one: T): boolean =>
    list.some((other) => JSON.stringify(other) === JSON.stringify(one));
  const common = first.filter((one) => lists.every((list) => isIn(list, one)));
  return { common, own: lists.map((list) => list.filter((one) => !isIn(common, one))) };
}

/** What one feed came to decides for all: what tells least of what was to be proven comes first. */
const WORST_FIRST: readonly Outcome[] = [
  "interrupted",
  "timeout",
  "unverifiable",
  "fail",
  "not-exercised",
];

/** The verdict with its feed and its handler, where these have names. */
function about({ feed = "", handler = "" }: Part, verdict: Verdict): Verdict {
  return {
    ...verdict,
    text: ofPart({ feed, handler }, verdict.text),
    ...(feed === "" ? {} : { feed }),
    ...(handler === "" ? {} : { handler }),
  };
}

const EXIT_OF: Record<Outcome, ExitCode> = {
  pass: EXIT.ok,
  fail: EXIT.failed,
  unverifiable: EXIT.unverifiable,
  "not-exercised": EXIT.unverifiable,
  timeout: EXIT.timeout,
  interrupted: EXIT.interrupted,
};

function outcomeOf(run: Run, verdicts: readonly Verdict[]): Outcome {
  if (run.end === "interrupted") return "interrupted";
  if (run.end === "timed-out") return "timeout";
  // What others publish is none of the feed's doing.
  if (run.foreign.length > 0) return "unverifiable";
  // Loss that nobody ordered explains a failure, and would make a success luck.
  if (run.unexplained.length > 0 || foreignGaps(run).length > 0) return "unverifiable";
  if (verdicts.some(({ outcome }) => outcome === "fail")) return "fail";
  if (verdicts.some(({ outcome }) => outcome === "not-exercised")) return "not-exercised";
  return "pass";
}

/** Gaps that no rule of the scenario made. What is open in a run that was cut short may yet close. */
function foreignGaps({ gaps, end }: Run): ExplainedGap[] {
  return gaps.filter(
    ({ cause, closedNs }) =>
      (cause === "kernel-drop" || cause === "unexplained") &&
      (closedNs !== undefined || end === "at-rest"),
  );
}

/** What can no longer be known of a run that did not come to its end. */
const CUT_SHORT = { outcome: "not-exercised", got: "the run was cut short" } as const;

function verdictOf(expectation: Expectation, run: Run): Verdict {
  const { check, phase } = expectation;
  const known = run.end === "at-rest" || isBeyond(expectation, run) || isSafe(expectation, run);
  return {
    ...judge(expectation, run),
    ...(known ? {} : CUT_SHORT),
    ...(check === undefined ? {} : { check }),
    metric: metricOf(expectation),
    ...(phase === undefined ? {} : { phase }),
  };
}

function metricOf({ metric, param, stat }: Expectation): string {
  const name = metric.name.replace("*", param);
  return stat === undefined ? name : `${name}.${stat}`;
}

function invariants({ broken, end }: Run, allow: readonly Invariant[]): Verdict {
  const words = (names: readonly Invariant[]): string =>
    names.map((name) => INVARIANTS[name]).join(", ");
  const names = Object.keys(INVARIANTS) as Invariant[];
  const allowed = names.filter((name) => allow.includes(name));
  const held = names.filter((name) => !allow.includes(name));
  const breaches = broken.filter(({ invariant }) => !allow.includes(invariant));
  const text = [
    held.length === 0 ? "every invariant may be broken" : words(held),
    ...(allowed.length === 0 ? [] : [`(allowed to break: ${allowed.join(", ")})`]),
  ].join(" ");
  if (breaches.length === 0 && end !== "at-rest") return { text, ...CUT_SHORT };
  return {
    text,
    outcome: breaches.length === 0 ? "pass" : "fail",
    got: breaches.map(({ what }) => what).join("; "),
  };
}

/** A rule that touched nothing proves nothing, unless it says so itself. */
function unusedRules(run: Run, feed: JudgedFeed | undefined): Verdict[] {
  const idle = new Set((feed?.rules ?? []).filter(isIdle).map(({ name }) => name));
  const names = [...new Set(run.rules.map(({ name }) => name))];
  return names
    .filter((name) => !idle.has(name))
    .filter((name) => run.rules.every((rule) => rule.name !== name || rule.hits === 0))
    .map((name) => ({
      text: unusedRuleText(name),
      outcome: "not-exercised",
      got: `rule "${name}" never fired`,
    }));
}

/** So does an entry of the timeline that never came, or came when there was nothing for it. */
function unmetEntries({ timeline, durationNs }: Run): Verdict[] {
  return timeline
    .filter(({ hits }) => hits === 0)
    .map(({ name, from }) => ({
      text: unmetEntryText(name),
      metric: "timeline",
      outcome: "not-exercised",
      got:
        from === NEVER
          ? "its message never came"
          : from >= durationNs
            ? `the run was over before ${formatDuration(from)}`
            : `at ${formatDuration(from)} there was nothing for it`,
    }));
}

/** And a fault that nobody met. */
function unmetFaults({ recovery }: Run, feed: JudgedFeed | undefined): Verdict[] {
  const faults =
    feed?.recovery === undefined ? [] : serversOf(feed.recovery).flatMap((s) => s.faults);
  const idle = new Set(faults.filter(isIdleFault).map(({ name }) => name));
  return recovery.faults
    .filter(({ name, hits }) => hits === 0 && !idle.has(name))
    .map(({ name }) => ({
      text: unmetFaultText(name),
      metric: "recovery.faults",
      outcome: "not-exercised",
      got: `fault "${name}" was never met`,
    }));
}

/** The first of some numbers, of which a busy machine may have lost thousands; neighbours are one. */
function shownOf(ranges: Iterable<SeqRange>): string {
  return formatFirstRanges(RangeSet.of(ranges), SHOWN_MAX);
}

/** What a run that was stopped still waited for. */
function stillOpen({ gaps, next, first, delivered }: Run): string {
  const open = gaps.filter(({ closedNs }) => closedNs === undefined);
  const reached = `${delivered} of ${plural(next - first, "published message")} delivered`;
  return open.length === 0 ? reached : `SEQ:${shownOf(open)} still missing, ${reached}`;
}

function notesOf(run: Run, heartbeats: boolean): string[] {
  const notes: string[] = [];
  if (run.end === "timed-out") notes.push(`stopped by the timeout with ${stillOpen(run)}`);
  if (run.end === "aborted") notes.push(`stopped as soon as it could not pass, ${stillOpen(run)}`);
  for (const range of run.tail) {
    const covers = ({ from, until }: SeqRange): boolean => from < range.until && until > range.from;
    const spoiler = run.hits.find(({ ranges }) => ranges.some(covers));
    const did = run.losses.some(covers) ? "dropped" : "spoiled";
    const why = heartbeats
      ? "no heartbeat followed"
      : `the ${run.protocol} protocol has no heartbeat, so nobody can notice`;
    notes.push(
      `SEQ:${formatRanges([range])} was ${did} by "${spoiler?.rule}" and nothing came after it: ${why}`,
    );
  }
  if (run.stoppedAt !== undefined) {
    const after = run.undelivered
      .filter(({ until }) => until > run.stoppedAt!)
      .reduce((sum, { from, until }) => sum + until - Math.max(from, run.stoppedAt!), 0);
    notes.push(
      `delivery stopped at SEQ:${run.stoppedAt}, which was given up (on_abandon: stop): ` +
        `${plural(after, "message")} from there on ${after === 1 ? "was" : "were"} not delivered`,
    );
  }
  for (const group of run.foreign) notes.push(`somebody else publishes to ${group}`);
  const foreign = foreignGaps(run);
  if (foreign.length > 0 && run.foreign.length === 0) {
    const drops = run.lines.reduce((sum, { kernelDrops = 0 }) => sum + kernelDrops, 0);
    notes.push(
      `SEQ:${shownOf(foreign)} went missing although no rule touched it: ` +
        (drops > 0
          ? `the system dropped ${plural(drops, "packet")} (raise net.core.rmem_max, or lower the rate)`
          : "somebody else lost it, so no verdict can be trusted"),
    );
  }
  if (run.unexplained.length > 0) {
    notes.push(
      `SEQ:${shownOf(run.unexplained)} did not arrive although no rule dropped it: ` +
        `the machine lost it, so no verdict can be trusted`,
    );
  }
  return notes;
}
