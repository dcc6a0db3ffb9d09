/** How a feed is doing, in one line. */
import { type Nanos, SECOND } from "../core/time.ts";
import { formatDuration, formatRate, plural } from "../core/units.ts";
import { wrap } from "./wrap.ts";

/** The figures of one line of a feed, counted since the beginning. */
export interface LineStats {
  readonly name: string;
  readonly packets: number;
  readonly messages: number;
  readonly malformed: number;
  readonly heartbeats: number;
  /** Messages that this line has not brought, by its own numbers. */
  readonly lost: number;
  /** Messages that it brought before any other. */
  readonly first: number;
  readonly duplicates: number;
  readonly late: number;
}

/** The figures of a feed, counted since the beginning. */
export interface FeedStats {
  readonly atNs: Nanos;
  readonly delivered: number;
  readonly lines: readonly LineStats[];
  /** Messages that are missing, that came after all, and that were given up. */
  readonly open: number;
  readonly filled: number;
  readonly lost: number;
}

/** What a feed did since it was looked at before, a second. */
export interface StatsRates {
  readonly messagesPerSecond: number;
  readonly packetsPerSecond: number;
}

/** The rates between two looks at a feed. */
export function ratesOf(now: FeedStats, before: FeedStats): StatsRates {
  const packets = (stats: FeedStats): number =>
    stats.lines.reduce((sum, line) => sum + line.packets, 0);
  const each = (count: number): number => (count * SECOND) / (now.atNs - before.atNs);
  return {
    messagesPerSecond: each(now.delivered - before.delivered),
    packetsPerSecond: each(packets(now) - packets(before)),
  };
}

/**
 * `3s: 100/s messages, 40/s packets; A 120 packets, 3 lost, ...; gaps 1 open, 2 filled, 0 lost`. `at`
 * is when that was to be told, since listening began. Where that is more than `columns` wide, each
 * line of the feed has one below it.
 */
export function renderStats(
  now: FeedStats,
  before: FeedStats,
  at: Nanos = now.atNs,
  columns = Infinity,
): string {
  const { messagesPerSecond, packetsPerSecond } = ratesOf(now, before);
  const { open, filled, lost } = now;
  const rates = `${rate(messagesPerSecond)} messages, ${rate(packetsPerSecond)} packets`;
  const head = `${formatDuration(at)}: ${rates}`;
  const lines = now.lines.map((line) => `${line.name} ${renderLine(line)}`);
  const gaps = `gaps ${open} open, ${filled} filled, ${lost} lost`;
  const whole = [head, ...lines, gaps].join("; ");
  if (whole.length <= columns) return whole;
  const below = lines.map((line) => wrap("  ", line, columns, 4));
  return [wrap("", `${head}; ${gaps}`, columns, 4), ...below].join("\n");
}

/** `120 packets, 3 lost, 100 first, 17 duplicates, 2 late`, and what is not usual. */
export function renderLine(line: LineStats): string {
  const { packets, lost, first, duplicates, late, heartbeats, malformed } = line;
  const parts = [
    plural(packets, "packet"),
    `${lost} lost`,
    `${first} first`,
    plural(duplicates, "duplicate"),
    `${late} late`,
  ];
  if (heartbeats > 0) parts.push(plural(heartbeats, "heartbeat"));
  if (malformed > 0) parts.push(`${malformed} malformed`);
  return parts.join(", ");
}

function rate(perSecond: number): string {
  return formatRate(Math.round(perSecond));
}
