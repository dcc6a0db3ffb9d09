import { Histogram } from "../core/histogram.ts";
import { nearest } from "../core/registry.ts";
import { RangeSet } from "../core/ranges.ts";
import type { Run } from "../core/run.ts";
import { formatRanges } from "../core/seq.ts";
import { scopeTo } from "../core/scope.ts";
import { SECOND } from "../core/time.ts";
import {
  formatDuration,
  formatRate,
  formatShare,
  parseChance,
  parseCount,
  parseDuration,
  parseRate,
  parseSeqs,
  parseShare,
  quote,
  UnitError,
} from "../core/units.ts";
import type { Verdict } from "../core/verdict.ts";
import type { Metric, Tally } from "./metric.ts";

const STATS = ["min", "mean", "max", "p50", "p90", "p99", "p99.9", "count"] as const;
/** What was counted, by the second. */
const RATE = "rate";
/** Names the messages that a metric counts. */
const SEQS = "seqs";
const OPS = ["==", "!=", "<=", ">=", "<", ">", "in"] as const;

type Stat = (typeof STATS)[number] | typeof RATE | typeof SEQS;
type Op = (typeof OPS)[number];

/** What a metric is held against: a share of a whole, or a number in the metric's own unit. */
export interface Bound {
  readonly value: number;
  readonly share: boolean;
}

/** One line below `expect:`, read: `gaps.detect_latency.max <= 600ms`. */
export interface Expectation {
  /** What it is called in reports: the line itself, unless it was given a name. */
  readonly text: string;
  /** The line itself, where `text` is a name that it was given. */
  readonly check?: string | undefined;
  /** The phase that it speaks of; undefined: the whole run. */
  readonly phase: string | undefined;
  /** The feed that it speaks of; undefined: each of them. */
  readonly feed?: string | undefined;
  /** The handler that it speaks of; undefined: each of them. */
  readonly handler?: string | undefined;
  /** True: the run stops as soon as it can no longer hold. */
  readonly abort: boolean;
  readonly metric: Metric;
  /** The line or rule that stood where the metric's name has a `*`. */
  readonly param: string;
  readonly stat: Stat | undefined;
  readonly op: Op;
  readonly low: Bound;
  /** The upper end of `in`; otherwise as `low`. */
  readonly high: Bound;
  /** What `.seqs` is held against; undefined for every other statistic. */
  readonly seqs: RangeSet | undefined;
}

/** The names that may stand for a metric's `*`, by the word before it. */
export interface ExpectationNames {
  readonly lines: readonly string[];
  readonly impair: readonly string[];
  readonly phases: readonly string[];
}

/** Reads an expectation, or throws a UnitError that says what to write instead. */
export function parseExpectation(text: string, metrics: readonly Metric[]): Expectation {
  const [, left, op, right] =
    /^\s*([\w.-]+)\s*(==|!=|<=|>=|<|>|\bin\b)\s*(\S.*?)\s*$/.exec(text) ?? [];
  if (left === undefined || op === undefined || right === undefined) {
    throw new UnitError(
      `${quote(text)} is not an expectation: write metric op value, like gaps.detected == 4`,
    );
  }
  const found = findMetric(left, metrics);
  const { metric, stat } = found;
  const read = { text: text.trim(), phase: undefined, abort: false, ...found, op: op as Op };
  if (stat === SEQS) {
    const seqs = parseSet(left, op, right);
    const size = { value: seqs.size, share: false };
    return { ...read, low: size, high: size, seqs };
  }
  const parseRight = op === "in" ? parseRange : parseOne;
  const [low, high] = parseRight(right, metric, stat);
  return { ...read, low, high, seqs: undefined };
}

/** What is wrong when an expectation names a line, a rule or a phase that there is not. */
export function checkNames(
  { metric, param, phase, text }: Expectation,
  names: ExpectationNames,
): string | undefined {
  if (phase !== undefined && !names.phases.includes(phase)) {
    const have =
      names.phases.length === 0 ? "there is no phase" : `have ${names.phases.join(", ")}`;
    return `no phase ${quote(phase)}: ${have}`;
  }
  if (phase !== undefined && metric.phased !== true) {
    return `${metric.name} is not known by phase: leave out phase, or take another metric`;
  }
  if (param === "") return undefined;
  const kind = metric.name.split(".")[0] as "lines" | "impair";
  const known = names[kind];
  if (known.includes(param)) return undefined;
  const what = kind === "lines" ? "line" : "rule";
  const have = known.length === 0 ? `there is no ${what}` : `have ${known.join(", ")}`;
  return `${quote(text)} names no ${what} of this scenario: ${have}`;
}

