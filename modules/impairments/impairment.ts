/** What the network does to packets on their way out. */
import type { PacketKind } from "../codecs/codec.ts";
import type { Definition } from "../core/registry.ts";
import type { Rng } from "../core/rng.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";

/** A packet that is about to leave. The bytes are lent: whoever keeps them copies them. */
export interface PacketRef {
  readonly bytes: Uint8Array;
  readonly kind: PacketKind;
  /** Of the first message. */
  readonly seq: Seq;
  readonly count: number;
  /** Which message of the whole run the first one is, from 1. */
  readonly msg: number;
  /** When it was due by the schedule, counted from the feed's start. */
  readonly dueNs: Nanos;
}

export type Emit = (packet: PacketRef, at: Nanos) => void;

/**
 * Turns one departure into zero or more departures. Times are those of the schedule, not of the
 * clock: a slow machine is late, never different.
 */
export interface Impairment {
  /** None of what is emitted leaves before `at`. Never edits `packet.bytes` in place. */
  apply(packet: PacketRef, at: Nanos, emit: Emit): void;
  /** Packets that were taken in and will be emitted by a later call. */
  readonly held?: number;
  /** Nothing more will come: emits what is held. */
  flush?(at: Nanos, emit: Emit): void;
}

/** What an impairment is created with: its own stream of chance, moved by no other rule. */
export interface ImpairmentDeps {
  readonly rng: Rng;
}

/** An impairment as a rule names it. */
export interface ImpairmentDefinition<Options> extends Definition<
  Options,
  Impairment,
  ImpairmentDeps
> {
  /** What a rule is called that has no name of its own: `drop every 5`. */
  label(options: Options): string;
}
