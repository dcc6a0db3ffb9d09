/**
 * A segment is a head and records, all numbers little-endian:
 *
 *     head    8 bytes "FEEDSEG1", 8 bytes the number of its first message
 *     record  4 bytes CRC-32 of the rest, 4 bytes length, 8 bytes number, the message
 */
import { crc32 } from "node:zlib";
import type { Seq } from "../../core/seq.ts";

/** Bytes before the first record. */
export const HEAD_BYTES = 16;

/** Bytes before a message. */
export const RECORD_BYTES = 16;

/** No message is longer: a length beyond it is damage. */
export const LENGTH_MAX = 1 << 20;

const MAGIC = new TextEncoder().encode("FEEDSEG1");

/** The head of a segment that begins with message `first`. */
export function headOf(first: Seq): Uint8Array {
  const head = new Uint8Array(HEAD_BYTES);
  head.set(MAGIC);
  writeSeq(new DataView(head.buffer), MAGIC.length, first);
  return head;
}

/** Writes a record into the buffer at `at`, where there is room for it. */
export function writeRecord(
  into: Uint8Array,
  view: DataView,
  at: number,
  seq: Seq,
  message: Uint8Array,
): void {
  const { length } = message;
  view.setUint32(at + 4, length, true);
  writeSeq(view, at + 8, seq);
  into.set(message, at + RECORD_BYTES);
  view.setUint32(at, crc32(into.subarray(at + 4, at + RECORD_BYTES + length)), true);
}

/**
 * The length of message `seq`, whose record should stand at `at`, with `filled` bytes of the buffer
 * there; -1 when it is not there as a whole, or damaged.
 */
export function readRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  filled: number,
  seq: Seq,
): number {
  if (at + RECORD_BYTES > filled) return -1;
  const length = view.getUint32(at + 4, true);
  const end = at + RECORD_BYTES + length;
  if (length > LENGTH_MAX || end > filled || readSeq(view, at + 8) !== seq) return -1;
  return crc32(bytes.subarray(at + 4, end)) === view.getUint32(at, true) ? length : -1;
}

function writeSeq(view: DataView, at: number, seq: Seq): void {
  const high = Math.floor(seq / 2 ** 32);
  view.setUint32(at, seq - high * 2 ** 32, true);
  view.setUint32(at + 4, high, true);
}

function readSeq(view: DataView, at: number): Seq {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
