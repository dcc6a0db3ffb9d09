import * as z from "zod";
import { decimal, Fields } from "./fields.ts";
import type { WallTime } from "../core/time.ts";
import type { MessageDefinition, MessageFormat } from "./message.ts";
import { LastOfEach } from "./state.ts";
import {
  fitsText,
  inUnits,
  put16,
  put32,
  put64,
  putNanos,
  putText,
  template,
  U16_MAX,
  U32_MAX,
} from "./put.ts";

const HEADER_BYTES = 29;
const VERSION = 0x31;
const SYMBOL_LONG = 11;
const SYMBOL_SHORT = 5;
const LONG_PLACES = 6;
const SHORT_PLACES = 2;
const CENT = 10_000;
/** What may follow a quote: its market's best prices, or those of all markets, or nothing. */
const APPENDAGES: readonly number[] = [0, 11, 27];

interface UtpType {
  fits(length: number): boolean;
  show(message: Fields): string;
}

const ofLength = (length: number, show: UtpType["show"]): UtpType => ({
  fits: (given) => given === length,
  show,
});

const control = (name: string): UtpType => ofLength(HEADER_BYTES, () => name);

const quote = (base: number, show: UtpType["show"]): UtpType => ({
  fits: (length) => APPENDAGES.includes(length - base),
  show: (message) => {
    const rest = message.length - base;
    return rest === 0 ? show(message) : `${show(message)}, ${rest} bytes of best prices`;
  },
});

/** A type of which only its name is known here. */
const other = (name: string): UtpType => ({
  fits: (length) => length > HEADER_BYTES,
  show: () => name,
});

/** UTP output 3.0c, and what it replaces. */
const TYPES: Readonly<Record<string, UtpType>> = {
  "Q/E": quote(48, (m) => {
    const bid = `${decimal(m.u16(34), SHORT_PLACES)} x ${m.u16(36)}`;
    const ask = `${decimal(m.u16(38), SHORT_PLACES)} x ${m.u16(40)}`;
    return `${m.symbol(29, SYMBOL_SHORT)} ${bid} / ${ask}`;
  }),
  "Q/F": quote(79, (m) => {
    const bid = `${decimal(m.u64(48), LONG_PLACES)} x ${m.u32(56)}`;
    const ask = `${decimal(m.u64(60), LONG_PLACES)} x ${m.u32(68)}`;
    return `${m.symbol(37, SYMBOL_LONG)} ${bid} / ${ask}`;
  }),
  "T/M": ofLength(67, (m) => {
    const what = `${decimal(m.u64(52), LONG_PLACES)} @ ${decimal(m.u16(50), SHORT_PLACES)}`;
    return `${m.symbol(37, SYMBOL_SHORT)} ${what} originator ${m.text(3, 1)}`;
  }),
  "T/N": ofLength(81, (m) => {
    const what = `${decimal(m.u64(64), LONG_PLACES)} @ ${decimal(m.u64(56), LONG_PLACES)}`;
    return `${m.symbol(37, SYMBOL_LONG)} ${what} originator ${m.text(3, 1)}`;
  }),
  "C/I": control("start of day"),
  "C/J": control("end of day"),
  "C/O": control("market session open"),
  "C/C": control("market session close"),
  "C/Z": control("end of transmissions"),
  "T/A": other("trade, short"),
  "T/W": other("trade, long"),
  "T/Z": other("trade cancel or error"),
  "T/Y": other("trade correction"),
  "T/H": other("trade of a prior day"),
  "T/O": other("fractional trade cancel or error"),
  "T/P": other("fractional trade correction"),
  "T/Q": other("fractional trade of a prior day"),
  "Q/A": other("quote"),
  "Q/B": other("quote"),
  "Q/C": other("quote"),
  "Q/D": other("quote"),
};

/**
 * The messages of UTDF, trades, and UQDF, quotes. A made-up one is short where everything fits, and
 * else long; its token and a trade's id are its number.
 */
export const utp: MessageDefinition = {
  name: "utp",
  summary: "UTP UTDF trades and UQDF quotes: T/M, T/N, Q/E, Q/F, control; older ones by name",
  example: "--decode utp",
  options: z.strictObject({}),
  create: () => format,
};

/** Where the symbol of a type stands, and what it is the latest of. */
const SYMBOLS: Readonly<Record<string, readonly [what: string, at: number, length: number]>> = {
  "Q/E": ["quote", 29, SYMBOL_SHORT],
  "Q/F": ["quote", 37, SYMBOL_LONG],
  "T/M": ["trade", 37, SYMBOL_SHORT],
  "T/N": ["trade", 37, SYMBOL_LONG],
};

