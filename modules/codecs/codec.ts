/** What a wire format must do. Codecs never own the bytes they read and never throw on them. */
import type { Seq } from "../core/seq.ts";

export type PacketKind = "data" | "heartbeat" | "end-of-session";

/** Why bytes are not a packet. Counted and shown, never fatal. */
export type DecodeFault =
  "empty" | "not-ascii" | "bad-number" | "bad-message" | "seq-unsafe" | "too-long";

/**
 * Where the parts of a packet lie, in bytes that the view does not own. One view is used again for
 * every packet: what it says is true until the next `decode`.
 */
export interface PacketView {
  bytes: Uint8Array;
  kind: PacketKind;
  session: string;
  /** Of the first message; of a heartbeat or end of session, the next expected number. */
  seq: Seq;
  /** 0 in a heartbeat or end of session. */
  count: number;
  /** Message i spans bounds[2i] .. bounds[2i + 1]. */
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
    bounds: new Int32Array(2 * messagesMax),
  };
}

/** Writes packets into a buffer it is given: `begin`, `add` until it is full, `end`. */
export interface PacketWriter {
  begin(into: Uint8Array, session: string, seq: Seq): void;
  /** False when the message does not fit; the packet is then as it was before. */
  add(message: Uint8Array): boolean;
  /** The packet's length in bytes. */
  end(): number;
  /**
   * Writes a whole packet that carries no message, only the `next` number to come, and returns its
   * length in bytes: 0 where the format has no heartbeats. Not between `begin` and `end`.
   */
  heartbeat(into: Uint8Array, session: string, next: Seq): number;
  /** As `heartbeat`, and says that the session is over. */
  endOfSession(into: Uint8Array, session: string, next: Seq): number;
}

/** How packets look on the wire. */
export interface PacketCodec {
  /** The most messages one packet can carry. */
  readonly messagesMax: number;
  /** The number that a session starts with. */
  readonly firstSeq: Seq;
  /**
   * Whether it has heartbeats and an end of session. False: nothing is sent when there is nothing to
   * say, so loss at the tail stays unseen.
   */
  readonly heartbeats: boolean;
  /** Fills `into`, or returns what is wrong and leaves it unspecified. Never throws. */
  decode(bytes: Uint8Array, into: PacketView): DecodeFault | undefined;
  writer(): PacketWriter;
  /** One line for people. */
  describe(view: PacketView): string;
}

/** What a recovery decoder found. `bytes` are the decoder's: copy what must outlive the call. */
export interface RecoveryFrames {
  /** A request for [from, until); `text` is the request as a person would write it. */
  request(from: Seq, until: Seq, text: string): void;
  /** A retransmitted message spans bytes[start] .. bytes[end]. */
  message(seq: Seq, bytes: Uint8Array, start: number, end: number): void;
  /** The server does not have what was asked for. */
  notFound(): void;
  /** Bytes that mean nothing here; `text` shows them, made printable. */
  fault(fault: DecodeFault, text: string): void;
}

/** Fed with any chunking; the calls come out the same. */
export interface RecoveryDecoder {
  push(bytes: Uint8Array): void;
  /** The peer has finished sending: what is held is all there will be. */
  end(): void;
  /** True when what is held could already be a whole frame, were it not that more may follow. */
  readonly settled: boolean;
}

/** How lost messages are asked for and answered on a byte stream. */
export interface RecoveryCodec {
  /** The most messages that one request can name. */
  readonly requestMax: number;
  /** False: an answer only says that the message is known, not what was in it. */
  readonly carriesPayload: boolean;
  request(from: Seq, until: Seq): Uint8Array;
  message(seq: Seq, message: Uint8Array): Uint8Array;
  notFound(from: Seq, until: Seq): Uint8Array;
  /** A request and an answer as a person would write them. */
  describeRequest(from: Seq, until: Seq): string;
  describeAnswer(seq: Seq): string;
  requests(out: RecoveryFrames): RecoveryDecoder;
  answers(out: RecoveryFrames): RecoveryDecoder;
}

/** A protocol: how packets and recovery look on the wire. */
export interface Protocol {
  readonly packets: PacketCodec;
  readonly recovery: RecoveryCodec;
}
