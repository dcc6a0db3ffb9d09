import { RangeSet } from "../core/ranges.ts";
import type { Cause, ExplainedGap, Gap, Hit } from "../core/run.ts";
import type { Seq, SeqRange } from "../core/seq.ts";

/** What is known of one line when its gaps are to be explained. */
export interface LineTruth {
  readonly name: string;
  /** The first number that left after the listener had joined. */
  readonly joinedAt: Seq;
  /** Numbers of which a copy left that could be read. */
  readonly left: RangeSet;
  /** Numbers that came after they were called missing. */
  readonly late: RangeSet;
  /** Numbers that came while the listener was paused, and found no room. */
  readonly overflowed: RangeSet;
  readonly kernelDrops: number | undefined;
}

/** Numbers that were called missing before they were published, and the rules that can do that. */
export interface Phantoms {
  readonly phantoms: RangeSet;
  readonly damaging: ReadonlySet<string>;
}

/**
 * Gives every gap its cause. A number is missing because of each line that did not bring it in time;
 * the gap is explained when every line is: by a rule that took it or moved it, by a pause of the
 * listener that outlasted its buffer, by being late, or by having been sent before the listener came.
 * What left and never came, no rule explains.
 */
export function explainGaps(
  gaps: readonly Gap[],
  hits: readonly Hit[],
  lines: readonly LineTruth[],
  { phantoms, damaging }: Phantoms = { phantoms: new RangeSet(), damaging: new Set() },
): ExplainedGap[] {
  const touched = lines.map(({ name }) =>
    hits
      .filter(({ line }) => line === name)
      .map(({ rule, ranges }) => ({ rule, set: RangeSet.of(ranges) })),
  );
  return gaps.map((gap) => {
    const rules = new Set<string>();
    let unjoined = false;
    let late = false;
    let gone = false;
    const phantom = phantoms.within(gap.from, gap.until);
    if (phantom.length > 0) {
      // Only a damaged number can name what does not exist yet, or somebody else.
      for (const rule of damaging) rules.add(rule);
      gone = damaging.size === 0;
    }
    for (const [i, line] of lines.entries()) {
      const never = RangeSet.of(line.left.within(gap.from, gap.until));
      for (const came of [line.late, line.overflowed]) {
        for (const { from, until } of came.within(gap.from, gap.until)) never.remove(from, until);
      }
      const rest = RangeSet.of([gap]);
      for (const { from, until } of never) rest.remove(from, until);
      const untouched = RangeSet.of(rest);
      for (const { rule, set } of touched[i]!) {
        for (const part of [...rest].flatMap(({ from, until }) => set.within(from, until))) {
          rules.add(rule);
          untouched.remove(part.from, part.until);
        }
      }
      for (const { from, until } of phantom) untouched.remove(from, until);
      if (untouched.size > 0) late = true;
      for (const { from, until } of phantom) never.remove(from, until);
      const before = never.size;
      never.remove(gap.from, line.joinedAt);
      if (never.size < before) unjoined = true;
      if (never.size > 0) gone = true;
    }
    return { ...gap, cause: causeOf({ gone, unjoined, late }, lines, rules), rules: [...rules] };
  });
}

/** What became of the copies that no rule touched. */
interface Untouched {
  /** They left and never came. */
  readonly gone: boolean;
  readonly unjoined: boolean;
  readonly late: boolean;
}

function causeOf(
  { gone, unjoined, late }: Untouched,
  lines: readonly LineTruth[],
  rules: ReadonlySet<string>,
): Cause {
  if (gone) {
    return lines.some(({ kernelDrops }) => (kernelDrops ?? 0) > 0) ? "kernel-drop" : "unexplained";
  }
  if (unjoined && rules.size === 0) return "not-joined";
  return late ? "late" : "injected";
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