/** Holds an expectation against a run. */
export function judge(expectation: Expectation, whole: Run): Verdict {
  const { metric, param, phase, stat, text } = expectation;
  const run = phase === undefined ? whole : scopeTo(whole, phase);
  if (expectation.seqs !== undefined && run !== undefined && metric.seqs !== undefined) {
    const named = formatRanges(RangeSet.of(metric.seqs(run)));
    const same = named === formatRanges(expectation.seqs);
    const outcome = same === (expectation.op === "==") ? "pass" : "fail";
    return { text, outcome, got: named === "" ? "none" : named };
  }
  const found = run === undefined ? undefined : metric.read(run, param);
  const got =
    found instanceof Histogram
      ? statistic(found, stat)
      : stat === RATE && run !== undefined
        ? bySecond(found, run)
        : found;
  if (got === undefined) return { text, outcome: "not-exercised", got: "nothing to measure" };
  const value = expectation.low.share ? shareOf(got) : got.value;
  if (value === undefined) return { text, outcome: "not-exercised", got: "nothing to measure" };
  return {
    text,
    outcome: holds(value, expectation) ? "pass" : "fail",
    got: show(got, expectation),
  };
}

/** Whether nothing that may still happen can make an expectation hold. */
export function isBeyond(expectation: Expectation, run: Run): boolean {
  const { op } = expectation;
  const upper = op === "<" || op === "<=" || op === "==" || op === "in";
  if (!upper || !grows(expectation)) return false;
  return (
    judge({ ...expectation, op: op === "<" ? "<" : "<=", low: expectation.high }, run).outcome ===
    "fail"
  );
}

/** Whether nothing that may still happen can undo that an expectation holds. */
export function isSafe(expectation: Expectation, run: Run): boolean {
  const { op } = expectation;
  const lower = op === ">" || op === ">=";
  return lower && grows(expectation) && judge(expectation, run).outcome === "pass";
}

/** A count never falls, and neither does the largest of some samples; a rate and a share do. */
function grows({ metric, stat, low }: Expectation): boolean {
  if (low.share) return false;
  return stat === undefined ? metric.unit === "count" : stat === "max" || stat === "count";
}

function findMetric(
  left: string,
  metrics: readonly Metric[],
): Pick<Expectation, "metric" | "param" | "stat"> {
  for (const stat of [undefined, ...STATS, RATE, SEQS] as const) {
    if (stat !== undefined && !left.endsWith(`.${stat}`)) continue;
    const words = (stat === undefined ? left : left.slice(0, -stat.length - 1)).split(".");
    for (const metric of metrics) {
      const pattern = metric.name.split(".");
      const star = pattern.indexOf("*");
      if (pattern.length !== words.length) continue;
      if (!pattern.every((word, i) => i === star || word === words[i])) continue;
      const param = star < 0 ? "" : words[star]!;
      if (metric.sampled && stat === undefined) {
        throw new UnitError(
          `${quote(left)} has many values: say which, like ${left}.max (${STATS.join(", ")})`,
        );
      }
      if (stat === SEQS) {
        if (metric.seqs !== undefined) return { metric, param, stat };
        const have = metrics.filter(({ seqs }) => seqs !== undefined).map(({ name }) => name);
        throw new UnitError(
          `${quote(left)}: messages are named of ${have.join(", ")}: take one of these`,
        );
      }
      if (stat === RATE) {
        if (!metric.sampled && metric.unit === "count") return { metric, param, stat };
        throw new UnitError(`${quote(left)}: only a count goes by the second: leave out ".rate"`);
      }
      if (!metric.sampled && stat !== undefined) {
        throw new UnitError(`${quote(left)} is one number: leave out ".${stat}"`);
      }
      return { metric, param, stat };
    }
  }
  const whole = metrics.map(({ name }) => name);
  const sampled = metrics.filter((metric) => metric.sampled).map(({ name }) => name);
  const sets = metrics.filter(({ seqs }) => seqs !== undefined).map(({ name }) => name);
  const near = nearest(left, [
    ...whole,
    ...sampled.flatMap((name) => STATS.map((stat) => `${name}.${stat}`)),
    ...sets.map((name) => `${name}.${SEQS}`),
  ]);
  const hint = near === undefined ? `have ${whole.join(", ")}` : `did you mean "${near}"?`;
  throw new UnitError(`no metric ${quote(left)}: ${hint}`);
}

/** `[80, 90..91]` or `80`; `[]` for none. */
function parseSet(left: string, op: string, text: string): RangeSet {
  if (op !== "==" && op !== "!=") {
    throw new UnitError(`${quote(left)} is a set of messages: compare it with == or !=`);
  }
  const [, inner = text] = /^\[(.*)\]$/.exec(text) ?? [];
  return inner.trim() === "" ? new RangeSet() : parseSeqs(inner);
}

