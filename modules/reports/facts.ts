import type { Histogram } from "../core/histogram.ts";
import { RangeSet } from "../core/ranges.ts";
import type { JudgedRun } from "../core/result.ts";
import { type LineRun, ofPart, type Run, type Runs } from "../core/run.ts";
import { formatDuration, formatRate, plural } from "../core/units.ts";
import { latenessLine } from "./lateness.ts";

/** A line of a table: what it is about, and what was measured. */
export type Row = readonly [label: string, value: string];

/** What was measured of each feed, whatever was expected; where it has several handlers, of all alike. */
export function factsOf(runs: Runs): Row[] {
  const feeds = [...new Set(runs.map(({ feed }) => feed))];
  return feeds.flatMap((feed) => {
    const [first = [], ...others] = runs.filter((run) => run.feed === feed).map(rowsOf);
    return first
      .filter((row) => others.every((rows) => rows.some((other) => isSame(row, other))))
      .map(([label, value]): Row => [ofPart({ feed }, label), value]);
  });
}

function isSame([label, value]: Row, [otherLabel, otherValue]: Row): boolean {
  return label === otherLabel && value === otherValue;
}

/** How packets travelled, where they did: of a stored run as it was then. */
export function transportRows({ facts }: JudgedRun): Row[] {
  const { transport, transportReason } = facts;
  return transport === undefined ? [] : [["transport", `${transport}: ${transportReason}`]];
}

/** Pacing, lines, rules, gaps, recovery. */
export function rowsOf(run: Run): Row[] {
  return [
    ...threadRows(run),
    ...pacingRows(run),
    ...latenessRows(run),
    ...run.lines.map((line): Row => [`line ${line.name}`, lineFacts(line, run)]),
    ...ruleRows(run),
    ...run.timeline.map(({ name, from, hits }): Row => [
      name,
      hits === 0 ? "never" : `at ${formatDuration(from)}`,
    ]),
    ["gaps", gapFacts(run)],
    ["recovery", recoveryFacts(run)],
    ...stageRows(run),
    ...run.recovery.faults.map(({ name, hits }): Row => [
      name,
      hits === 0 ? "never met" : `met ${plural(hits, "time")}`,
    ]),
  ];
}

/**
 * Wanted and achieved rate, and how late messages left: of the whole, and of each phase. What goes as
 * fast as it is taken is never late.
 */
export function pacingRows({ rateAchieved, rateWanted, lateness, phases }: Run): Row[] {
  const late = (wanted: number, samples: Histogram): string[] =>
    wanted === Infinity && samples.count === 0 ? [] : [spread(samples)];
  return [
    ["rate", rateFacts(rateAchieved, rateWanted)],
    ...late(rateWanted, lateness).map((text): Row => ["late", text]),
    ...phases.map(({ name, achieved, wanted, lateness }): Row => [
      `phase ${name}`,
      [rateFacts(achieved, wanted), ...late(wanted, lateness).map((text) => `late ${text}`)].join(
        ", ",
      ),
    ]),
  ];
}

/** Who shared a thread with whom. */
function threadRows({ threads }: Run): Row[] {
  return threads === undefined ? [] : [["threads", threadFacts(threads)]];
}

/** Who has a thread for himself, and why. */
export function threadFacts({ own, reason }: NonNullable<Run["threads"]>): string {
  if (own.length === 0) return `one for all: ${reason}`;
  return `one for all but ${own.join(" and ")}: ${reason}`;
}

/** How many messages were how late. */
function latenessRows({ lateness }: Run): Row[] {
  const line = latenessLine(lateness);
  return line === undefined ? [] : [["lateness", line]];
}

/** What was achieved of what was wanted. A rate that cannot be told, as of one message, is none. */
export function rateFacts(achieved: number, wanted: number): string {
  const told = Number.isFinite(achieved) ? formatRate(achieved) : "?";
  return `${told} (wanted ${Number.isNaN(wanted) ? "?" : formatRate(wanted)})`;
}

/** What left and arrived on one line, and what did not. */
export function lineFacts(line: LineRun, { losses }: Run): string {
  const dropped = RangeSet.of(losses.filter((loss) => loss.line === line.name)).size;
  const counts = [
    [dropped, `${plural(dropped, "message")} dropped by rules`],
    [line.malformed, `${line.malformed} malformed`],
    [line.duplicates, plural(line.duplicates, "duplicate message")],
    [line.kernelDrops ?? 0, `${line.kernelDrops} dropped by the system`],
  ] as const;
  const more = counts.filter(([count]) => count > 0).map(([, text]) => `, ${text}`);
  return `${plural(line.packetsSent, "packet")} sent, ${line.packetsReceived} received${more.join("")}`;
}

/** What each rule touched, on all lines together. */
function ruleRows({ rules }: Run): Row[] {
  return [...new Set(rules.map(({ name }) => name))].map((name) => {
    const own = rules.filter((rule) => rule.name === name);
    const hits = own.reduce((sum, rule) => sum + rule.hits, 0);
    const seen = own.reduce((sum, rule) => sum + rule.seen, 0);
    return [name, `${hits} of ${plural(seen, "packet")}`];
  });
}

/** How many there were, and what became of them. */
export function gapFacts({ gaps }: Run): string {
  if (gaps.length === 0) return "none";
  const open = gaps.filter(({ closedNs }) => closedNs === undefined).length;
  const abandoned = gaps.filter(({ closedNs, lost }) => closedNs !== undefined && lost > 0).length;
  const states = [
    [gaps.length - open - abandoned, "filled"],
    [abandoned, "abandoned"],
    [open, "open"],
  ] as const;
  const shown = states.filter(([count]) => count > 0).map(([count, state]) => `${count} ${state}`);
  return `${gaps.length}: ${shown.join(", ")}`;
}

/** What was asked for and got. */
export function recoveryFacts({ recovery }: Run): string {
  const { requests, retries, filled, lost } = recovery;
  if (requests === 0) {
    return `nothing asked for${lost > 0 ? `; ${plural(lost, "message")} given up` : ""}`;
  }
  const again = retries > 0 ? `, ${retries} of them retries` : "";
  const brought = `${plural(filled, "message")} filled, ${lost} given up`;
  return `${plural(requests, "request")}${again}; ${brought}`;
}

const STAGES = [
  ["decide", "decided"],
  ["connect", "connected"],
  ["first byte", "firstByte"],
  ["transfer", "filled"],
  ["deliver", "delivered"],
] as const;

/** How long each step of recovery took. */
function stageRows({ recovery }: Run): Row[] {
  const { stages } = recovery;
  if (stages.filled.count === 0) return [];
  const at = (samples: Histogram, share: number): string =>
    formatDuration(samples.percentile(share));
  const shown = STAGES.filter(([, step]) => stages[step].count > 0).map(
    ([word, step]) => `${word} ${at(stages[step], 0.5)}/${at(stages[step], 0.99)}`,
  );
  return [["steps", `${shown.join(", ")} (p50/p99)`]];
}

/** The percentiles that people look at. */
export function spread(samples: Histogram): string {
  if (samples.count === 0) return "nothing measured";
  const at = (share: number): string => formatDuration(samples.percentile(share));
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${formatDuration(samples.max)}`;
}
