/** Time as the machines see it: a number handed to them, never read from a clock. */

/** Nanoseconds since the run began. A double counts them exactly for 104 days. */
export type Nanos = number;

/** The deadline of a machine that waits for nothing. */
export const NEVER: Nanos = Infinity;

export const MICROSECOND: Nanos = 1e3;
export const MILLISECOND: Nanos = 1e6;
export const SECOND: Nanos = 1e9;

/** From `from`, which is in, to `until`, which is not. */
export interface TimeWindow {
  readonly from: Nanos;
  readonly until: Nanos;
}

export type Cancel = () => void;

/** A clock that alarms can be set on; a world has exactly one. */
export interface Clock {
  readonly kind: "real" | "virtual";
  /** What the clocks on the wall showed at zero: milliseconds since 1970, UTC. */
  readonly epochMs: number;
  now(): Nanos;
  /** Calls `run` once at `time`, or as soon as possible when that has passed. */
  at(time: Nanos, run: () => void): Cancel;
}
