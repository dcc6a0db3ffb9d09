/**
 * Downstream packets: a header and `count` blocks, each a length in two bytes and a message (Nasdaq,
 * MoldUDP64 1.00). No blocks are a heartbeat, and a count of 65535 is the end of the session.
 */
import { formatRange, type Seq, SEQ_MAX } from "../../core/seq.ts";
import type { DecodeFault, PacketCodec, PacketView, PacketWriter } from "../codec.ts";
import {
  COUNT_AT,
  HEADER_BYTES,
  HeaderWriter,
  putCount,
  seqOf,
  SESSION_BYTES,
  SessionReader,
  shortAt,
} from "./header.ts";
import { showSession } from "../show.ts";

/** The most that a UDP datagram carries over IPv4. */
export const DATAGRAM_BYTES_MAX = 65_507;
const LENGTH_BYTES = 2;
/** A datagram of nothing but messages without a byte: far from the 65534 that the header allows. */
const MESSAGES_MAX = Math.floor((DATAGRAM_BYTES_MAX - HEADER_BYTES) / LENGTH_BYTES);
const HEARTBEAT = 0;
const END_OF_SESSION = 0xffff;

/** The codec. It remembers the name of the last session, so that each caller has one of its own. */
export function moldPackets(): PacketCodec {
  const sessions = new SessionReader();
  return {
    messagesMax: MESSAGES_MAX,
    packetMax: DATAGRAM_BYTES_MAX,
    firstSeq: 1,
    lastSeq: SEQ_MAX - 1,
    heartbeats: true,
    sessionBytes: SESSION_BYTES,
    messages: ["utp", "itch"],
    decode: (bytes, into) => decode(bytes, into, sessions),
    writer: () => new MoldWriter(),
    describe,
  };
}

function decode(
  bytes: Uint8Array,
  into: PacketView,
  sessions: SessionReader,
): DecodeFault | undefined {
  const length = bytes.length;
  if (length < HEADER_BYTES) return length === 0 ? "empty" : "truncated";
  if (length > DATAGRAM_BYTES_MAX) return "too-long";
  const seq = seqOf(bytes);
  if (seq === undefined) return "seq-unsafe";
  const stated = shortAt(bytes, COUNT_AT);
  const count = stated === END_OF_SESSION ? 0 : stated;
  // Every number in the packet must be safe, not only the first. Beyond it, sums are rounded.
  if (count > SEQ_MAX - seq + 1) return "seq-unsafe";
  let at = HEADER_BYTES;
  const { bounds } = into;
  for (let i = 0; i < count; i++) {
    const start = at + LENGTH_BYTES;
    if (start > length) return "truncated";
    at = start + shortAt(bytes, start - LENGTH_BYTES);
    if (at > length) return "truncated";
    bounds[2 * i] = start;
    bounds[2 * i + 1] = at;
  }
  if (at < length) return "trailing-bytes";
  into.bytes = bytes;
  into.kind = kindOf(stated);
  into.session = sessions.read(bytes);
  into.seq = seq;
  into.count = count;
  // Nothing marks what is sent again: it goes to nobody but the one who asked.
  into.repair = false;
  return undefined;
}

function kindOf(count: number): PacketView["kind"] {
  if (count === HEARTBEAT) return "heartbeat";
  return count === END_OF_SESSION ? "end-of-session" : "data";
}

function describe({ kind, session, seq, count }: PacketView): string {
  const name = showSession(session);
  if (kind === "heartbeat") return `${name} heartbeat, ${seq} is next`;
  if (kind === "end-of-session") return `${name} end of session, ${seq} is next`;
  const messages = count === 1 ? "1 message" : `${count} messages`;
  return `${name} ${formatRange({ from: seq, until: seq + count })} (${messages})`;
}

class MoldWriter implements PacketWriter {
  #header = new HeaderWriter();
  #into: Uint8Array = new Uint8Array();
  #length = 0;
  #count = 0;

  begin(into: Uint8Array, session: string, seq: Seq): void {
    this.#header.put(into, session, seq, HEARTBEAT);
    this.#into = into;
    this.#length = HEADER_BYTES;
    this.#count = 0;
  }

  add(message: Uint8Array): boolean {
    if (this.at + message.length > this.#into.length) return false;
    this.#into.set(message, this.at);
    return this.take(message.length);
  }

  get at(): number {
    return this.#length + LENGTH_BYTES;
  }

  take(length: number): boolean {
    const start = this.#length + LENGTH_BYTES;
    const end = start + length;
    const into = this.#into;
    // So small a packet has neither too many messages nor one too long for its two bytes.
    if (end > into.length || end > DATAGRAM_BYTES_MAX) return false;
    into[start - 2] = length >>> 8;
    into[start - 1] = length;
    this.#length = end;
    this.#count++;
    return true;
  }

  end(): number {
    putCount(this.#into, this.#count);
    return this.#length;
  }

  heartbeat(into: Uint8Array, session: string, next: Seq): number {
    this.#header.put(into, session, next, HEARTBEAT);
    return HEADER_BYTES;
  }

  endOfSession(into: Uint8Array, session: string, next: Seq): number {
    this.#header.put(into, session, next, END_OF_SESSION);
    return HEADER_BYTES;
  }

  /** A new session has a new name: there is nothing to say about its numbers. */
  reset(): number {
    return 0;
  }
}
