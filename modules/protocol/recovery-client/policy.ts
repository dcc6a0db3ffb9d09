import { MILLISECOND, type Nanos, SECOND } from "../../core/time.ts";
import type { QuotaRule } from "../quota.ts";

/** How hard the client tries. Every bound here ends in `abandoned`, never in silence. */
export interface RecoveryPolicy {
  /** Requests under way at once; one only, until the server has been reached. */
  readonly inFlightMax: number;
  /** From the start of an attempt to its answer, and then from message to message of it. */
  readonly timeout: Nanos;
  /** Attempts after the first. */
  readonly retries: number;
  /** The wait before the first retry; it doubles up to `backoffMax`. */
  readonly backoffMin: Nanos;
  readonly backoffMax: Nanos;
  /** The share of a wait that chance may add or take away. */
  readonly jitter: number;
  /** No attempt starts when a gap is older than this. */
  readonly giveUp: Nanos;
  /** How long a gap waits for others that could be asked for together with it. */
  readonly mergeWindow: Nanos;
  /** Numbers between two gaps that may be asked for again so that one request does for both. */
  readonly mergeAcross: number;
  /** Numbers in one request, if the protocol allows more. */
  readonly requestMax: number;
  /** How often it asks at most. */
  readonly quota: QuotaRule | undefined;
}

/** What a client does unless told otherwise: about a quarter of a minute of patience. */
export const RECOVERY_DEFAULTS: RecoveryPolicy = {
  inFlightMax: 4,
  timeout: 1 * SECOND,
  retries: 10,
  backoffMin: 100 * MILLISECOND,
  backoffMax: 2 * SECOND,
  jitter: 0,
  giveUp: 15 * SECOND,
  mergeWindow: 0,
  mergeAcross: 0,
  requestMax: Infinity,
  quota: undefined,
};
