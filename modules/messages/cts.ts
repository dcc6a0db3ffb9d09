import * as z from "zod";
import {
  CTA_COMMON,
  type CtaType,
  describeCta,
  headerText,
  keyOfCta,
  LONG_PLACES,
  ofLength,
  participantOf,
  putHeader,
  SHORT_PLACES,
  SYMBOL_LONG,
  SYMBOL_SHORT,
} from "./cta.ts";
import { decimal } from "./fields.ts";
import type { MessageDefinition, MessageFormat } from "./message.ts";
import { LastOfEach } from "./state.ts";
import { fitsText, inUnits, put64, putText, template } from "./put.ts";

/** CTS output 2.11b; the index as in captures of version 1.91. */
const TYPES: Readonly<Record<string, CtaType>> = {
  ...CTA_COMMON,
  "T/L": ofLength(72, (m) => {
    const what = `${m.u32(50)} @ ${decimal(m.u64(42), LONG_PLACES)}`;
    return `${m.symbol(26, SYMBOL_LONG)} ${what} ${participantOf(m)}`;
  }),
  "T/R": ofLength(76, (m) => {
    const what = `${decimal(m.u64(50), LONG_PLACES)} @ ${decimal(m.u64(42), LONG_PLACES)}`;
    return `${m.symbol(26, SYMBOL_LONG)} ${what} ${participantOf(m)}`;
  }),
  "T/T": ofLength(40, (m) => {
    const what = `${m.u16(35)} @ ${decimal(m.u16(33), SHORT_PLACES)}`;
    return `${m.symbol(26, SYMBOL_SHORT)} ${what} ${participantOf(m)}`;
  }),
  "T/H": ofLength(42, (m) => {
    const what = `${decimal(m.u32(35), LONG_PLACES)} @ ${decimal(m.u16(33), SHORT_PLACES)}`;
    return `${m.symbol(26, SYMBOL_SHORT)} ${what} ${participantOf(m)}`;
  }),
  "T/S": ofLength(76, (m) => `${m.symbol(26, SYMBOL_LONG)} trading status`),
  "I/I": ofLength(45, (m) => {
    return `${m.symbol(26, SYMBOL_LONG)} index ${decimal(m.u64(37), LONG_PLACES)}`;
  }),
};

/** The consolidated tape of trades. A made-up one is a fractional long trade, as is sent today. */
export const cts: MessageDefinition = {
  name: "cts",
  summary: "CTA CTS trades: T/R, T/L, T/H, T/T, status and control messages",
  example: "--decode cts",
  options: z.strictObject({}),
  create: () => format,
};

/** Where messages have a symbol, and how long it may be. */
const keyOf = keyOfCta(TYPES, {
  "T/L": SYMBOL_LONG,
  "T/R": SYMBOL_LONG,
  "T/T": SYMBOL_SHORT,
  "T/H": SYMBOL_SHORT,
  "T/S": SYMBOL_LONG,
  "I/I": SYMBOL_LONG,
});

const format: MessageFormat = {
  describe: (bytes, start, end) => describeCta(TYPES, bytes, start, end),
  state: () => new LastOfEach(keyOf),
  trade(into, { symbol, price, size, participant, time, number }) {
    if (inUnits(price, 1) < 0 || inUnits(size, 1) < 0) return 0;
    if (!fitsText(symbol, SYMBOL_LONG) || !fitsText(participant, 1)) return 0;
    into.set(TRADE);
    putHeader(into, participant, time, number);
    putText(into, 26, SYMBOL_LONG, symbol);
    put64(into, 42, price);
    put64(into, 50, size);
    return TRADE.length;
  },
};

/**
 * A regular trade by the letters of real ones: instrument type 0, no sale condition; no days to
 * sell, stop stock 0, trade-through exempt 0, no trade reporting facility and so no second time;
 * listed at N, financial status 0, and no high, low or last price changed.
 */
const TRADE = template(
  [
    headerText(76, "T", "R"),
    `${" ".repeat(SYMBOL_LONG)}0${" ".repeat(4)}`,
    "\0".repeat(16),
    `\x0000 ${"\0".repeat(8)}`,
    " N0 AA",
  ].join(""),
);
