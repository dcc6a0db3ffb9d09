/** Why an expectation was not met: the likely cause, from what else is known of the run. */
import type { FeedEvent } from "../core/events.ts";
import { type ExplainedGap, ofPart, type Run, runOf, type Runs, slug } from "../core/run.ts";
import { scopeTo } from "../core/scope.ts";
import { formatRange, formatRanges, type Seq, type SeqRange } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration, plural } from "../core/units.ts";
import type { Verdict } from "../core/verdict.ts";
import { lineFacts, pacingRows, recoveryFacts } from "./facts.ts";

/** Gaps, and reasons of failed requests, that are told one by one. */
const TOLD_MAX = 3;

/** Sentences, and the message that is worth a closer look. */
export interface Why {
  readonly lines: readonly string[];
  readonly seq: Seq | undefined;
}

/** Explains a verdict that is no pass. */
export function whyOf(runs: Runs, verdict: Verdict): Why {
  const { phase, outcome } = verdict;
  const { metric = verdict.text.slice(ofPart(verdict, "").length) } = verdict;
  const whole = runOf(runs, verdict);
  const run = phase === undefined ? whole : (scopeTo(whole, phase) ?? whole);
  const [family = "", param = ""] = metric.split(/[.\s]/, 2);
  if (family === "lines") return only(lineWhy(run, param));
  if (family === "impair") return only(ruleWhy(run, param));
  // What it got says it all.
  if (family === "timeline") return only([]);
  if (family === "pacing")
    return only(pacingRows(run).map(([label, value]) => `${label} ${value}`));
  const gaps = ordered(run.gaps, metric);
  const seq = gaps[0]?.from ?? run.tail[0]?.from;
  if (outcome === "not-exercised" && gaps.length === 0) return only(withoutGaps(run));
  return {
    lines: [
      ...gaps.slice(0, TOLD_MAX).map(gapWhy),
      ...(gaps.length > TOLD_MAX ? [`and ${plural(gaps.length - TOLD_MAX, "more gap")}`] : []),
      ...tailWhy(run),
      ...recoveryWhy(run),
    ],
    seq,
  };
}

function only(lines: readonly string[]): Why {
  return { lines, seq: undefined };
}

/** The gaps that matter most for the metric first: the slowest, or those that ended badly. */
function ordered(gaps: readonly ExplainedGap[], metric: string): ExplainedGap[] {
  const badness = metric.includes("detect_latency")
    ? detection
    : /open_time|fill_time|stall|latency/.test(metric)
      ? openTime
      : metric.includes("size")
        ? ({ from, until }: ExplainedGap) => until - from
        : (gap: ExplainedGap) => (gap.lost > 0 ? 2 : gap.closedNs === undefined ? 1 : 0);
  return gaps.toSorted((a, b) => badness(b) - badness(a));
}

function detection({ detectedNs, scheduledNs }: ExplainedGap): Nanos {
  return detectedNs - scheduledNs;
}

/** A gap that never closed was open longest. */
function openTime({ closedNs, detectedNs }: ExplainedGap): Nanos {
  return (closedNs ?? Number.MAX_VALUE) - detectedNs;
}

function gapWhy(gap: ExplainedGap): string {
  const { cause, rules, detectedNs, closedNs, filledByLine, filledByRecovery, lost } = gap;
  const by = cause === "injected" ? `made by ${quoted(rules)}` : cause;
  const noticed = `noticed after ${formatDuration(detection(gap))}`;
  const parts = [
    [filledByLine, "came late"],
    [filledByRecovery, "filled by recovery"],
    [lost, "given up"],
  ] as const;
  const some = parts.filter(([count]) => count > 0);
  const size = gap.until - gap.from;
  const how = some.map(([count, what]) => (count === size ? what : `${count} ${what}`)).join(", ");
  const end =
    closedNs === undefined
      ? `${how === "" ? "" : `${how}, `}still open at the end`
      : `${how} ${later(closedNs - detectedNs)}`;
  return `gap SEQ:${formatRange(gap)} (${by}): ${noticed}, ${end}`;
}

function later(time: Nanos): string {
  return time === 0 ? "at once" : `${formatDuration(time)} later`;
}

/** What was lost where nothing came after it made no gap. */
function tailWhy({ tail, hits, losses }: Run): string[] {
  if (tail.length === 0) return [];
  const inTail = ({ from, until }: SeqRange): boolean =>
    tail.some((range) => from < range.until && until > range.from);
  const rules = hits.filter(({ ranges }) => ranges.some(inTail)).map(({ rule }) => rule);
  const did = losses.some(inTail) ? "dropped" : "spoiled";
  const count = tail.reduce((sum, { from, until }) => sum + until - from, 0);
  const was = count === 1 ? "was" : "were";
  return [
    `SEQ:${formatRanges(tail)} ${was} ${did} by ${quoted(rules)} but nothing came after: ` +
      "without a heartbeat tail loss is invisible",
  ];
}

function recoveryWhy(run: Run): string[] {
  const reasons = new Map<string, number>();
  for (const reason of run.journal.flatMap(reasonsOf)) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (run.recovery.requests === 0 && reasons.size === 0) return [];
  const shown = [...reasons]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, TOLD_MAX)
    .map(([reason, times]) => `${reason}${times > 1 ? ` (${times} times)` : ""}`);
  return [
    `recovery: ${recoveryFacts(run)}`,
    ...(shown.length === 0 ? [] : [`what went wrong: ${shown.join("; ")}`]),
  ];
}

function reasonsOf(event: FeedEvent): string[] {
  switch (event.event) {
    case "lost":
    case "refused":
    case "recovery-failed":
    case "recovery-unreachable":
      return [event.reason];
    default:
      return [];
  }
}

function lineWhy(run: Run, name: string): string[] {
  return run.lines
    .filter((line) => line.name === name)
    .map((line) => `line ${name}: ${lineFacts(line, run)}`);
}

function ruleWhy(run: Run, name: string): string[] {
  return run.rules
    .filter((rule) => slug(rule.name) === name)
    .map(({ name, line, hits, seen }) => {
      const reached = seen === 0 ? "nothing reached it" : `${hits} of ${plural(seen, "packet")}`;
      return `"${name}" on line ${line}: ${reached}`;
    });
}

/** Why there was nothing to measure. */
function withoutGaps(run: Run): string[] {
  if (run.end !== "at-rest") return [];
  if (run.tail.length > 0) return tailWhy(run);
  return [run.hits.length === 0 ? "no rule touched a packet, so nothing was missed" : "no gaps"];
}

function quoted(names: readonly string[]): string {
  return [...new Set(names)].map((name) => `"${name}"`).join(" and ");
}
