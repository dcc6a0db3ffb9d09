/** Reads packets of NYSE's Pillar feeds; layout.ts says what they look like. */
import { readU16le, readU32le } from "../../core/integers.ts";
import { formatRange } from "../../core/seq.ts";
import { plural } from "../../core/units.ts";
import type { DecodeFault, PacketKind, PacketView } from "../codec.ts";
import { FLAG, MESSAGE_HEADER, NUMBER_MAX, PACKET_HEADER, PACKET_MAX, TYPE } from "./layout.ts";

/** Fills `into`, or returns what is wrong. */
export function decodePacket(bytes: Uint8Array, into: PacketView): DecodeFault | undefined {
  if (bytes.length === 0) return "empty";
  if (bytes.length < PACKET_HEADER) return "truncated";
  if (bytes.length > PACKET_MAX) return "too-long";
  const size = readU16le(bytes, 0);
  if (size < PACKET_HEADER) return "bad-length";
  if (size > bytes.length) return "truncated";
  if (size < bytes.length) return "trailing-bytes";
  const flag = bytes[2]!;
  const kind = kindOf(flag);
  if (kind === undefined) return "bad-kind";
  const messages = bytes[3]!;
  const wrong = walk(bytes, messages, into.bounds);
  if (wrong !== undefined) return wrong;
  into.bytes = bytes;
  into.kind = kind;
  into.session = "";
  into.seq = readU32le(bytes, 4);
  into.count = 0;
  into.repair = flag === FLAG.againOnly || flag === FLAG.againPart;
  if (kind === "heartbeat") return messages === 0 ? undefined : "bad-message";
  if (messages === 0) return "bad-message";
  if (kind === "data") return data(flag, messages, into);
  if (kind === "unavailable") return unavailable(messages, into);
  into.seq = 0;
  return undefined;
}

/** What a flag makes of a packet, before its messages are looked at. */
function kindOf(flag: number): PacketKind | undefined {
  if (flag === FLAG.heartbeat) return "heartbeat";
  if (flag >= FLAG.failover && flag <= FLAG.reset) return "data";
  if (flag === FLAG.againOnly || flag === FLAG.againPart) return "data";
  if (flag >= FLAG.refreshOnly && flag <= FLAG.refreshEnd) return "other";
  return flag === FLAG.unavailable ? "unavailable" : undefined;
}

/** Finds the messages by their sizes; after the last there is nothing. */
function walk(bytes: Uint8Array, messages: number, bounds: Int32Array): DecodeFault | undefined {
  let at = PACKET_HEADER;
  for (let i = 0; i < messages; i++) {
    if (at + MESSAGE_HEADER > bytes.length) return "bad-length";
    const size = readU16le(bytes, at);
    if (size < MESSAGE_HEADER || at + size > bytes.length) return "bad-length";
    bounds[2 * i] = at;
    bounds[2 * i + 1] = at + size;
    at += size;
  }
  return at === bytes.length ? undefined : "trailing-bytes";
}

/** Messages, or the reset, which comes alone. One that is sent again is a message: it resets nothing. */
function data(flag: number, messages: number, into: PacketView): DecodeFault | undefined {
  if (into.seq + messages - 1 > NUMBER_MAX) return "bad-number";
  const alone = messages === 1 && readU16le(into.bytes, PACKET_HEADER + 2) === TYPE.reset;
  if (alone && (flag === FLAG.reset || flag === FLAG.failover)) {
    into.kind = "reset";
    into.seq++;
  } else if (flag === FLAG.reset) return "bad-message";
  else into.count = messages;
  return undefined;
}

function unavailable(messages: number, into: PacketView): DecodeFault | undefined {
  const { bytes } = into;
  const at = PACKET_HEADER;
  if (messages !== 1 || readU16le(bytes, at + 2) !== TYPE.unavailable) return "bad-message";
  if (readU16le(bytes, at) < MESSAGE_HEADER + 8) return "bad-length";
  const first = readU32le(bytes, at + 4);
  const last = readU32le(bytes, at + 8);
  if (last < first) return "bad-number";
  into.seq = first;
  into.count = last - first + 1;
  return undefined;
}

/** One line for people: `XDP 1001..1003 (3 messages)`, `XDP 1001..1050 unavailable`. */
export function describePacket({ bytes, kind, seq, count, repair }: PacketView): string {
  const range = formatRange({ from: seq, until: seq + count });
  if (kind === "heartbeat") return `XDP heartbeat, ${seq} is next`;
  if (kind === "reset") return `XDP sequence reset, ${seq} is next`;
  if (kind === "unavailable") return `XDP ${range} unavailable`;
  if (kind === "other") return `XDP refresh (${plural(bytes[3]!, "message")})`;
  const failover = bytes[2] === FLAG.failover ? ", failover" : "";
  return `XDP ${range} (${plural(count, "message")}${repair ? ", sent again" : failover})`;
}
