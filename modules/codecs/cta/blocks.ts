/** Reads blocks of the Consolidated Tape; layout.ts says what they look like. */
import { readU16be, readU32be } from "../../core/integers.ts";
import { formatRange } from "../../core/seq.ts";
import { plural } from "../../core/units.ts";
import type { DecodeFault, PacketView } from "../codec.ts";
import {
  BLOCK_HEADER,
  BLOCK_MAX,
  CHECKSUM_AT,
  checksumOf,
  type CtaFeed,
  feedName,
  LETTER,
  lineMessage,
  MESSAGE_HEADER,
  NUMBER_MAX,
} from "./layout.ts";

/** Fills `into` from a block of `feed`, or returns what is wrong. A block of the other feed is. */
export function decodeBlock(
  feed: CtaFeed,
  bytes: Uint8Array,
  into: PacketView,
): DecodeFault | undefined {
  const fault = frameFault(bytes);
  if (fault !== undefined) return fault;
  const version = bytes[0]!;
  if (version !== 2 && version !== 0) return "bad-version";
  const indicator = bytes[4]!;
  if (bytes[3] !== LETTER[feed]) return "bad-kind";
  if (indicator !== LETTER.original && indicator !== LETTER.again) return "bad-kind";
  const number = readU32be(bytes, 5);
  const messages = bytes[9]!;
  if (messages === 0) return "bad-message";
  const wrong = walk(bytes, messages, into.bounds);
  if (wrong !== undefined) return wrong;
  into.bytes = bytes;
  into.session = "";
  into.repair = indicator === LETTER.again;
  const control = lineMessage(bytes, BLOCK_HEADER);
  if (control === undefined) {
    if (number + messages - 1 > NUMBER_MAX) return "bad-number";
    into.kind = "data";
    into.seq = number;
    into.count = messages;
    return undefined;
  }
  into.count = 0;
  if (control === LETTER.endOfDay) {
    into.kind = "end-of-session";
    into.seq = number;
  } else {
    into.kind = control === LETTER.lineIntegrity ? "heartbeat" : "reset";
    into.seq = number + 1;
  }
  return undefined;
}

/** What is wrong with the block as a whole. The checksum before all it covers: it explains the rest. */
function frameFault(bytes: Uint8Array): DecodeFault | undefined {
  if (bytes.length === 0) return "empty";
  if (bytes.length < BLOCK_HEADER) return "truncated";
  if (bytes.length > BLOCK_MAX) return "too-long";
  const size = readU16be(bytes, 1);
  if (size < BLOCK_HEADER || size % 2 !== 0) return "bad-length";
  if (size > bytes.length) return "truncated";
  if (size < bytes.length) return "trailing-bytes";
  return checksumOf(bytes, size) === readU16be(bytes, CHECKSUM_AT) ? undefined : "bad-checksum";
}

/** Finds the messages by their lengths; after the last, only the byte that makes the size even. */
function walk(bytes: Uint8Array, messages: number, bounds: Int32Array): DecodeFault | undefined {
  let at = BLOCK_HEADER;
  for (let i = 0; i < messages; i++) {
    if (at + MESSAGE_HEADER > bytes.length) return "bad-length";
    const length = readU16be(bytes, at);
    if (length < MESSAGE_HEADER || at + length > bytes.length) return "bad-length";
    // What tells of the line is about no number: among others it would shift theirs.
    if (messages > 1 && lineMessage(bytes, at) !== undefined) return "bad-message";
    bounds[2 * i] = at;
    bounds[2 * i + 1] = at + length;
    at += length;
  }
  const padded = at + (at % 2);
  if (padded !== bytes.length || (padded > at && bytes[at] !== 0)) return "trailing-bytes";
  return undefined;
}

/** One line for people: `CTS 3893 (1 message)`, `CTS line integrity, 1051 is next`. */
export function describeBlock({ bytes, kind, seq, count, repair }: PacketView): string {
  const feed = feedName(bytes[3]!);
  const again = repair ? ", sent again" : "";
  if (kind === "data") {
    const range = formatRange({ from: seq, until: seq + count });
    return `${feed} ${range} (${plural(count, "message")}${again})`;
  }
  return `${feed} ${controlName(bytes[BLOCK_HEADER + 3]!)}, ${seq} ${
    kind === "end-of-session" ? "would be" : "is"
  } next${again}`;
}

function controlName(type: number): string {
  if (type === LETTER.lineIntegrity) return "line integrity";
  if (type === LETTER.startOfDay) return "start of day";
  return type === LETTER.reset ? "reset" : "end of day";
}
