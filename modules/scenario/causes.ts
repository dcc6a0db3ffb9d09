import { RangeSet } from "../core/ranges.ts";
import type { Cause, ExplainedGap, Gap, Hit } from "../core/run.ts";
import type { Seq, SeqRange } from "../core/seq.ts";

/** What is known of one line when its gaps are to be explained. */
export interface LineTruth {
  readonly name: string;
  /** The first number that left after the listener had joined. */
  readonly joinedAt: Seq;
  readonly kernelDrops: number | undefined;
}

/**
 * Gives every gap its cause. A number is missing because of each line that did not bring it; the gap
 * is explained when every line is: by a rule, or by having been sent before the listener came.
 */
export function explainGaps(
  gaps: readonly Gap[],
  hits: readonly Hit[],
  lines: readonly LineTruth[],
): ExplainedGap[] {
  const touched = lines.map(({ name }) =>
    hits
      .filter(({ line }) => line === name)
      .map(({ rule, ranges }) => ({ rule, set: RangeSet.of(ranges) })),
  );
  return gaps.map((gap) => {
    const rules = new Set<string>();
    let unjoined = 0;
    let open = 0;
    for (const [i, line] of lines.entries()) {
      const rest = RangeSet.of([gap]);
      for (const { rule, set } of touched[i]!) {
        for (const { from, until } of set.within(gap.from, gap.until)) {
          rules.add(rule);
          rest.remove(from, until);
        }
      }
      const before = rest.size;
      rest.remove(gap.from, line.joinedAt);
      if (rest.size < before) unjoined++;
      if (rest.size > 0) open++;
    }
    return { ...gap, cause: causeOf(gap, lines, rules, unjoined, open), rules: [...rules] };
  });
}

function causeOf(
  gap: Gap,
  lines: readonly LineTruth[],
  rules: ReadonlySet<string>,
  unjoined: number,
  open: number,
): Cause {
  if (open === 0) return unjoined > 0 && rules.size === 0 ? "not-joined" : "injected";
  // An untouched packet of some line is missing: it comes yet, or the system has lost it.
  if (gap.filledByLine > 0 && gap.filledByRecovery + gap.lost === 0) return "late";
  return lines.some(({ kernelDrops }) => (kernelDrops ?? 0) > 0) ? "kernel-drop" : "unexplained";
}

/** Published numbers that nobody delivered or gave up: dropped where nothing came after, or gone. */
export function explainMissing(
  missing: Iterable<SeqRange>,
  losses: Iterable<SeqRange>,
): { tail: SeqRange[]; unexplained: SeqRange[] } {
  const dropped = RangeSet.of(losses);
  const tail: SeqRange[] = [];
  const unexplained: SeqRange[] = [];
  for (const range of missing) {
    const rest = RangeSet.of([range]);
    for (const part of dropped.within(range.from, range.until)) {
      tail.push(part);
      rest.remove(part.from, part.until);
    }
    unexplained.push(...rest);
  }
  return { tail, unexplained };
}
