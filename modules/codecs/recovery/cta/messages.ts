/**
 * Recovery for the Consolidated Tape. The FORMAT IS FEEDLAB'S OWN, for the lab: how the real requests
 * look is not published. What is: requests go over TCP, repairs are sent as blocks marked `V` on a
 * group of their own, and neither the start of day nor line integrity is ever sent again. Real requests
 * also name a user; these do not. Big-endian.
 *
 *     request, 18 bytes                     response, 19 bytes
 *      0 u16  size                           0 u16  size
 *      2 char R                              2 char A
 *      3 char feed: T trades, Q quotes       3 char as asked
 *      4 u16  line                           4 u16  as asked
 *      6 u32  request, as the client counts  6 u32  as asked
 *     10 u32  first number                  10 u32  first number that this is about
 *     14 u32  last number                   14 u32  last number that this is about
 *                                           18 char status
 *
 *     A accepted: these are sent            M more than are sent for one request
 *     E the end: these are not there,       Q asked too often
 *       all others were sent                L no such feed or line here
 *     N none of these is there              R the last number is before the first
 *
 * A request that is accepted for a part is followed by E for the rest; who asks for that again is
 * told N.
 */
import { readU16be, readU32be, writeU16be, writeU32be } from "../../../core/integers.ts";
import { formatRange, type Seq } from "../../../core/seq.ts";
import { feedName, NUMBER_MAX } from "../../cta/layout.ts";

/** Bytes of a request. */
export const REQUEST_SIZE = 18;

/** Bytes of a response. */
export const RESPONSE_SIZE = 19;

const KIND = { request: 0x52, response: 0x41 } as const;

/** What a response says of the numbers that it names. */
export type CtaStatus = "A" | "E" | "N" | "M" | "Q" | "L" | "R";

/** A request, or what a response repeats of it: numbers [from, until). */
export interface CtaMessage {
  /** The feed's letter. */
  readonly feed: number;
  readonly line: number;
  /** As the client counts. */
  readonly request: number;
  readonly from: Seq;
  /** Not above `from` where the client wrote its range the wrong way round. */
  readonly until: Seq;
}

/** A request's bytes; numbers beyond those that there can be are left out of it. */
export function writeRequest(message: CtaMessage): Uint8Array {
  return write(new Uint8Array(REQUEST_SIZE), KIND.request, message);
}

/** A response's bytes. */
export function writeResponse(message: CtaMessage, status: CtaStatus): Uint8Array {
  const bytes = write(new Uint8Array(RESPONSE_SIZE), KIND.response, message);
  bytes[REQUEST_SIZE] = status.charCodeAt(0);
  return bytes;
}

function write(into: Uint8Array, kind: number, message: CtaMessage): Uint8Array {
  writeU16be(into, 0, into.length);
  into[2] = kind;
  into[3] = message.feed;
  writeU16be(into, 4, message.line);
  writeU32be(into, 6, message.request);
  writeU32be(into, 10, message.from);
  writeU32be(into, 14, Math.min(message.until - 1, NUMBER_MAX));
  return into;
}

/** What the bytes ask for; undefined: they are no request. */
export function readRequest(bytes: Uint8Array): CtaMessage | undefined {
  if (bytes.length !== REQUEST_SIZE || bytes[2] !== KIND.request) return undefined;
  return read(bytes);
}

/** What a response says, its status as the character that it is; undefined: it is none. */
export function readResponse(bytes: Uint8Array): (CtaMessage & { status: string }) | undefined {
  if (bytes.length !== RESPONSE_SIZE || bytes[2] !== KIND.response) return undefined;
  return { ...read(bytes), status: String.fromCharCode(bytes[REQUEST_SIZE]!) };
}

function read(bytes: Uint8Array): CtaMessage {
  return {
    feed: bytes[3]!,
    line: readU16be(bytes, 4),
    request: readU32be(bytes, 6),
    from: readU32be(bytes, 10),
    until: readU32be(bytes, 14) + 1,
  };
}

/** A request as a person would write it. */
export function describeRequest(
  asked: Pick<CtaMessage, "feed" | "line" | "from" | "until">,
): string {
  return `${feedName(asked.feed)} request ${formatRange(asked)} of line ${asked.line}`;
}
