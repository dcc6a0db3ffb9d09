/** What the messages of the two CTA feeds, CTS trades and CQS quotes, have in common. */
import { Fields } from "./fields.ts";
import type { WallTime } from "../core/time.ts";
import { put32, put64 } from "./put.ts";

/** Length, category, type, participant, time, and numbers of the message. */
export const HEADER_BYTES = 26;

/** The longest symbol, in bytes. */
export const SYMBOL_LONG = 11;

/** The longest symbol of a short form, in bytes. */
export const SYMBOL_SHORT = 5;

/** Prices and fractional volumes of long forms have six decimals. */
export const LONG_PLACES = 6;

/** Prices of short forms have two decimals. */
export const SHORT_PLACES = 2;

/** One cent, in millionths of a dollar. */
export const CENT = 10_000;

/** A type of message, by its category and type: `T/R`. */
export interface CtaType {
  /** Whether a message of this length, header included, is one. */
  fits(length: number): boolean;
  /** What comes after the type. */
  show(message: Fields): string;
}

/** A type whose messages all have one length. */
export function ofLength(length: number, show: CtaType["show"]): CtaType {
  return { fits: (given) => given === length, show };
}

const control = (name: string): CtaType => ofLength(HEADER_BYTES, () => name);

/** What both feeds say: header and nothing else, but for the reference data of a symbol. */
export const CTA_COMMON: Readonly<Record<string, CtaType>> = {
  "C/A": control("start of day"),
  "C/L": control("reset of the message numbers"),
  "C/P": control("disaster recovery activation"),
  "C/T": control("line integrity"),
  "C/Z": control("end of day"),
  "A/S": ofLength(209, () => "symbol reference"),
};

/** One line for a message of one of the types, undefined for any other bytes. */
export function describeCta(
  types: Readonly<Record<string, CtaType>>,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  if (end - start < HEADER_BYTES) return undefined;
  const message = new Fields(bytes, start, end);
  if (message.u16(0) !== message.length) return undefined;
  const name = `${message.text(2, 1)}/${message.text(3, 1)}`;
  const type = types[name];
  if (type === undefined || !type.fits(message.length)) return undefined;
  const line = `${name} ${type.show(message)}`;
  return message.damaged ? undefined : line;
}

/** The exchange, as the end of a line. */
export function participantOf(message: Fields): string {
  return `participant ${message.text(4, 1)}`;
}

/**
 * Writes what differs between the headers of two messages of a type. Both of its numbers are the
 * message's own; the place in its block, at 13, is left as it is.
 */
export function putHeader(
  into: Uint8Array,
  participant: string,
  { seconds, nanos }: WallTime,
  number: number,
): void {
  into[4] = participant.charCodeAt(0);
  put32(into, 5, seconds);
  put32(into, 9, nanos);
  put32(into, 14, number % 2 ** 32);
  put64(into, 18, number);
}

/** The header of a type, to be filled in by `putHeader`. Alone in its block until somebody says otherwise. */
export function headerText(length: number, category: string, type: string): string {
  return `\0${String.fromCharCode(length)}${category}${type}${"\0".repeat(9)}\x01${"\0".repeat(12)}`;
}

/**
 * What a message of one of the types is the latest of: its category with its symbol, which stands at
 * 26 in a field as long as `symbols` says; of the day's own messages, the day.
 */
export function keyOfCta(
  types: Readonly<Record<string, CtaType>>,
  symbols: Readonly<Record<string, number>>,
): (bytes: Uint8Array, start: number, end: number) => string | undefined {
  return (bytes, start, end) => {
    if (describeCta(types, bytes, start, end) === undefined) return undefined;
    const message = new Fields(bytes, start, end);
    const [category, type] = [message.text(2, 1), message.text(3, 1)];
    const length = symbols[`${category}/${type}`];
    if (length === undefined) return category === "C" ? "day" : undefined;
    const kind = type === "S" ? "status" : category;
    return `${kind} ${message.symbol(HEADER_BYTES, length)}`;
  };
}