/** The symbol with whether it is a trade or a quote; of the day's own messages, the latest one. */
function keyOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (format.describe(bytes, start, end) === undefined) return undefined;
  const message = new Fields(bytes, start, end);
  const name = `${message.text(1, 1)}/${message.text(2, 1)}`;
  const symbol = SYMBOLS[name];
  if (symbol !== undefined) return `${symbol[0]} ${message.symbol(symbol[1], symbol[2])}`;
  return name.startsWith("C/") ? "day" : undefined;
}

const format: MessageFormat = {
  describe(bytes, start, end) {
    if (end - start < HEADER_BYTES || bytes[start] !== VERSION) return undefined;
    const message = new Fields(bytes, start, end);
    const name = `${message.text(1, 1)}/${message.text(2, 1)}`;
    const type = TYPES[name];
    if (type === undefined || !type.fits(message.length)) return undefined;
    const line = `${name} ${type.show(message)}`;
    return message.damaged ? undefined : line;
  },
  state: () => new LastOfEach(keyOf),
  trade(into, { symbol, price, size, participant, time, number }) {
    if (!fitsText(symbol, SYMBOL_LONG) || !fitsText(participant, 1)) return 0;
    if (inUnits(price, 1) < 0 || inUnits(size, 1) < 0) return 0;
    const cents = inUnits(price, CENT, U16_MAX);
    if (cents >= 0 && symbol.length <= SYMBOL_SHORT) {
      into.set(TRADE_SHORT);
      putHeader(into, participant, time, number);
      putText(into, 37, SYMBOL_SHORT, symbol);
      put64(into, 42, number);
      put16(into, 50, cents);
      put64(into, 52, size);
      return TRADE_SHORT.length;
    }
    into.set(TRADE_LONG);
    putHeader(into, participant, time, number);
    putText(into, 37, SYMBOL_LONG, symbol);
    put64(into, 48, number);
    put64(into, 56, price);
    put64(into, 64, size);
    return TRADE_LONG.length;
  },
  quote(into, { symbol, bid, offer, bidSize, offerSize, participant, time, number }) {
    if (!fitsText(symbol, SYMBOL_LONG) || !fitsText(participant, 1)) return 0;
    if (inUnits(bid, 1) < 0 || inUnits(offer, 1) < 0) return 0;
    if (inUnits(bidSize, 1, U32_MAX) < 0 || inUnits(offerSize, 1, U32_MAX) < 0) return 0;
    const bidCents = inUnits(bid, CENT, U16_MAX);
    const askCents = inUnits(offer, CENT, U16_MAX);
    const sizes = Math.max(bidSize, offerSize);
    if (bidCents >= 0 && askCents >= 0 && sizes <= U16_MAX && symbol.length <= SYMBOL_SHORT) {
      into.set(QUOTE_SHORT);
      putHeader(into, participant, time, number);
      putText(into, 29, SYMBOL_SHORT, symbol);
      put16(into, 34, bidCents);
      put16(into, 36, bidSize);
      put16(into, 38, askCents);
      put16(into, 40, offerSize);
      return QUOTE_SHORT.length;
    }
    into.set(QUOTE_LONG);
    putHeader(into, participant, time, number);
    putText(into, 37, SYMBOL_LONG, symbol);
    put64(into, 48, bid);
    put32(into, 56, bidSize);
    put64(into, 60, offer);
    put32(into, 68, offerSize);
    return QUOTE_LONG.length;
  },
};

/** The originator, both times and the token. */
function putHeader(into: Uint8Array, originator: string, time: WallTime, number: number): void {
  into[3] = originator.charCodeAt(0);
  putNanos(into, 5, time);
  putNanos(into, 13, time);
  put64(into, 21, number);
}

const header = (type: string): string => `1${type}  ${"\0".repeat(24)}`;
const blank = (length: number): string => " ".repeat(length);
const zero = (length: number): string => "\0".repeat(length);

/** No sale condition, no second time, and nothing that it changes. */
const TRADE_SHORT = template(`${header("TM")}${zero(8)}${blank(5)}${zero(18)}${blank(5)}00`);
const TRADE_LONG = template(
  `${header("TN")}${zero(8)}${blank(11)}${zero(24)}${blank(5)}${zero(2)}00`,
);
/** As a real quote: condition R, and the best prices are as they were. */
const QUOTE_SHORT = template(`${header("QE")}${blank(5)}${zero(8)}R   0A`);
const QUOTE_LONG = template(`${header("QF")}${zero(8)}${blank(11)}${zero(24)}R   0A `);
