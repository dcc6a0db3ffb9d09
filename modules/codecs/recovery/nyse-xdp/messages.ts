/**
 * What client and Request Server of NYSE's Pillar feeds say to each other over TCP, in packets like
 * those of the feed (codecs/nyse-xdp/layout.ts). Source: NYSE, XDP Common Client Specification 2.4p.
 * Nobody logs in: a client is known by its source id, 10 characters at most.
 *
 *     type 10 request, 24 bytes             type 11 response, 29 bytes
 *      4 u32  first number                   4 u32  number of the packet that asked
 *      8 u32  last number                    8 u32  first number
 *     12 char(10) source id                 12 u32  last number
 *     22 u8   product                       16 char(10) source id
 *     23 u8   channel                       26 u8   product
 *                                           27 u8   channel
 *     type 12 heartbeat response, 14 bytes  28 char status: 0 accepted, or why not
 *      4 char(10) source id
 *
 * The client counts its packets as it likes; here by its requests. Its dialogue is not told the time:
 * its packets have that at which the run began.
 */
import { readU16le, readU32le, writeU16le, writeU32le } from "../../../core/integers.ts";
import type { Seq } from "../../../core/seq.ts";
import { type WallTime, wallTime } from "../../../core/time.ts";
import { FLAG, NUMBER_MAX, PACKET_HEADER, TYPE, type XdpChannel } from "../../nyse-xdp/layout.ts";

/** The longest source id. */
export const SOURCE_MAX = 10;

/** Bytes of a request, of a response and of the answer to a heartbeat, without the packet's header. */
export const SIZE = { request: 24, response: 29, heartbeatResponse: 14 } as const;

/** What a request names: numbers [from, until) of a feed, and who asks. */
export interface XdpRange extends XdpChannel {
  readonly from: Seq;
  /** Not above `from` where the client wrote its range the wrong way round. */
  readonly until: Seq;
  readonly source: string;
}

/** A packet over TCP: its number, and when it is sent. */
export interface XdpHeader {
  readonly number: number;
  readonly at: WallTime;
}

/** The header of packets that are sent by who knows no time. */
export function timeless(number: number, epochMs: number): XdpHeader {
  return { number, at: wallTime(epochMs, 0) };
}

/** A packet with one message, of which all but its size and type is still to be written. */
function packet(header: XdpHeader, type: number, size: number): Uint8Array {
  const bytes = headerOf(header, FLAG.original, 1, size);
  writeU16le(bytes, PACKET_HEADER, size);
  writeU16le(bytes, PACKET_HEADER + 2, type);
  return bytes;
}

function headerOf(
  { number, at }: XdpHeader,
  flag: number,
  count: number,
  size: number,
): Uint8Array {
  const bytes = new Uint8Array(PACKET_HEADER + size);
  writeU16le(bytes, 0, bytes.length);
  bytes[2] = flag;
  bytes[3] = count;
  writeU32le(bytes, 4, number);
  writeU32le(bytes, 8, at.seconds);
  writeU32le(bytes, 12, at.nanos);
  return bytes;
}

/** A packet that asks. */
export function writeRequest(header: XdpHeader, range: XdpRange): Uint8Array {
  const bytes = packet(header, TYPE.request, SIZE.request);
  putRange(bytes, PACKET_HEADER + 4, range);
  return bytes;
}

/** A packet that answers the packet number `request`. */
export function writeResponse(
  header: XdpHeader,
  request: number,
  range: XdpRange,
  status: string,
): Uint8Array {
  const bytes = packet(header, TYPE.response, SIZE.response);
  writeU32le(bytes, PACKET_HEADER + 4, request);
  putRange(bytes, PACKET_HEADER + 8, range);
  bytes[PACKET_HEADER + 28] = status.charCodeAt(0);
  return bytes;
}

/** A packet that says that the client lives. */
export function writeHeartbeatResponse(header: XdpHeader, source: string): Uint8Array {
  const bytes = packet(header, TYPE.heartbeatResponse, SIZE.heartbeatResponse);
  putSource(bytes, PACKET_HEADER + 4, source);
  return bytes;
}

/** The server's packet that wants to hear whether the client lives. */
export function writeHeartbeat(header: XdpHeader): Uint8Array {
  return headerOf(header, FLAG.heartbeat, 0, 0);
}

/** What stands from `at` on, in a request and in a response. */
export function readRange(bytes: Uint8Array, at: number): XdpRange {
  return {
    from: readU32le(bytes, at),
    until: readU32le(bytes, at + 4) + 1,
    source: readSource(bytes, at + 8),
    product: bytes[at + 18]!,
    channel: bytes[at + 19]!,
  };
}

function putRange(bytes: Uint8Array, at: number, range: XdpRange): void {
  writeU32le(bytes, at, range.from);
  writeU32le(bytes, at + 4, Math.min(Math.max(range.until - 1, 0), NUMBER_MAX));
  putSource(bytes, at + 8, range.source);
  bytes[at + 18] = range.product;
  bytes[at + 19] = range.channel;
}

function putSource(bytes: Uint8Array, at: number, source: string): void {
  for (let i = 0; i < source.length; i++) bytes[at + i] = source.charCodeAt(i);
}

/** A source id up to the first NUL, byte for byte as Latin-1. */
export function readSource(bytes: Uint8Array, at: number): string {
  let end = at;
  while (end < at + SOURCE_MAX && bytes[end] !== 0) end++;
  return String.fromCharCode(...bytes.subarray(at, end));
}

/** Calls `visit` with the start and size of each message; false when they are not what the packet is. */
export function eachMessage(
  bytes: Uint8Array,
  visit: (at: number, size: number, index: number) => void,
): boolean {
  const found: [at: number, size: number][] = [];
  let at = PACKET_HEADER;
  for (let i = 0; i < bytes[3]!; i++) {
    if (at + 4 > bytes.length) return false;
    const size = readU16le(bytes, at);
    if (size < 4 || at + size > bytes.length) return false;
    found.push([at, size]);
    at += size;
  }
  if (at !== bytes.length) return false;
  for (const [i, [start, size]] of found.entries()) visit(start, size, i);
  return true;
}
