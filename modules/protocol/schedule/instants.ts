import { exponential } from "../../core/exponential.ts";
import type { Rng } from "../../core/rng.ts";
import { SECOND } from "../../core/time.ts";
import { instantsOf, isMax, type Phase, timeOf } from "./phase.ts";

/** Writes the next instants into a chunk, and returns how many; fewer than fit: there are no more. */
export type Instants = (chunk: Float64Array) => number;

/**
 * The instants of one phase, in order, each from the phase's beginning. Each is computed from its own
 * place, never from the instant before it, so nothing drifts.
 */
export function instants(phase: Phase, rng: Rng): Instants {
  const { length, messages, burst, rate } = phase;
  const total = instantsOf(phase);
  if (total === 0) return () => 0;
  const limit = Math.ceil(messages / burst);
  // Where all are due at once, chance has nothing to say.
  const even = phase.arrivals === "constant" || isMax(phase);
  const places = even ? evenly() : randomly(total, limit, rng);
  const steady = even && rate.from === rate.to;
  let taken = 0;
  return (chunk) => {
    let count = Math.min(chunk.length, limit - taken);
    if (steady) steadily(chunk, count, taken, rate.from);
    else for (let i = 0; i < count; i++) chunk[i] = Math.round(timeOf(phase, places()));
    taken += count;
    for (let i = count - 1; i >= 0 && chunk[i]! >= length; i--) {
      // A phase of so many messages has them all, whatever the last one is rounded to.
      if (limit === Infinity) count = i;
      else chunk[i] = length - 1;
    }
    return count;
  };
}

/**
 * What `timeOf` comes to where the rate does not change, digit by digit. This one is for millions, and
 * `Math.round` would take three times as long.
 */
function steadily(chunk: Float64Array, count: number, first: number, rate: number): void {
  const divisor = 2 * rate;
  for (let i = 0; i < count; i++) chunk[i] = Math.floor((2 * (first + i) * SECOND) / divisor + 0.5);
}

/** 0, 1, 2, ...: the rate's integral at each instant. */
function evenly(): () => number {
  let place = 0;
  return () => place++;
}

/**
 * A Poisson process of rate 1, which the phase's own clock then stretches and squeezes. Where the
 * number of instants is fixed, so is the phase's length, and they are thrown into it at random: a
 * Poisson process of which one knows how many instants it had. These are the sums of one exponential
 * gap more than there are instants, scaled so that the last falls on the phase's end.
 */
function randomly(total: number, limit: number, rng: Rng): () => number {
  const scale = limit === Infinity ? 1 : total / sumOfGaps(limit + 1, rng.fork("gaps"));
  const gaps = rng.fork("gaps");
  let place = 0;
  return () => (place += exponential(gaps)) * scale;
}

function sumOfGaps(count: number, rng: Rng): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += exponential(rng);
  return sum;
}
