import { exponential } from "../../core/exponential.ts";
import type { Rng } from "../../core/rng.ts";
import { type Nanos, NEVER, SECOND } from "../../core/time.ts";
import { instantsOf, isMax, type Phase, timeOf } from "./phase.ts";

/**
 * The instants of one phase, in order, each from the phase's beginning; NEVER after the last. Each is
 * computed from its own place, never from the instant before it, so nothing drifts.
 */
export function instants(phase: Phase, rng: Rng): () => Nanos {
  const { length, messages, burst, rate } = phase;
  const total = instantsOf(phase);
  if (total === 0) return () => NEVER;
  const limit = Math.ceil(messages / burst);
  // A phase of so many messages has them all, whatever the last one is rounded to.
  const beyond = limit === Infinity ? NEVER : length - 1;
  // Where all are due at once, chance has nothing to say.
  const even = phase.arrivals === "constant" || isMax(phase);
  const places = even ? evenly() : randomly(total, limit, rng);
  let taken = 0;
  if (even && rate.from === rate.to) {
    // What `timeOf` comes to where the rate does not change, digit by digit: this one is for millions.
    const divisor = 2 * rate.from;
    return () => {
      if (taken === limit) return NEVER;
      const at = Math.round((2 * taken++ * SECOND) / divisor);
      return at < length ? at : beyond;
    };
  }
  return () => {
    if (taken === limit) return NEVER;
    taken++;
    const at = Math.round(timeOf(phase, places()));
    return at < length ? at : beyond;
  };
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
