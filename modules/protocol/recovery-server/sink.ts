import type { Seq } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";
import type { Sessions } from "../sessions.ts";
import type { Faults } from "./faults.ts";
import type { Extent } from "./grant.ts";
import type { RequestQuota } from "./limits.ts";

/** What a server may be given besides its codec. */
export interface RecoveryServerParts {
  /** What the store has; without it, it shows when it is read. */
  readonly extent?: Extent;
  /** The sessions of the feed, which others may add to. */
  readonly sessions?: Sessions | undefined;
  /** The most messages that are sent for one request, if the protocol allows as many. */
  readonly requestMax?: number | undefined;
  readonly quota?: RequestQuota | undefined;
  /** What it does wrong. */
  readonly faults?: Faults | undefined;
}

/** What the server does and tells. An `id` names one connection. Numbers are the feed's. */
export interface RecoveryServerSink {
  /** Wants `onMessage` for each stored message of [from, until) while it wants more, then `onLookedUp`. */
  lookUp(id: number, from: Seq, until: Seq): void;
  /** False: it was taken, but what follows should wait for `onDrained`. */
  send(id: number, bytes: Uint8Array): boolean;
  /** To the group of repairs. False: it was taken, but more should wait for `onRepairsDrained`. */
  repair(bytes: Uint8Array): boolean;
  /** Says that nothing more will be sent. */
  end(id: number): void;
  /** Drops the connection; `onClosed` follows. */
  destroy(id: number): void;
  /** Resets the connection; `onClosed` follows. */
  reset(id: number): void;
  /** A fault strikes. */
  struck(peer: string, fault: string, now: Nanos): void;
  request(peer: string, text: string, now: Nanos): void;
  /** A client went beyond a limit, or spoke nonsense. */
  refused(peer: string, reason: string, now: Nanos): void;
}
