/**
 * The stream's packets: a length in two bytes, big-endian, that counts all that follows it; a letter;
 * a payload (Nasdaq, SoupBinTCP 3.00).
 */
import { invariant } from "../../../core/errors.ts";
import { SEQ_MAX } from "../../../core/seq.ts";
import { shortAt } from "../../moldudp64/header.ts";

/** What a packet is, by its letter. */
export const TYPES = {
  debug: 0x2b,
  accepted: 0x41,
  serverHeartbeat: 0x48,
  rejected: 0x4a,
  login: 0x4c,
  logout: 0x4f,
  clientHeartbeat: 0x52,
  sequenced: 0x53,
  unsequenced: 0x55,
  endOfSession: 0x5a,
} as const;

export const USERNAME_BYTES = 6;
export const PASSWORD_BYTES = 10;
export const SESSION_BYTES = 10;
export const SEQ_BYTES = 20;
/** The most that a payload can have: the letter is counted too. */
export const PAYLOAD_BYTES_MAX = 0xffff - 1;

/** What stands before the letter. */
export const LENGTH_BYTES = 2;
const HEADER_BYTES = LENGTH_BYTES + 1;
const SPACE = 0x20;

/** Takes a packet without its length: its letter is bytes[start], if it has one. False: no more. */
export type OnPacket = (bytes: Uint8Array, start: number, end: number) => boolean;

/** Finds the packets in a stream, and holds no more than the one that is not yet whole. */
export class SoupStream {
  #onPacket: OnPacket;
  #held = new Uint8Array(HEADER_BYTES);
  #heldBytes = 0;
  #stopped = false;

  constructor(onPacket: OnPacket) {
    this.#onPacket = onPacket;
  }

  /** The beginning of a packet that is not yet whole; lent. */
  get rest(): Uint8Array {
    return this.#held.subarray(0, this.#heldBytes);
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && !this.#stopped;) {
      const start = at + LENGTH_BYTES;
      const end = start <= bytes.length ? start + shortAt(bytes, at) : Infinity;
      if (this.#heldBytes > 0 || end > bytes.length) at = this.#hold(bytes, at);
      else {
        at = end;
        this.#take(bytes, start, end);
      }
    }
  }

  /** Holds what belongs to the packet that has begun, and returns where that ends. */
  #hold(bytes: Uint8Array, at: number): number {
    const has = this.#heldBytes;
    const whole = has < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + shortAt(this.#held, 0);
    if (this.#held.length < whole) {
      const larger = new Uint8Array(whole);
      larger.set(this.#held);
      this.#held = larger;
    }
    const until = Math.min(bytes.length, at + whole - has);
    for (let i = at; i < until; i++) this.#held[has + i - at] = bytes[i]!;
    this.#heldBytes = has + until - at;
    if (this.#heldBytes < LENGTH_BYTES) return until;
    const end = LENGTH_BYTES + shortAt(this.#held, 0);
    if (this.#heldBytes === end) {
      this.#heldBytes = 0;
      this.#take(this.#held, LENGTH_BYTES, end);
    }
    return until;
  }

  #take(bytes: Uint8Array, start: number, end: number): void {
    if (this.#onPacket(bytes, start, end)) return;
    this.#stopped = true;
    this.#held = new Uint8Array();
  }
}

/** A packet; its payload is to be filled in from byte 3 on. */
export function soupPacket(type: number, payloadBytes = 0): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payloadBytes);
  putSoupHeader(bytes, type, payloadBytes);
  return bytes;
}

/** Writes what stands before a payload, and returns where that begins. */
export function putSoupHeader(into: Uint8Array, type: number, payloadBytes: number): number {
  invariant(payloadBytes <= PAYLOAD_BYTES_MAX, "a payload of more than two bytes can count");
  into[0] = (payloadBytes + 1) >>> 8;
  into[1] = payloadBytes + 1;
  into[2] = type;
  return HEADER_BYTES;
}

/** Writes Latin-1 into `length` bytes, with blanks before or after it. */
export function putText(
  into: Uint8Array,
  at: number,
  length: number,
  text: string,
  blanks: "before" | "after",
): void {
  invariant(text.length <= length, "a text too long for its field");
  const padded = blanks === "before" ? text.padStart(length) : text.padEnd(length);
  for (let i = 0; i < length; i++) {
    const code = padded.charCodeAt(i);
    invariant(code <= 0xff, "a text with a character beyond Latin-1");
    into[at + i] = code;
  }
}

/** The text of a field without the blanks around it. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  let start = at;
  let end = at + length;
  while (start < end && bytes[start] === SPACE) start++;
  while (end > start && bytes[end - 1] === SPACE) end--;
  return String.fromCharCode(...bytes.subarray(start, end));
}

/** A text without the blanks around it; other white space is part of it. */
export function withoutBlanks(text: string): string {
  return text.replace(/^ +| +$/g, "");
}

/** A session as MoldUDP64 would have it, so that it is the same on both: blanks after, never before. */
export function sessionAt(bytes: Uint8Array, at: number): string {
  const name = textAt(bytes, at, SESSION_BYTES);
  return name === "" ? "" : name.padEnd(SESSION_BYTES);
}

/** A number with blanks on either side, or what is wrong with it. */
export function numberAt(bytes: Uint8Array, at: number): number | "bad-number" | "seq-unsafe" {
  const digits = textAt(bytes, at, SEQ_BYTES);
  if (!/^[0-9]+$/.test(digits)) return "bad-number";
  const number = Number(digits);
  return number <= SEQ_MAX ? number : "seq-unsafe";
}
