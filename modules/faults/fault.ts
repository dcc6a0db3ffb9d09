/** What a recovery server does wrong. */
import type { RecoveryCodec, Refusal } from "../codecs/recovery/recovery.ts";
import type { Definition } from "../core/registry.ts";
import type { Rng } from "../core/rng.ts";
import type { Nanos } from "../core/time.ts";

/**
 * When a fault is decided on. `window`: the clock does, whoever comes. `accept`: a connection was
 * made, and nobody knows what for. `request`: somebody has asked.
 */
export type Stage = "window" | "accept" | "request";

/** What becomes of one answer. What is absent stays as it is. */
export interface Spoiling {
  /** Says no for this reason, whatever there is. */
  readonly refuse?: Refusal;
  /** Answers as if so many numbers further on were asked for. */
  readonly shift?: number;
  /** Answers with so many messages that come after what was asked for, before anything else. */
  readonly ahead?: number;
  /** Names this session in the answer. */
  readonly session?: string;
  /** Sends no more than so many messages, as if that were all. */
  readonly most?: number;
  /** Sends this in place of a message. The bytes are lent; what is returned is a copy. */
  readonly rewrite?: (message: Uint8Array) => Uint8Array;
  /** Flips the highest bit of the first byte of whatever carries messages. */
  readonly flip?: true;
  /** Sends whatever carries messages twice. */
  readonly twice?: true;
  /** Sends nothing of the answer, and does not close. */
  readonly swallow?: true;
  /** Lets the answer wait before its first byte leaves. */
  readonly delay?: Nanos;
  /** Sends it in pieces, with a pause after each. */
  readonly trickle?: { readonly bytes: number; readonly every: Nanos };
  /** Resets the connection: at once, or when so many bytes of the answer have left. */
  readonly resetAfter?: number;
  /** Closes the connection so much later. */
  readonly linger?: Nanos;
}

/** What a fault is created with: its own stream of chance, moved by no other fault. */
export interface FaultDeps {
  readonly rng: Rng;
}

/** A fault as an entry below `faults:` names it. */
export interface FaultDefinition<Options> extends Definition<Options, Spoiling, FaultDeps> {
  /** What it is called beside its selectors: `reset after accept`. */
  label(options: Options): string;
  stage(options: Options): Stage;
  /** Why the protocol `name` cannot have it; undefined when it can. */
  unfit?(options: Options, codec: RecoveryCodec, name: string): string | undefined;
  /** Why it would change nothing with that protocol; undefined when it would. */
  idle?(options: Options, codec: RecoveryCodec, name: string): string | undefined;
}

/** A fault that is on or not there: `silent: true`. */
export const ON = "expected true; to do without it, leave it out";
