import type { Nanos } from "./time.ts";

/** How far a run has come. Numbers of messages, but for `gaps`. */
export interface Progress {
  /** Since the feed began. */
  readonly elapsedNs: Nanos;
  readonly published: number;
  /** Runs of numbers that were noticed missing. */
  readonly gaps: number;
  /** Noticed missing, and neither filled nor given up. */
  readonly open: number;
  readonly filled: number;
  readonly lost: number;
}
