/** What the network does to packets on their way out. */
import type { PacketKind } from "../codecs/codec.ts";
import type { RangeSet } from "../core/ranges.ts";
import type { Definition } from "../core/registry.ts";
import type { Rng } from "../core/rng.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos, TimeWindow } from "../core/time.ts";

/** A packet that is about to leave. The bytes are lent: whoever keeps them copies them. */
export interface PacketRef {
  readonly bytes: Uint8Array;
  readonly kind: PacketKind;
  /** Of the first message, counted on from session to session. */
  readonly seq: Seq;
  /** The number of the first message on the wire, where it is another one, */
  readonly wireSeq?: Seq;
  /** and the session that it is of: its place in the run, from 1, and its name. */
  readonly session?: { readonly ordinal: number; readonly name: string };
  readonly count: number;
  /** Which message of the whole run the first one is, from 1. */
  readonly msg: number;
  /** Which data packet of the feed it is, from 1; of another kind, the one that comes next. */
  readonly ordinal: number;
  /** When it was due by the schedule, counted from the feed's start. */
  readonly dueNs: Nanos;
}

/** The number of the first message on the wire: what `seq` in a scenario means. */
export function wireSeqOf({ seq, wireSeq = seq }: PacketRef): Seq {
  return wireSeq;
}

export type Emit = (packet: PacketRef, at: Nanos) => void;

/**
 * Turns one departure into zero or more departures. Times are those of the schedule, not of the
 * clock: a slow machine is late, never different. Packets come in the order of their times.
 */
export interface Impairment {
  /** None of what is emitted leaves before `at`. Never edits `packet.bytes` in place. */
  apply(packet: PacketRef, at: Nanos, emit: Emit): void;
  /** A packet that the rule does not select goes by, emitted once, unchanged and at once. */
  onBypass?(packet: PacketRef, at: Nanos, emit: Emit): void;
  /** Packets that were taken in and will be emitted by a later call. */
  readonly held?: number;
  /** Nothing more will come: emits what is held. */
  flush?(at: Nanos, emit: Emit): void;
}

/** What an impairment is created with: its own stream of chance, moved by no other rule. */
export interface ImpairmentDeps {
  readonly rng: Rng;
}

/** What a packet must be to be touched at all. What is absent asks nothing. */
export interface Reach {
  /** Numbers of which it must carry one. */
  readonly seq?: RangeSet;
  /** Ordinals over the run of which it must carry one. */
  readonly msg?: RangeSet;
  /** When it must be due. */
  readonly time?: TimeWindow;
  /** Whether the numbers only say from where on it is for every packet, with messages or without. */
  readonly others?: boolean;
  /** True: no packet at all. With a chance of 0 % a rule is there for others to be compared with. */
  readonly never?: boolean;
}

/** Every kind of packet: for impairments that are about the link and not about what it carries. */
export const ALL_KINDS: readonly PacketKind[] = ["data", "heartbeat", "end-of-session", "reset"];

/**
 * For impairments that pick packets: what they pick then depends on what was published, never on
 * how long it took.
 */
export const DATA_ONLY: readonly PacketKind[] = ["data"];

/** An impairment as a rule names it. */
export interface ImpairmentDefinition<Options> extends Definition<
  Options,
  Impairment,
  ImpairmentDeps
> {
  /** The packets that reach it unless the rule's `type` says otherwise. */
  readonly kinds: readonly PacketKind[];
  /** What a rule is called that has no name of its own: `drop every 5`. */
  label(options: Options): string;
  /** What is asked of a packet, for those who check that a rule can fire. */
  reach?(options: Options): Reach;
}
