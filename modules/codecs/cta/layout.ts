/**
 * Blocks of the Consolidated Tape: trades (CTS) and quotes (CQS). Big-endian; one block a datagram, of
 * 1000 bytes at most, padded to an even size. Source: CTA's output specifications, CTS 2.11b and CQS
 * 2.10a.
 *
 *      0 u8   version: 2; captures of 2018 have 0
 *      1 u16  size of the block, this header and the padding included
 *      3 char feed: T trades, Q quotes
 *      4 char O original, V sent again
 *      5 u32  number of the first message
 *      9 u8   messages in the block
 *     10 u32  when it was made: seconds since 1970, and
 *     14 u32  nanoseconds
 *     18 u16  the sum of all other bytes of the block, the low 16 bits of it
 *
 * A message begins with 26 bytes: u16 length, these included; category, type, participant; u32 seconds
 * and u32 nanoseconds; u8 message id, u32 transaction id, i64 participant's reference.
 *
 * A message of category C that is nothing but this header tells of the line itself, and is alone in
 * its block. feedlab keeps four of them to itself: they carry nothing for the application, and no
 * number that could be asked for.
 *
 *     T line integrity  a heartbeat. Its block has the last number: the next is one more.
 *     A start of day    a reset. Its block has number 0: the next is 1.
 *     L reset           a reset. It takes a number of its own: the next is one more.
 *     Z end of day      the end of session. Its block has the number that would have been next.
 *
 * All other control messages are data: they have numbers like any message.
 */
import { readU16be } from "../../core/integers.ts";

/** Bytes of a block before its first message. */
export const BLOCK_HEADER = 20;

/** The largest block. Even, so that padding never makes one too large. */
export const BLOCK_MAX = 1000;

/** Bytes that every message begins with; a control message has no others. */
export const MESSAGE_HEADER = 26;

/** The most messages that a block has room for; its header could count to 255. */
export const MESSAGES_MAX = Math.floor((BLOCK_MAX - BLOCK_HEADER) / MESSAGE_HEADER);

/** The last number that a block can have. */
export const NUMBER_MAX = 0xffff_ffff;

/** Where the checksum stands. */
export const CHECKSUM_AT = 18;

/** The letters of a block and of its messages. */
export const LETTER = {
  trades: 0x54,
  quotes: 0x51,
  original: 0x4f,
  again: 0x56,
  control: 0x43,
  lineIntegrity: 0x54,
  startOfDay: 0x41,
  reset: 0x4c,
  endOfDay: 0x5a,
  sip: 0x53,
} as const;

/** Which tape: `trades` is CTS, `quotes` is CQS. */
export type CtaFeed = "trades" | "quotes";

/** The version of a block's header. */
export type CtaVersion = 0 | 2;

/** The feed's name, from its letter. */
export function feedName(letter: number): string {
  return letter === LETTER.quotes ? "CQS" : "CTS";
}

/** The sum of all bytes of the block but its checksum, the low 16 bits of it. */
export function checksumOf(bytes: Uint8Array, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += bytes[i]!;
  return (sum - bytes[CHECKSUM_AT]! - bytes[CHECKSUM_AT + 1]!) & 0xffff;
}

/** The type of a control message that feedlab keeps to itself; undefined for any other message. */
export function lineMessage(bytes: Uint8Array, start: number): number | undefined {
  if (bytes[start + 2] !== LETTER.control || readU16be(bytes, start) !== MESSAGE_HEADER) return;
  const type = bytes[start + 3]!;
  const { lineIntegrity, startOfDay, reset, endOfDay } = LETTER;
  const known = type === lineIntegrity || type === startOfDay || type === reset;
  return known || type === endOfDay ? type : undefined;
}
