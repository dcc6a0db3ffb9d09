import type { Rng } from "./rng.ts";

/** A stream of draws in [0, 1), each value as likely as any other. */
export type Draws = () => number;

/**
 * Draws that resemble the one before, as netem's do: x = (1 - rho) * fresh + rho * x', so that the
 * correlation of neighbours is `correlation`. Such numbers crowd in the middle, which makes netem
 * lose far less than it is told to. Here each comes out as its rank among all such numbers: as
 * likely as any other again, in the same order. Without correlation these are the rng's own.
 */
export function correlatedDraws(rng: Rng, correlation: number): Draws {
  if (correlation === 0) return () => rng.float();
  const next = netemDraws(rng, correlation);
  const rank = rankOf(correlation);
  return () => rank(next());
}

/** The recurrence itself, past its beginnings. `correlation` is in (0, 1). */
export function netemDraws(rng: Rng, correlation: number): Draws {
  let x = rng.float();
  const next = (): number => (x = (1 - correlation) * rng.float() + correlation * x);
  // Where it began would otherwise show in the first packets: 50% forgets it after ten draws.
  for (let forgotten = 1; forgotten > 1e-3; forgotten *= correlation) next();
  return next;
}

/** The largest draw that an rng gives; a rank is no larger. */
const DRAW_MAX = 1 - 2 ** -32;

/** Cells of the table of ranks. */
const CELLS = 4096;

/** Beyond this change no draw would notice another round. */
const PRECISION = 1e-10;

/**
 * The distribution function F of the recurrence's long run. It is the one that the recurrence leaves
 * as it is: F(t) = rho / (1 - rho) * (the integral of F from (t - (1 - rho)) / rho to t / rho), found
 * by putting it in until nothing changes. Only arithmetic that every engine rounds alike.
 */
function rankOf(rho: number): (x: number) => number {
  let ranks = Float64Array.from({ length: CELLS + 1 }, (_, i) => i / CELLS);
  for (let change = 1; change > PRECISION;) {
    const integral = integralOf(ranks);
    const better = ranks.map((_, i) => {
      const t = i / CELLS;
      const rank = (rho / (1 - rho)) * (integral(t / rho) - integral((t - (1 - rho)) / rho));
      return Math.min(Math.max(rank, 0), 1);
    });
    change = better.reduce((most, rank, i) => Math.max(most, Math.abs(rank - ranks[i]!)), 0);
    ranks = better;
  }
  return (x) => {
    const cell = Math.min(Math.floor(x * CELLS), CELLS - 1);
    const low = ranks[cell]!;
    return Math.min(low + (x * CELLS - cell) * (ranks[cell + 1]! - low), DRAW_MAX);
  };
}

/** From 0 to y, of a function that is 0 before its table over [0, 1] and 1 after it. */
function integralOf(table: Float64Array): (y: number) => number {
  const sums = new Float64Array(CELLS + 1);
  for (let i = 0; i < CELLS; i++) sums[i + 1] = sums[i]! + (table[i]! + table[i + 1]!) / 2 / CELLS;
  return (y) => {
    if (y <= 0) return 0;
    if (y >= 1) return sums[CELLS]! + y - 1;
    const cell = Math.floor(y * CELLS);
    const part = y * CELLS - cell;
    const rise = table[cell + 1]! - table[cell]!;
    return sums[cell]! + (part * (table[cell]! + (part * rise) / 2)) / CELLS;
  };
}
