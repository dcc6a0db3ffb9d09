import type { Progress } from "../core/progress.ts";
import { type Nanos, SECOND } from "../core/time.ts";
import { formatDuration, formatRate, plural } from "../core/units.ts";

/** Where a run is going: whichever of the two comes first. */
export interface Goal {
  readonly messages: number;
  readonly duration: Nanos;
}

/**
 * One line on how far a run has come, at most `columns` wide. The rate is that since `before`.
 * Every character is one column, so that cutting it is safe.
 */
export function renderStatus(
  now: Progress,
  before: Progress | undefined,
  goal: Goal,
  columns: number,
): string {
  const { elapsedNs, published, gaps, open, filled, lost } = now;
  const share = Math.max(published / goal.messages, elapsedNs / goal.duration);
  const parts = [
    `${Math.floor(Math.min(1, share) * 100)}%`.padStart(4),
    formatRate(rateOf(now, before)),
    plural(gaps, "gap"),
    `missing ${open}`,
    `filled ${filled}`,
    ...(lost > 0 ? [`lost ${lost}`] : []),
    plural(published, "message"),
    formatDuration(Math.floor(elapsedNs / (SECOND / 10)) * (SECOND / 10)),
  ];
  return parts.join("  ").slice(0, Math.max(0, columns));
}

function rateOf(now: Progress, before: Progress | undefined): number {
  const since = before?.elapsedNs ?? 0;
  const span = now.elapsedNs - since;
  return span <= 0 ? 0 : ((now.published - (before?.published ?? 0)) * SECOND) / span;
}
