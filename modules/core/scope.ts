import { RangeSet } from "./ranges.ts";
import type { ExplainedGap, Run } from "./run.ts";
import type { SeqRange } from "./seq.ts";

/**
 * What is known of one phase by itself: what was published in it, what became of that, and how the
 * schedule was kept. A gap or a loss that goes on in the next phase belongs to both, to each with its
 * own numbers. What cannot be told by phase stays as it is. Undefined: there is no such phase.
 */
export function scopeTo(run: Run, name: string): Run | undefined {
  let from = run.first;
  for (const phase of run.phases) {
    const until = from + phase.messages;
    if (phase.name === name) {
      const range = { from, until };
      const undelivered = clip(run.undelivered, range);
      return {
        ...run,
        durationNs: phase.until - phase.from,
        first: from,
        next: until,
        rateWanted: phase.wanted,
        rateAchieved: phase.achieved,
        lateness: phase.lateness,
        phases: [],
        delivered: phase.messages - size(undelivered),
        undelivered,
        gaps: run.gaps
          .filter((gap) => overlaps(gap, range))
          .map((gap) => clipGap(gap, partOf(gap, range), undelivered)),
        losses: run.losses
          .filter((loss) => overlaps(loss, range))
          .map((loss) => ({ ...loss, ...partOf(loss, range) })),
        tail: clip(run.tail, range),
        abandoned: clip(run.abandoned, range),
      };
    }
    from = until;
  }
  return undefined;
}

/** The part of a gap that lies in the phase; how much of the part was filled how is an estimate. */
function clipGap(
  gap: ExplainedGap,
  part: SeqRange,
  undelivered: readonly SeqRange[],
): ExplainedGap {
  if (part.from === gap.from && part.until === gap.until) return gap;
  const lost = Math.min(gap.lost, size(clip(undelivered, part)));
  const rest = part.until - part.from - lost;
  const filledByLine = Math.min(gap.filledByLine, rest);
  const filledByRecovery = Math.min(gap.filledByRecovery, rest - filledByLine);
  return { ...gap, ...part, lost, filledByLine, filledByRecovery };
}

function overlaps(range: SeqRange, { from, until }: SeqRange): boolean {
  return Math.max(range.from, from) < Math.min(range.until, until);
}

function partOf(range: SeqRange, { from, until }: SeqRange): SeqRange {
  return { from: Math.max(range.from, from), until: Math.min(range.until, until) };
}

function clip(ranges: readonly SeqRange[], { from, until }: SeqRange): SeqRange[] {
  return RangeSet.of(ranges).within(from, until);
}

function size(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { from, until }) => sum + until - from, 0);
}
