/**
 * Packets of NYSE's Pillar feeds (XDP). Little-endian, at most 1400 bytes. Source: NYSE, XDP Common
 * Client Specification 2.4p.
 *
 *      0 u16  size of the packet, this header included
 *      2 u8   delivery flag
 *      3 u8   messages
 *      4 u32  number of the first message
 *      8 u32  when it was sent: seconds since 1970, and
 *     12 u32  nanoseconds
 *
 * A message begins with its size, u16, these 4 bytes included, and its type, u16. Sizes differ from
 * version to version of a type: only the size tells where the next message begins.
 *
 *     flag 1            heartbeat: no message; its number is the next
 *     flag 10, 11, 12   data in failover, data, sequence reset
 *     flag 13, 15       sent again: the only packet of its answer, one of several
 *     flag 17 .. 20     a refresh, which has numbers of its own: no part of the sequence
 *     flag 21           numbers that cannot be had any more
 *
 *     type 1  reset, 14 bytes: u32 seconds, u32 nanoseconds, u8 product, u8 channel. It is a message
 *             with a number, but carries nothing for the application: the next number is one more,
 *             and data of a session begin with 2.
 *     type 31 unavailable, 14 bytes: u32 first, u32 last, u8 product, u8 channel
 */

/** Bytes of a packet before its first message. */
export const PACKET_HEADER = 16;

/** The largest packet. */
export const PACKET_MAX = 1400;

/** Bytes that every message begins with. */
export const MESSAGE_HEADER = 4;

/** The most messages that the header can count. */
export const MESSAGES_MAX = 255;

/** The last number that a packet can have. */
export const NUMBER_MAX = 0xffff_ffff;

/** What a packet is for. */
export const FLAG = {
  heartbeat: 1,
  failover: 10,
  original: 11,
  reset: 12,
  againOnly: 13,
  againPart: 15,
  refreshOnly: 17,
  refreshEnd: 20,
  unavailable: 21,
} as const;

/** The types of message that feedlab itself reads and writes. */
export const TYPE = {
  reset: 1,
  request: 10,
  response: 11,
  heartbeatResponse: 12,
  unavailable: 31,
} as const;

/** Bytes of a reset, and of the word that numbers are unavailable. */
export const CONTROL_SIZE = 14;

/** Which feed: both are numbers from 0 to 255. */
export interface XdpChannel {
  readonly product: number;
  readonly channel: number;
}
