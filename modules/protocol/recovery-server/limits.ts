import { MILLISECOND, type Nanos, SECOND } from "../../core/time.ts";
import type { QuotaRule } from "../quota.ts";

/** What one client may take. Beyond a limit its connection is closed, and the server goes on. */
export interface RecoveryLimits {
  readonly connectionsMax: number;
  /** Bytes before a request is complete. */
  readonly requestBytesMax: number;
  /** Time before a request is complete. */
  readonly requestTime: Nanos;
  /** A request without a terminator counts as complete when nothing follows it for so long. */
  readonly requestQuiet: Nanos;
  /** Requests that were read, but whose answer was not taken yet. */
  readonly requestsMax: number;
  /** Time for the answer to be taken, or for a part of it. */
  readonly answerTime: Nanos;
}

/** What a server allows unless told otherwise. */
export const RECOVERY_LIMITS: RecoveryLimits = {
  connectionsMax: 256,
  requestBytesMax: 256,
  requestTime: 5 * SECOND,
  requestQuiet: 50 * MILLISECOND,
  requestsMax: 128,
  answerTime: 5 * SECOND,
};

/** How often a server looks for what was published, while somebody follows. */
export const FOLLOW_INTERVAL: Nanos = 1 * MILLISECOND;

/** Messages that one who follows is sent before it is given a moment to leave; then twice as many. */
export const FOLLOW_FIRST = 1024;

/** Who is sent so many at a time lacks very much, and is given no more time. */
export const FOLLOW_FULL = 16_384;

/** How long that moment is: a server that publishes as well does not hear at once who leaves. */
export const FOLLOW_LEAVE: Nanos = 5 * MILLISECOND;

/** A client that has been silent for so many times its own heartbeat is not there any more. */
export const SILENCES_MAX = 15;

/** Messages that are read from the store at once for one client; then it is another's turn. */
export const READ_MAX = 1024;

/** A quota of requests, for each client or for all of them together. */
export interface RequestQuota extends QuotaRule {
  readonly scope: "client" | "all";
  /** How it says no: for that reason, unless it lies. */
  readonly reply?: "quota" | "not_found";
}

/** What one datagram can carry. */
export const DATAGRAM_BYTES_MAX = 65_507;

/** Bytes that a fault holds back for one connection before the answer has to wait. */
export const OUTLET_HELD_MAX = 64 * 1024;

/** Before a reset, what was sent has so long to be read: a reset may overtake it. */
export const RESET_WAIT: Nanos = 5 * MILLISECOND;
