/** A comparison for people: a column for each side, and what the last one is of the first. */
import { formatRange, type SeqRange } from "../core/seq.ts";
import { formatDuration, formatRate } from "../core/units.ts";
import { renderColumns } from "./columns.ts";
import type { ComparedFigure, ComparedGap, Comparison, GapState } from "./compare.ts";
import { MARK } from "./outcome.ts";

/** Ranges of numbers that a cell shows. */
const RANGES_MAX = 8;

/** Where a side has none of it. */
const NONE = "-";

/** Digits of a ratio. */
const RATIO_DIGITS = 3;

/** The table of one comparison: what differs, or everything; no lines where there is nothing. */
export function renderComparison(
  comparison: Comparison,
  columns: number,
  everything = false,
): string[] {
  const rows = comparisonRows(comparison, everything);
  return renderColumns(rows, columns - INDENT.length).map((line) => (INDENT + line).trimEnd());
}

/** Its rows, the first with what the columns are called; none where there is nothing. */
export function comparisonRows(
  { labels, verdicts, gaps, undelivered, facts, figures }: Comparison,
  everything = false,
): string[][] {
  const shown = ({ same }: { readonly same: boolean }): boolean => everything || !same;
  const some = (lists: readonly (readonly unknown[])[]): boolean =>
    lists.some(({ length }) => length > 0);
  const rows = [
    ...verdicts
      .filter(shown)
      .map(({ text, sides }) => [
        text,
        ...sides.map((one) => (one === undefined ? NONE : `${MARK[one.outcome]} ${one.got}`)),
      ]),
    ...(some(gaps) ? [["gaps not on each side", ...gaps.map(showGaps)]] : []),
    ...(some(undelivered) ? [["not delivered here", ...undelivered.map(showRanges)]] : []),
    ...facts.filter(shown).map(({ name, sides }) => [name, ...sides.map((text) => text ?? NONE)]),
    ...figures.filter(shown).map(figureRow),
  ];
  return rows.length === 0 ? [] : [["", ...labels], ...rows];
}

const INDENT = "  ";

/** `verdicts differ, gaps are the same; 3 of 31 figures differ`. */
export function renderDifference(comparisons: readonly Comparison[]): string {
  const verb = (same: boolean): string => (same ? "are the same" : "differ");
  const verdicts = comparisons.every(({ sameVerdicts }) => sameVerdicts);
  const gaps = comparisons.every(({ sameGaps }) => sameGaps);
  const figures = comparisons.flatMap((comparison) => comparison.figures);
  const differ = figures.filter((figure) => !figure.same).length;
  const all = `all ${figures.length} figures are the same`;
  return (
    `verdicts ${verb(verdicts)}, gaps ${verb(gaps)}; ` +
    (differ === 0 ? all : `${differ} of ${figures.length} figures differ`)
  );
}

function figureRow({ name, unit, sides, ratio, same }: ComparedFigure): string[] {
  const row = [name, ...sides.map((value) => showValue(value, unit))];
  // Of more than two, nobody could tell which.
  const told = ratio !== undefined && !same && sides.length === 2;
  return told ? [...row, `x${Number(ratio.toPrecision(RATIO_DIGITS))}`] : row;
}

function showValue(value: number | undefined, unit: ComparedFigure["unit"]): string {
  if (value === undefined) return NONE;
  if (unit === "time") return formatDuration(value);
  return unit === "rate" ? formatRate(value) : String(value);
}

/** `5, 10, abandoned: 40..44`. */
function showGaps(gaps: readonly ComparedGap[]): string {
  const states: readonly GapState[] = ["filled", "abandoned", "open"];
  const parts = states.flatMap((state) => {
    const own = gaps.filter((gap) => gap.state === state);
    if (own.length === 0) return [];
    return [`${state === "filled" ? "" : `${state}: `}${showRanges(own)}`];
  });
  return parts.length === 0 ? NONE : parts.join("; ");
}

function showRanges(ranges: readonly SeqRange[]): string {
  if (ranges.length === 0) return NONE;
  const more = ranges.length > RANGES_MAX ? ` and ${ranges.length - RANGES_MAX} more` : "";
  return ranges.slice(0, RANGES_MAX).map(formatRange).join(", ") + more;
}
