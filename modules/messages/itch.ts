import * as z from "zod";
import { decimal, Fields } from "./fields.ts";
import type { WallTime } from "../core/time.ts";
import type { MessageDefinition, MessageFormat, MessageState } from "./message.ts";
import {
  fitsText,
  inUnits,
  put16,
  put32,
  put64,
  putText,
  symbolNumber,
  template,
  U16_MAX,
  U32_MAX,
} from "./put.ts";

const SYMBOL_BYTES = 8;
/** Prices have four decimals. */
const PRICE_PLACES = 4;
const PRICE_UNIT = 100;
/** 200000.0000, the largest that Price(4) may be. */
const PRICE_MAX = 2_000_000_000;
const MILLION = 1e6;
const ROUND_LOT = 100;
const DAY_SECONDS = 86_400;

interface ItchType {
  /** All messages of a type are equally long. */
  readonly length: number;
  /** What comes after the type and the stock locate. */
  show(message: Fields): string;
}

const named = (length: number, name: string): ItchType => ({ length, show: () => name });

/** A message about a stock without an order: its symbol and what it is. */
const about = (length: number, at: number, name: string): ItchType => ({
  length,
  show: (message) => `${message.symbol(at, SYMBOL_BYTES)} ${name}`,
});

const price = (message: Fields, at: number): string => decimal(message.u32(at), PRICE_PLACES);

const addOrder = (message: Fields): string => {
  const symbol = message.symbol(24, SYMBOL_BYTES);
  const order = `${message.text(19, 1)} ${message.u32(20)} @ ${price(message, 32)}`;
  return `${symbol} ${order} ref ${message.u64(11)}`;
};

const executed = (message: Fields): string =>
  `ref ${message.u64(11)} executed ${message.u32(19)} match ${message.u64(23)}`;

const SYSTEM_EVENTS: Readonly<Record<string, string>> = {
  O: "start of messages",
  S: "start of system hours",
  Q: "start of market hours",
  M: "end of market hours",
  E: "end of system hours",
  C: "end of messages",
};

/** Nasdaq TotalView-ITCH 5.0, all 23 types. */
const TYPES: Readonly<Record<string, ItchType>> = {
  S: {
    length: 12,
    show: (message) => {
      const event = message.text(11, 1);
      return `${event} ${SYSTEM_EVENTS[event] ?? "system event"}`;
    },
  },
  R: {
    length: 39,
    show: (m) => `${m.symbol(11, SYMBOL_BYTES)} directory market ${m.text(19, 1)} lot ${m.u32(21)}`,
  },
  H: {
    length: 25,
    show: (m) => {
      const reason = m.text(21, 4);
      const state = `${m.symbol(11, SYMBOL_BYTES)} trading state ${m.text(19, 1)}`;
      return reason === "" ? state : `${state} reason ${reason}`;
    },
  },
  Y: {
    length: 20,
    show: (m) => `${m.symbol(11, SYMBOL_BYTES)} Reg SHO action ${m.text(19, 1)}`,
  },
  L: named(26, "participant position"),
  V: named(35, "MWCB decline levels"),
  W: named(12, "MWCB status"),
  K: named(28, "IPO quoting period"),
  J: named(35, "LULD auction collar"),
  h: named(21, "operational halt"),
  A: { length: 36, show: addOrder },
  F: { length: 40, show: (m) => `${addOrder(m)} by ${m.text(36, 4)}` },
  E: { length: 31, show: executed },
  C: { length: 36, show: (m) => `${executed(m)} @ ${price(m, 32)} printable ${m.text(31, 1)}` },
  X: { length: 23, show: (m) => `ref ${m.u64(11)} cancelled ${m.u32(19)}` },
  D: { length: 19, show: (m) => `ref ${m.u64(11)} deleted` },
  U: {
    length: 35,
    show: (m) => `ref ${m.u64(11)} now ${m.u64(19)} ${m.u32(27)} @ ${price(m, 31)}`,
  },
  P: {
    length: 44,
    show: (m) => {
      const what = `${m.u32(20)} @ ${price(m, 32)}`;
      return `${m.symbol(24, SYMBOL_BYTES)} ${what} match ${m.u64(36)}`;
    },
  },
  Q: {
    length: 40,
    show: (m) => {
      const what = `cross ${m.text(39, 1)} ${m.u64(11)} @ ${price(m, 27)}`;
      return `${m.symbol(19, SYMBOL_BYTES)} ${what} match ${m.u64(31)}`;
    },
  },
  B: { length: 19, show: (m) => `broken trade match ${m.u64(11)}` },
  I: named(50, "NOII"),
  N: about(20, 11, "retail interest"),
  O: named(48, "direct listing price discovery"),
};

/**
 * Nasdaq TotalView-ITCH 5.0. A made-up trade is a `P`, a made-up quote an `A`: the bid of a quote
 * with an odd number, the offer of one with an even number, for ITCH has orders and no quotes. The
 * stock locate is a sum of the symbol, since no directory is sent; times count from midnight UTC.
 */
export const itch: MessageDefinition = {
  name: "itch",
  summary: "Nasdaq TotalView-ITCH 5.0, one line for each of its 23 types",
  example: "--decode itch",
  options: z.strictObject({}),
  create: () => format,
};

