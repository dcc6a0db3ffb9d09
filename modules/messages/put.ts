/**
 * A message's fields, written by their offsets. Numbers are whole, not negative and below 2^53; on
 * paths where every message goes, so neither a BigInt nor a view is made for them.
 */
import type { WallTime } from "../core/time.ts";

/** The largest number of 16 bits. */
export const U16_MAX = 0xffff;

/** The largest number of 32 bits. */
export const U32_MAX = 0xffff_ffff;

const TWO_32 = 2 ** 32;

/** Writes 16 bits, the high byte first. */
export function put16(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 8;
  into[at + 1] = value;
}

/** Writes 32 bits, the high byte first. */
export function put32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

/** Writes 64 bits, the high byte first. */
export function put64(into: Uint8Array, at: number, value: number): void {
  put32(into, at, Math.floor(value / TWO_32));
  put32(into, at + 4, value % TWO_32);
}

/** Writes 32 bits, the low byte first. */
export function put32Little(into: Uint8Array, at: number, value: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
  into[at + 2] = value >>> 16;
  into[at + 3] = value >>> 24;
}

/** Writes 64 bits, the low byte first. */
export function put64Little(into: Uint8Array, at: number, value: number): void {
  put32Little(into, at, value % TWO_32);
  put32Little(into, at + 4, Math.floor(value / TWO_32));
}

/** 10^9 is 5^9 times 2^9. */
const NANOS_ODD = 1_953_125;
const NANOS_EVEN = 512;

/** Writes the nanoseconds since 1970 as 64 bits, the high byte first: too many for one number. */
export function putNanos(into: Uint8Array, at: number, { seconds, nanos }: WallTime): void {
  const product = seconds * NANOS_ODD;
  const above = TWO_32 / NANOS_EVEN;
  const low = (product % above) * NANOS_EVEN + nanos;
  put32(into, at, Math.floor(product / above) + Math.floor(low / TWO_32));
  put32(into, at + 4, low % TWO_32);
}

/** Writes ASCII, filled up with blanks to `length` bytes. */
export function putText(into: Uint8Array, at: number, length: number, text: string): void {
  for (let i = 0; i < length; i++) into[at + i] = i < text.length ? text.charCodeAt(i) : 0x20;
}

/** Whether all of the text is ASCII that can be seen, and there are 1 to `max` letters of it. */
export function fitsText(text: string, max: number): boolean {
  if (text.length < 1 || text.length > max) return false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code <= 0x20 || code > 0x7e) return false;
  }
  return true;
}

/** `value` in units of `unit`, or -1 where that is no whole number from 0 to `max`. */
export function inUnits(
  value: number,
  unit: number,
  max: number = Number.MAX_SAFE_INTEGER,
): number {
  const units = value / unit;
  return Number.isSafeInteger(units) && units >= 0 && units <= max ? units : -1;
}

/** Bytes from a text of ASCII: what is the same in every message of a type. */
export function template(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

/**
 * A number for a symbol, where a feed has a directory that says which: the FNV-1a sum of its
 * letters. 32 bits; two of a few symbols hardly ever get the same.
 */
export function symbolNumber(symbol: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < symbol.length; i++) {
    hash = Math.imul(hash ^ symbol.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
