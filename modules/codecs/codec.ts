/** What a wire format must do. Codecs never own the bytes they read and never throw on them. */
import type { Definition } from "../core/registry.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import type { RecoveryCodec } from "./recovery/recovery.ts";

/**
 * `heartbeat`: nothing new. `end-of-session`: nothing more will come. `reset`: the numbers begin
 * again. `unavailable`: numbers that nobody can get any more. `other`: a good packet that says nothing
 * of the sequence, a part of a snapshot, say; its number counts something else.
 */
export type PacketKind =
  "data" | "heartbeat" | "end-of-session" | "reset" | "unavailable" | "other";

/** Why bytes are not a packet. Counted and shown, never fatal. */
export type DecodeFault =
  | "empty"
  | "not-ascii"
  | "bad-number"
  | "bad-message"
  | "seq-unsafe"
  | "too-long"
  | "truncated"
  | "bad-length"
  | "bad-checksum"
  | "bad-version"
  | "bad-kind"
  | "trailing-bytes"
  | "too-many"
  | "not-authorized";

/**
 * Where the parts of a packet lie, in bytes that the view does not own. One view is used again for
 * every packet: what it says is true until the next `decode`.
 */
export interface PacketView {
  bytes: Uint8Array;
  kind: PacketKind;
  /** Its name, byte for byte as Latin-1; empty in a format whose sessions have none. */
  session: string;
  /**
   * Of the first message; of a heartbeat, end of session or reset, the next expected number; the
   * first of those that are unavailable; 0 in a packet that says nothing of the sequence.
   */
  seq: Seq;
  /** Messages in it, or how many numbers are unavailable. 0 in any other packet. */
  count: number;
  /** Sent again for whoever asked; others have no use for it. */
  repair: boolean;
  /** Message i of a data packet spans bounds[2i] .. bounds[2i + 1]. */
  readonly bounds: Int32Array;
}

/** An empty view with room for `messagesMax` messages. */
export function createView(messagesMax: number): PacketView {
  return {
    bytes: new Uint8Array(),
    kind: "data",
    session: "",
    seq: 0,
    count: 0,
    repair: false,
    bounds: new Int32Array(2 * messagesMax),
  };
}

/**
 * Writes packets into a buffer it is given: `begin`, `add` or `take` until it is full, `end`. `atNs` is
 * when the packet is due, since the run began, for formats that say so in their headers.
 */
export interface PacketWriter {
  begin(into: Uint8Array, session: string, seq: Seq, atNs: Nanos): void;
  /** False when the message does not fit; the packet is then as it was before. */
  add(message: Uint8Array): boolean;
  /** Where in the buffer the next message goes. */
  readonly at: number;
  /** As `add`, of a message of so many bytes that has been written there. */
  take(length: number): boolean;
  /** The packet's length in bytes, once it is complete. */
  end(): number;
  /**
   * Writes a whole packet that carries no message, only the `next` number to come, and returns its
   * length in bytes: 0 where the format has no heartbeats. Not between `begin` and `end`.
   */
  heartbeat(into: Uint8Array, session: string, next: Seq, atNs: Nanos): number;
  /** As `heartbeat`, and says that the session is over. */
  endOfSession(into: Uint8Array, session: string, next: Seq, atNs: Nanos): number;
  /**
   * As `heartbeat`, and says that numbers begin (again) with `next`: what is sent before the first
   * message of a session. 0 where the format has no such packet.
   */
  reset(into: Uint8Array, session: string, next: Seq, atNs: Nanos): number;
}

/** How packets look on the wire. */
export interface PacketCodec {
  /** The most messages one packet can carry. */
  readonly messagesMax: number;
  /** The largest packet that the format allows, in bytes. */
  readonly packetMax: number;
  /** The number that a session starts with. */
  readonly firstSeq: Seq;
  /** The last number that fits into the format. */
  readonly lastSeq: Seq;
  /**
   * Whether it has heartbeats and an end of session. False: nothing is sent when there is nothing to
   * say, so loss at the tail stays unseen.
   */
  readonly heartbeats: boolean;
  /** The bytes that the name of a session has; 0: sessions have no names. */
  readonly sessionBytes: number;
  /** The message formats (see modules/messages) that it usually carries; the first is what is made up. */
  readonly messages: readonly string[];
  /** Fills `into`, or returns what is wrong and leaves it unspecified. Never throws. */
  decode(bytes: Uint8Array, into: PacketView): DecodeFault | undefined;
  /** `repair`: writes packets that are sent again, where the format marks them. */
  writer(repair?: boolean): PacketWriter;
  /** One line for people. */
  describe(view: PacketView): string;
}

/** Whether a feed in this format can begin its numbers again: by a session's name, or by a reset. */
export function hasSessions(codec: PacketCodec): boolean {
  const { sessionBytes, firstSeq, packetMax } = codec;
  return sessionBytes > 0 || codec.writer().reset(new Uint8Array(packetMax), "", firstSeq, 0) > 0;
}

/** A protocol: how packets look on the wire, and how lost ones are usually asked for. */
export interface Protocol {
  readonly packets: PacketCodec;
  readonly recovery: RecoveryCodec;
}

/** What codecs are created with. */
export interface CodecDeps {
  /** When the run began: milliseconds since 1970, UTC. */
  readonly epochMs: number;
}

/** A protocol as `protocol:` names it. */
export type ProtocolDefinition<Options> = Definition<Options, Protocol, CodecDeps>;
