import * as z from "zod";
import { Fields } from "./fields.ts";
import type { MessageDefinition, MessageFormat } from "./message.ts";
import {
  fitsText,
  inUnits,
  put32Little,
  put64Little,
  symbolNumber,
  template,
  U32_MAX,
} from "./put.ts";

const HEADER_BYTES = 4;
const SYMBOL_BYTES = 11;
const MILLION = 1e6;
const ROUND_LOT = 100;
/** Made-up prices have the scale 4, as all symbols of the captured mappings have. */
const PRICE_UNIT = 100;
const PRICE_MAX = 0x7fff_ffff;

interface XdpType {
  /** Later versions of a type are longer: a message has at least so many bytes. */
  readonly lengthMin: number;
  show(message: Fields): string;
}

/** `name index 7` and more; the symbol behind an index is in the mapping of the session. */
function indexed(
  lengthMin: number,
  name: string,
  at = 8,
  more: (message: Fields) => string = () => "",
): XdpType {
  return { lengthMin, show: (m) => `${name} index ${m.u32(at)}${more(m)}` };
}

/** How a price is shown without its symbol's scale: as it is sent. */
const deal = (m: Fields, price: number): string =>
  ` ${m.u32(price + 4)} @ ${m.i32(price)} unscaled`;

const order = (m: Fields): string => ` order ${m.u64(16)}`;

const channel = (m: Fields, at: number): string => `product ${m.u8(at)} channel ${m.u8(at + 1)}`;

/** Control messages of the common client specification 2.4p, and the Integrated Feed 2.5g. */
const TYPES: Readonly<Record<number, XdpType>> = {
  1: { lengthMin: 14, show: (m) => `sequence reset ${channel(m, 12)}` },
  2: { lengthMin: 16, show: (m) => `source time reference ${m.u32(4)}` },
  3: indexed(44, "symbol mapping", 4, (m) => ` ${m.symbol(8, SYMBOL_BYTES)} scale ${m.u8(24)}`),
  31: {
    lengthMin: 14,
    show: (m) => `messages ${m.u32(4)} to ${m.u32(8)} unavailable ${channel(m, 12)}`,
  },
  32: indexed(20, "symbol clear", 12),
  34: indexed(46, "security status", 12),
  35: { lengthMin: 8, show: (m) => `refresh packet ${m.u16(4)} of ${m.u16(6)}` },
  100: indexed(39, "add order", 8, (m) => ` ${m.text(32, 1)}${deal(m, 24)}${order(m)}`),
  101: indexed(35, "modify order", 8, (m) => ` ${m.text(33, 1)}${deal(m, 24)}${order(m)}`),
  102: indexed(25, "delete order", 8, order),
  103: indexed(42, "execution", 8, (m) => `${deal(m, 28)}${order(m)} trade ${m.u32(24)}`),
  104: indexed(42, "replace order", 8, (m) => {
    return ` ${m.text(40, 1)}${deal(m, 32)}${order(m)} now ${m.u64(24)}`;
  }),
  105: indexed(67, "imbalance", 12),
  106: indexed(43, "add order refresh", 12),
  110: indexed(33, "non-displayed trade", 8, (m) => `${deal(m, 20)} trade ${m.u32(16)}`),
  111: indexed(29, "cross trade", 8, (m) => `${deal(m, 20)} cross ${m.u32(16)}`),
  112: indexed(20, "trade cancel", 8, (m) => ` trade ${m.u32(16)}`),
  113: indexed(24, "cross correction"),
  114: indexed(17, "retail price improvement"),
  223: indexed(36, "stock summary", 12),
};

/**
 * NYSE Pillar messages. A made-up trade is a non-displayed trade (110), which needs no order before
 * it; a made-up quote an added order (100): the bid of a quote with an odd number, the offer of one
 * with an even number. The symbol's index is the sum of its letters, since no mapping is sent; prices
 * have the scale 4.
 */
export const xdp: MessageDefinition = {
  name: "xdp",
  summary: "NYSE Pillar: control messages and the Integrated Feed, with symbols by their index",
  example: "--decode xdp",
  options: z.strictObject({}),
  create: () => format,
};

const format: MessageFormat = {
  describe(bytes, start, end) {
    if (end - start < HEADER_BYTES) return undefined;
    const message = new Fields(bytes, start, end, "little");
    if (message.u16(0) !== message.length) return undefined;
    const type = TYPES[message.u16(2)];
    if (type === undefined || message.length < type.lengthMin) return undefined;
    const line = `${message.u16(2)} ${type.show(message)}`;
    return message.damaged ? undefined : line;
  },
  trade(into, { symbol, price, size, time, number }) {
    const units = inUnits(price, PRICE_UNIT, PRICE_MAX);
    const shares = inUnits(size, MILLION, U32_MAX);
    if (units < 0 || shares < 0 || !fitsText(symbol, SYMBOL_BYTES)) return 0;
    into.set(TRADE);
    put32Little(into, 4, time.nanos);
    put32Little(into, 8, symbolNumber(symbol));
    put32Little(into, 12, number % 2 ** 32);
    put32Little(into, 16, number % 2 ** 32);
    put32Little(into, 20, units);
    put32Little(into, 24, shares);
    return TRADE.length;
  },
  quote(into, { symbol, bid, offer, bidSize, offerSize, time, number }) {
    const buys = number % 2 === 1;
    const units = inUnits(buys ? bid : offer, PRICE_UNIT, PRICE_MAX);
    const shares = inUnits((buys ? bidSize : offerSize) * ROUND_LOT, 1, U32_MAX);
    if (units < 0 || shares < 0 || !fitsText(symbol, SYMBOL_BYTES)) return 0;
    into.set(ADD);
    put32Little(into, 4, time.nanos);
    put32Little(into, 8, symbolNumber(symbol));
    put32Little(into, 12, number % 2 ** 32);
    put64Little(into, 16, number);
    put32Little(into, 24, units);
    put32Little(into, 28, shares);
    into[32] = buys ? BUY : SELL;
    return ADD.length;
  },
};

const BUY = 0x42;
const SELL = 0x53;
/** Printed to the tape, with no conditions. */
const TRADE = template(`\x21\0\x6e\0${"\0".repeat(24)}\x01${" ".repeat(4)}`);
/** No firm is named. */
const ADD = template(`\x27\0\x64\0${"\0".repeat(35)}`);
