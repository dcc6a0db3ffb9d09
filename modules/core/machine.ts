import type { Nanos } from "./time.ts";

/**
 * Protocol logic without input or output: handlers `onX(..., now)`, a deadline, and a sink whose
 * methods are its effects. Law: a sink never calls back into its machine.
 */
export interface Machine {
  /** When the machine next wants `onDeadline`, or `NEVER`. */
  deadline(): Nanos;
  onDeadline(now: Nanos): void;
}

/** The calls that a sink can receive, as tuples: `["gap", 245, 249, now]`. */
export type CallOf<T> = {
  [K in keyof T]: T[K] extends (...args: infer A) => void ? [name: K, ...args: A] : never;
}[keyof T];
