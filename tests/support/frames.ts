/**
 * A wire format for tests, with all that the demo's lacks: several messages in a packet, heartbeats
 * and ends of session. A kind byte, the sequence number in four bytes, then each message behind a
 * byte with its length.
 */
import {
  createView,
  type DecodeFault,
  type PacketCodec,
  type PacketKind,
  type PacketView,
  type PacketWriter,
} from "../../modules/codecs/codec.ts";
import { SEQ_MAX } from "../../modules/core/seq.ts";

const KINDS: readonly PacketKind[] = ["data", "heartbeat", "end-of-session"];
const HEADER_BYTES = 5;

const text = new TextDecoder();

/** The codec; a packet carries at most `messagesMax` messages. */
export function frames(messagesMax = 16): PacketCodec {
  return {
    messagesMax,
    packetMax: 1472,
    firstSeq: 1,
    lastSeq: SEQ_MAX - 1,
    heartbeats: true,
    sessionBytes: 0,
    messages: ["text"],
    decode: (bytes, into) => decode(bytes, into, messagesMax),
    writer: () => new FrameWriter(messagesMax),
    describe,
  };
}

/** A packet as text: `1..3 a,b,c`, `heartbeat 4`, `end-of-session 4`. */
export function showFrame(bytes: Uint8Array): string {
  const view = createView(16);
  return decode(bytes, view, 16) ?? describe(view);
}

function describe({ kind, seq, count, bytes, bounds }: PacketView): string {
  if (kind !== "data") return `${kind} ${seq}`;
  const messages = Array.from({ length: count }, (_, i) =>
    text.decode(bytes.subarray(bounds[2 * i], bounds[2 * i + 1])),
  );
  const last = seq + count - 1;
  return `${seq}${last > seq ? `..${last}` : ""} ${messages.join(",")}`;
}

function decode(bytes: Uint8Array, into: PacketView, messagesMax: number): DecodeFault | undefined {
  const kind = KINDS[bytes[0]!];
  if (kind === undefined || bytes.length < HEADER_BYTES) return "bad-message";
  into.bytes = bytes;
  into.kind = kind;
  into.session = "";
  into.seq = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
  into.count = 0;
  into.repair = false;
  for (let at = HEADER_BYTES; at < bytes.length; into.count++) {
    const end = at + 1 + bytes[at]!;
    if (end > bytes.length || into.count === messagesMax) return "bad-message";
    into.bounds[2 * into.count] = at + 1;
    into.bounds[2 * into.count + 1] = end;
    at = end;
  }
  return undefined;
}

class FrameWriter implements PacketWriter {
  #messagesMax: number;
  #into: Uint8Array = new Uint8Array();
  #length = 0;
  #messages = 0;

  constructor(messagesMax: number) {
    this.#messagesMax = messagesMax;
  }

  begin(into: Uint8Array, _session: string, seq: number): void {
    this.#into = into;
    this.#messages = 0;
    this.#length = header(into, "data", seq);
  }

  add(message: Uint8Array): boolean {
    if (this.at + message.length > this.#into.length) return false;
    this.#into.set(message, this.at);
    return this.take(message.length);
  }

  get at(): number {
    return this.#length + 1;
  }

  take(length: number): boolean {
    const end = this.at + length;
    if (end > this.#into.length || this.#messages === this.#messagesMax) return false;
    this.#into[this.#length] = length;
    this.#length = end;
    this.#messages++;
    return true;
  }

  end(): number {
    return this.#length;
  }

  heartbeat(into: Uint8Array, _session: string, next: number): number {
    return header(into, "heartbeat", next);
  }

  endOfSession(into: Uint8Array, _session: string, next: number): number {
    return header(into, "end-of-session", next);
  }

  reset(): number {
    return 0;
  }
}

function header(into: Uint8Array, kind: PacketKind, seq: number): number {
  into[0] = KINDS.indexOf(kind);
  new DataView(into.buffer, into.byteOffset).setUint32(1, seq);
  return HEADER_BYTES;
}
