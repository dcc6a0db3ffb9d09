/** Where messages come from. */
import type { ByteFile } from "../core/byte-file.ts";
import type { Definition } from "../core/registry.ts";
import type { Rng } from "../core/rng.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import type { PacketCodec } from "../codecs/codec.ts";

export type { ByteFile } from "../core/byte-file.ts";

/** The times and the packets that a source's messages had when they were recorded. */
export interface SourceTiming {
  /** When message `index`, from 0, came, counted from the first one. Ascending; called in order. */
  at(index: number): Nanos;
  /** Whether message `index` was the last of its packet; absent where only messages are known. */
  readonly endsPacket?: (index: number) => boolean;
}

/** No packet has room for a longer message: an Ethernet frame less its IPv4 and UDP headers. */
export const MESSAGE_BYTES_MAX = 1472;

/** Messages, always the same for the same number. */
export interface Source {
  /**
   * Writes message `seq` into the buffer from `at` on, where there is room for MESSAGE_BYTES_MAX; its
   * length, or -1 when there are no more.
   */
  write(seq: Seq, into: Uint8Array, at: number): number;
  /** How many there are, where that is known. */
  readonly messages?: number | undefined;
  /** When they came, where they were recorded: what a feed without a rate of its own follows. */
  readonly timing?: SourceTiming | undefined;
  /**
   * The number that the first message had when it was recorded. `write` goes by the number that the
   * source was created with all the same: who wants the recorded ones creates it with this one.
   */
  readonly first?: Seq | undefined;
  /** The session that was recorded; empty in a format whose sessions have no name. */
  readonly session?: string | undefined;
}

/** What a source is created with. */
export interface SourceDeps {
  /** The number of the first message. */
  readonly first: Seq;
  readonly packets: PacketCodec;
  readonly rng: Rng;
  /** When the run begins: milliseconds since 1970, UTC. */
  readonly epochMs: number;
  /** Messages a second, on average: how far apart made-up times are. */
  readonly perSecond: number;
  /** Opens a file that the options name. Fails with a UserError. */
  open(path: string): ByteFile;
}

/** A source as `source:` names it. */
export interface SourceDefinition<Options> extends Definition<Options, Source, SourceDeps> {
  /** The option that names a file, where there is one. */
  readonly file?: string;
  /**
   * What keeps its messages from being sent in these packets, with the remedy; undefined: nothing.
   * Absent where nothing can be said without the options.
   */
  fits?(packets: PacketCodec): string | undefined;
}
