/** A comparison for programs: everything of it, times in nanoseconds. */
import type { ComparedFigure, Comparison } from "./compare.ts";

/** Verdicts and figures of every side, by their names; and the numbers that differ. */
export function comparisonJson(comparison: Comparison): object {
  const { labels, verdicts, gaps, undelivered, figures, sameVerdicts, sameGaps } = comparison;
  const bySide = (values: readonly unknown[]): object =>
    Object.fromEntries(labels.map((label, i) => [label, values[i] ?? null]));
  return {
    sameVerdicts,
    sameGaps,
    verdicts: verdicts.map(({ text, same, sides }) => ({ text, same, sides: bySide(sides) })),
    gaps: bySide(gaps),
    undelivered: bySide(undelivered),
    figures: Object.fromEntries(figures.map((figure) => [figure.name, figureJson(figure, bySide)])),
  };
}

function figureJson(
  { unit, same, sides, ratio }: ComparedFigure,
  bySide: (values: readonly unknown[]) => object,
): object {
  const told = ratio === undefined || sides.length !== 2 ? {} : { ratio };
  return { unit, same, sides: bySide(sides), ...told };
}
