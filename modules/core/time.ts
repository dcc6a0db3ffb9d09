/** Time as the machines see it: a number handed to them, never read from a clock. */

/** Nanoseconds since the run began. A double counts them exactly for 104 days. */
export type Nanos = number;

/** The deadline of a machine that waits for nothing. */
export const NEVER: Nanos = Infinity;

export const MICROSECOND: Nanos = 1e3;
export const MILLISECOND: Nanos = 1e6;
export const SECOND: Nanos = 1e9;

/** A point in time, UTC. */
export interface WallTime {
  /** Since 1970. */
  readonly seconds: number;
  /** Within the second. */
  readonly nanos: number;
}

/**
 * What the clocks on the wall show `atNs` after a run that began at `epochMs`, milliseconds since 1970.
 * Exact: nanoseconds since 1970 would be too many for a double, so seconds are counted apart.
 */
export function wallTime(epochMs: number, atNs: Nanos): WallTime {
  const beganMs = Math.floor(epochMs);
  const began = Math.floor(beganMs / 1000);
  const passed = Math.floor(atNs / SECOND);
  const ofMs = Math.round((epochMs - beganMs) * MILLISECOND);
  const nanos = (beganMs - began * 1000) * MILLISECOND + ofMs + Math.floor(atNs - passed * SECOND);
  const carried = Math.floor(nanos / SECOND);
  return { seconds: began + passed + carried, nanos: nanos - carried * SECOND };
}

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
