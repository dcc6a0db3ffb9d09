/** The table and the JSON of a run: pure, for a terminal of 80 columns. */
import type { Hold, Row, Unit } from "./group.ts";
import { MISSING } from "./group.ts";
import { type Figure, ratioOf, spreadOf, type Taken } from "./measure.ts";

/** What a group came to. */
export interface Measured {
  readonly name: string;
  readonly summary: string;
  readonly seconds: number;
  readonly rows: readonly Row[];
}

const COLUMNS = 80;
const WHAT = 34;
const FIGURE = 10;
const RATIO = 7;

/** Rounds of which the middle half lies further apart, as a share of the median, are marked. */
const SPREAD_MAX = 0.25;

/** What a row says of what must hold. */
export type Standing = "ok" | "below" | "above" | "error" | undefined;

/** Whether the row is as it must be; undefined where nothing is asked of it, or it cannot be said. */
export function standingOf({ ours, baseline, hold }: Row): Standing {
  if (failed(ours) || failed(baseline)) return "error";
  if (hold === undefined || typeof ours === "string") return undefined;
  const value = hold.of === "ours" ? ours.median : ratioOf(ours, baseline ?? MISSING)?.median;
  if (value === undefined) return undefined;
  if (hold.least !== undefined && value < hold.least) return "below";
  return hold.most !== undefined && value > hold.most ? "above" : "ok";
}

function failed(taken: Taken | undefined): taken is string {
  return typeof taken === "string" && !taken.startsWith(MISSING);
}

/** One figure in its unit, to three digits: `7.05 M/s`, `96.1 us`, `1.2 %`. */
export function formatFigure(value: number, unit: Unit): string {
  switch (unit) {
    case "packets/s":
    case "messages/s":
      return scaled(value, RATES);
    case "s":
      return scaled(value, TIMES);
    case "bytes":
      return scaled(value, SIZES);
    case "of a core":
      return `${digits(100 * value)} %`;
    case "times":
      return digits(value);
  }
}

const RATES = [
  [1e6, "M/s"],
  [1e3, "k/s"],
  [1, "/s"],
] as const;
const TIMES = [
  [1, "s"],
  [1e-3, "ms"],
  [1e-6, "us"],
  [1e-9, "ns"],
] as const;
const SIZES = [
  [2 ** 20, "MiB"],
  [2 ** 10, "KiB"],
  [1, "B"],
] as const;

function scaled(value: number, scale: readonly (readonly [number, string])[]): string {
  const [size, name] = scale.find(([size]) => value >= size) ?? scale.at(-1)!;
  return `${digits(value / size)} ${name}`;
}

function digits(value: number): string {
  if (value >= 99.95 || value === 0) return value.toFixed(0);
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** A group as lines of at most 80 columns. */
export function formatGroup({ name, summary, rows }: Measured): string {
  const head = wrap(`${name}: ${summary}`, COLUMNS);
  // What several rows say of themselves is said once.
  const said = new Set<string>();
  const body = rows.flatMap((row) => {
    const fresh = whysOf(row).filter((why) => !said.has(why));
    for (const why of fresh) said.add(why);
    return [formatRow(row), ...fresh.flatMap((why) => wrap(why, COLUMNS - 4).map(indented))];
  });
  return [...head, columnNames(), ...body].join("\n");
}

function columnNames(): string {
  const [ours, baseline, ratio] = ["ours ", "baseline ", "ratio"];
  return cells("", ours, baseline, ratio, "must hold");
}

/** Figures end with a place for the mark. What is longer than its column has a line of its own. */
function cells(what: string, ours: string, baseline: string, ratio: string, hold: string): string {
  const figures = ours.padStart(FIGURE) + baseline.padStart(FIGURE) + ratio.padStart(RATIO);
  const begin = what.length > WHAT ? `${what}\n${"".padEnd(WHAT)}` : what.padEnd(WHAT);
  return `${begin}${figures}  ${hold}`.trimEnd();
}

function indented(line: string): string {
  return `    ${line}`;
}

/** Why there are figures that are not there. */
function whysOf({ ours, baseline }: Row): string[] {
  return [...new Set([ours, baseline].filter((taken) => typeof taken === "string"))];
}

function formatRow(row: Row): string {
  const { what, unit, ours, baseline, hold } = row;
  const shown = (taken: Taken | undefined): string => {
    if (taken === undefined) return "";
    if (typeof taken === "string") return failed(taken) ? "error" : "-";
    return formatFigure(taken.median, unit);
  };
  const ratio = baseline === undefined ? undefined : ratioOf(ours, baseline);
  const apart = [ours, baseline].some((taken) => isFigure(taken) && spreadOf(taken) > SPREAD_MAX);
  const standing = standingOf(row);
  const words = [hold === undefined ? "" : formatHold(hold, unit), standing ?? ""];
  return cells(
    `  ${what}`,
    shown(ours) + (apart && isFigure(ours) ? "~" : " "),
    `${shown(baseline)} `,
    ratio === undefined ? "" : digits(ratio.median),
    words.filter((word) => word !== "").join(" "),
  );
}

function isFigure(taken: Taken | undefined): taken is Figure {
  return typeof taken === "object";
}

function formatHold({ of, least, most }: Hold, unit: Unit): string {
  const show = (value: number): string => (of === "ratio" ? `${value}` : formatFigure(value, unit));
  return least === undefined ? `<= ${show(most ?? Infinity)}` : `>= ${show(least)}`;
}

/** Lines of words, none longer than so many columns unless one word is. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.trim().split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** What the last line says: how many rows are as they must be, and which are not. */
export function summaryOf(groups: readonly Measured[]): string {
  const standings = groups.flatMap(({ rows }) => rows.map(standingOf));
  const count = (...which: readonly Standing[]): number =>
    standings.filter((standing) => which.includes(standing)).length;
  const short = count("below", "above");
  const asked = count("ok") + short;
  const errors = count("error");
  const held =
    asked === 0
      ? "nothing here has to hold"
      : `${asked - short} of ${asked} rows are as they must be`;
  return held + (errors === 0 ? "" : `, ${errors} failed`);
}

/** Plain data of a group, for those who compare runs. */
export function toJson({ name, summary, seconds, rows }: Measured): unknown {
  return {
    name,
    summary,
    seconds,
    rows: rows.map((row) => ({
      what: row.what,
      unit: row.unit,
      ours: row.ours,
      baseline: row.baseline,
      ratio: row.baseline === undefined ? undefined : ratioOf(row.ours, row.baseline),
      hold: row.hold,
      standing: standingOf(row),
    })),
  };
}