const format: MessageFormat = {
  describe(bytes, start, end) {
    if (start >= end) return undefined;
    const letter = String.fromCharCode(bytes[start]!);
    const type = TYPES[letter];
    if (type === undefined || type.length !== end - start) return undefined;
    const message = new Fields(bytes, start, end);
    const line = `${letter} ${message.u16(1)} ${type.show(message)}`;
    return message.damaged ? undefined : line;
  },
  state: () => new ItchBook(),
  trade(into, { symbol, price, size, time, number }) {
    const units = inUnits(price, PRICE_UNIT, PRICE_MAX);
    const shares = inUnits(size, MILLION, U32_MAX);
    if (units < 0 || shares < 0 || !fitsText(symbol, SYMBOL_BYTES)) return 0;
    into.set(TRADE);
    putPrefix(into, symbol, time);
    put32(into, 20, shares);
    putText(into, 24, SYMBOL_BYTES, symbol);
    put32(into, 32, units);
    put64(into, 36, number);
    return TRADE.length;
  },
  quote(into, { symbol, bid, offer, bidSize, offerSize, time, number }) {
    const buys = number % 2 === 1;
    const units = inUnits(buys ? bid : offer, PRICE_UNIT, PRICE_MAX);
    const shares = inUnits((buys ? bidSize : offerSize) * ROUND_LOT, 1, U32_MAX);
    if (units < 0 || shares < 0 || !fitsText(symbol, SYMBOL_BYTES)) return 0;
    into.set(ADD);
    putPrefix(into, symbol, time);
    put64(into, 11, number);
    into[19] = buys ? BUY : SELL;
    put32(into, 20, shares);
    putText(into, 24, SYMBOL_BYTES, symbol);
    put32(into, 32, units);
    return ADD.length;
  },
};

/** Whether bytes have the type's length; who reads a field needs no more. */
function isItch(bytes: Uint8Array, start: number, end: number): boolean {
  return start < end && TYPES[String.fromCharCode(bytes[start]!)]?.length === end - start;
}

/** Of each stock, or of the day, only the latest of these counts; where the stock stands, if it does. */
const LASTING: Readonly<Record<string, number | undefined>> = { R: 11, H: 11, Y: 11, N: 11 };

/**
 * What GLIMPSE 5.0 tells: of the day the system events, of each stock its directory, trading state,
 * Reg SHO and retail interest, and of each order that is open an Add Order with what is left of it.
 * Trades and all else pass.
 */
class ItchBook implements MessageState {
  #lasting = new Map<string, Uint8Array>();
  /** Add Orders by their reference. */
  #orders = new Map<bigint, Uint8Array>();

  apply(bytes: Uint8Array, start: number, end: number): boolean {
    if (!isItch(bytes, start, end)) return false;
    const message = new Fields(bytes, start, end);
    const type = String.fromCharCode(message.u8(0));
    switch (type) {
      case "A":
      case "F":
        this.#orders.set(message.u64(11), bytes.slice(start, end));
        return true;
      case "E":
      case "C":
      case "X":
        return this.#take(message.u64(11), message.u32(19));
      case "D":
        return this.#orders.delete(message.u64(11));
      case "U":
        return this.#replace(message, bytes, start);
      case "S":
        this.#lasting.set(`S ${message.u8(11)}`, bytes.slice(start, end));
        return true;
    }
    const at = LASTING[type];
    if (at === undefined) return false;
    this.#lasting.set(`${type} ${message.text(at, SYMBOL_BYTES)}`, bytes.slice(start, end));
    return true;
  }

  messages(): Uint8Array[] {
    return [...this.#lasting.values(), ...this.#orders.values()];
  }

  /** Executed or cancelled: what is left of the order, if anything is. */
  #take(reference: bigint, shares: number): boolean {
    const order = this.#orders.get(reference);
    if (order === undefined) return false;
    const left = new Fields(order, 0, order.length).u32(20) - shares;
    if (left <= 0) return this.#orders.delete(reference);
    const rest = order.slice();
    put32(rest, 20, left);
    this.#orders.set(reference, rest);
    return true;
  }

  /** A new order in its place: what the message does not name, it has from the old one. */
  #replace(message: Fields, bytes: Uint8Array, start: number): boolean {
    const old = this.#orders.get(message.u64(11));
    if (old === undefined) return false;
    this.#orders.delete(message.u64(11));
    const order = old.slice();
    // Locate, tracking number and time; then the reference, the shares and the price.
    order.set(bytes.subarray(start + 1, start + 11), 1);
    order.set(bytes.subarray(start + 19, start + 27), 11);
    order.set(bytes.subarray(start + 27, start + 31), 20);
    order.set(bytes.subarray(start + 31, start + 35), 32);
    this.#orders.set(message.u64(19), order);
    return true;
  }
}

const BUY = 0x42;
const SELL = 0x53;
/** The side of a trade is always B, and its order has no number. */
const TRADE = template(`P${"\0".repeat(18)}B${"\0".repeat(24)}`);
const ADD = template(`A${"\0".repeat(35)}`);

/** The stock locate and the time; the tracking number stays 0. */
function putPrefix(into: Uint8Array, symbol: string, { seconds, nanos }: WallTime): void {
  // 0 is no stock.
  put16(into, 1, 1 + (symbolNumber(symbol) % U16_MAX));
  const sinceMidnight = (seconds % DAY_SECONDS) * 1e9 + nanos;
  put16(into, 5, Math.floor(sinceMidnight / 2 ** 32));
  put32(into, 7, sinceMidnight % 2 ** 32);
}
