import { type Nanos, SECOND } from "../core/time.ts";

/** When the messages of a feed are due, counted from the feed's start. */
export interface Schedule {
  /** Of the next message; never before the one before it. Infinity: there is none. */
  next(): Nanos;
}

/** A steady number of messages a second. Each instant is computed anew, so nothing drifts. */
export function steady(perSecond: number): Schedule {
  let ordinal = 0;
  return { next: () => Math.round((ordinal++ * SECOND) / perSecond) };
}
