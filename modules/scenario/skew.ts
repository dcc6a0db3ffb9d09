/** How much later than the feed a line is: always as much, or each packet by chance. */
import { createRng } from "../core/rng.ts";
import type { TimeWindow } from "../core/time.ts";
import { drawByPacket } from "../impairments/draws.ts";
import type { Skew } from "../protocol/tap.ts";

/** The line is as early as its feed. */
export const NO_SKEW: TimeWindow = { from: 0, until: 0 };

/** The skew of a line, new each time; its chance is its own, moved by no rule and no other line. */
export function skewOf({ from, until }: TimeWindow, seed: string, line: string): Skew {
  if (from === until) return () => from;
  const rng = createRng(seed).fork("skew").fork(line);
  const others = rng.fork("others");
  const width = until - from + 1;
  return drawByPacket(
    () => from + Math.floor(rng.float() * width),
    () => from + Math.floor(others.float() * width),
  );
}
