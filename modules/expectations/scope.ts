import { RangeSet } from "../core/ranges.ts";
import type { Run } from "../core/run.ts";
import type { SeqRange } from "../core/seq.ts";

/**
 * What is known of one phase by itself: what was published in it, what became of that, and how the
 * schedule was kept. What cannot be told by phase stays as it is. Undefined: no message was in it.
 */
export function scopeTo(run: Run, name: string): Run | undefined {
  let from = run.first;
  for (const phase of run.phases) {
    const until = from + phase.messages;
    if (phase.name === name && until > from) {
      const range = { from, until };
      return {
        ...run,
        first: from,
        next: until,
        rateWanted: phase.wanted,
        rateAchieved: phase.achieved,
        lateness: phase.lateness,
        delivered: phase.messages - size(clip(run.undelivered, range)),
        undelivered: clip(run.undelivered, range),
        gaps: run.gaps.filter((gap) => gap.from >= from && gap.from < until),
        abandoned: clip(run.abandoned, range),
        losses: run.losses.filter((loss) => loss.from >= from && loss.from < until),
      };
    }
    from = until;
  }
  return undefined;
}

function clip(ranges: readonly SeqRange[], { from, until }: SeqRange): SeqRange[] {
  return RangeSet.of(ranges).within(from, until);
}

function size(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { from, until }) => sum + until - from, 0);
}