type Bounds = readonly [low: Bound, high: Bound];

function parseOne(text: string, metric: Metric, stat: Stat | undefined): Bounds {
  const bound = parseBound(text, metric, stat);
  return [bound, bound];
}

function parseRange(text: string, metric: Metric, stat: Stat | undefined): Bounds {
  const [from, to, ...more] = text.split("..");
  if (from === undefined || to === undefined || more.length > 0) {
    throw new UnitError(`${quote(text)} is not a range: write it like 1%..4%`);
  }
  const low = parseBound(from, metric, stat);
  const high = parseBound(to, metric, stat);
  if (low.share !== high.share) {
    throw new UnitError(`${quote(text)} is a share at one end only: write it like 1%..4%`);
  }
  if (low.value > high.value) {
    throw new UnitError(`${quote(text)} runs backwards: write ${to.trim()}..${from.trim()}`);
  }
  return [low, high];
}

function parseBound(text: string, metric: Metric, stat: Stat | undefined): Bound {
  if (text.trim().endsWith("%")) {
    if (!metric.share || stat === RATE) {
      throw new UnitError(`${quote(text)} is a share, but ${metric.name} is none`);
    }
    const parse = metric.beyondWhole === true ? parseShare : parseChance;
    return { value: parse(text), share: true };
  }
  const unit = stat === RATE ? "rate" : stat === "count" ? "count" : metric.unit;
  const other = otherUnit(text, unit);
  if (other !== undefined) {
    const { what, example } = UNITS[unit];
    const subject = stat === RATE || stat === "count" ? `${metric.name}.${stat}` : metric.name;
    throw new UnitError(
      `${quote(text)} is ${UNITS[other].what}, but ${subject} is ${what}: write it like ${example}`,
    );
  }
  return { value: UNITS[unit].parse(text), share: false };
}

/** What each unit is called, how it is read, and how it is written. */
const UNITS = {
  count: { what: "a count", parse: parseCount, example: "500" },
  rate: { what: "a rate", parse: parseRate, example: "10k/s" },
  time: { what: "a time", parse: parseDuration, example: "500ms" },
} as const;

/** The unit that a text has in place of the one wanted; undefined where it has none at all. */
function otherUnit(text: string, wanted: keyof typeof UNITS): keyof typeof UNITS | undefined {
  const reads = (unit: keyof typeof UNITS): boolean => {
    try {
      UNITS[unit].parse(text);
      return true;
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      return false;
    }
  };
  // A bare number is a count, but its unit may just have been left out.
  return (["rate", "time"] as const).find((unit) => unit !== wanted && reads(unit));
}

function statistic(samples: Histogram, stat: Stat | undefined): Tally | undefined {
  if (stat === "count") return { value: samples.count };
  if (samples.count === 0 || stat === undefined) return undefined;
  if (stat === "min" || stat === "max" || stat === "mean") return { value: samples[stat] };
  return { value: samples.percentile(Number(stat.slice(1)) / 100) };
}

/** Undefined where no time has passed. */
function bySecond(found: Tally | undefined, { durationNs }: Run): Tally | undefined {
  return found === undefined || durationNs === 0
    ? undefined
    : { value: (found.value * SECOND) / durationNs };
}

function shareOf({ value, of }: Tally): number | undefined {
  return of === undefined || of === 0 ? undefined : value / of;
}

/** Shares come from divisions: two that differ by less than this are meant to be equal. */
const SAME_SHARE = 1e-12;

function holds(value: number, { op, low, high }: Expectation): boolean {
  const slack = low.share ? SAME_SHARE : 0;
  const equal = Math.abs(value - low.value) <= slack;
  switch (op) {
    case "==":
      return equal;
    case "!=":
      return !equal;
    case "<":
      return value < low.value && !equal;
    case "<=":
      return value < low.value || equal;
    case ">":
      return value > low.value && !equal;
    case ">=":
      return value > low.value || equal;
    case "in":
      return value >= low.value - slack && value <= high.value + slack;
  }
}

function show({ value, of }: Tally, { metric, stat, low }: Expectation): string {
  if (stat === RATE) return formatRate(value);
  if (stat === "count" || metric.unit === "count") {
    const count = String(Number(value.toPrecision(6)));
    if (of === undefined) return count;
    return low.share ? `${formatShare(value / of)} (${count} of ${of})` : `${count} of ${of}`;
  }
  const shown = metric.unit === "time" ? formatDuration(value) : formatRate(value);
  if (!low.share || of === undefined) return shown;
  return `${formatShare(value / of)} (${shown} of ${formatRate(of)})`;
}
