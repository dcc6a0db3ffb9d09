import * as z from "zod";
import {
  CENT,
  CTA_COMMON,
  type CtaType,
  describeCta,
  HEADER_BYTES,
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
import { decimal, type Fields } from "./fields.ts";
import type { MessageDefinition, MessageFormat } from "./message.ts";
import { LastOfEach } from "./state.ts";
import {
  fitsText,
  inUnits,
  put16,
  put32,
  put64,
  putText,
  template,
  U16_MAX,
  U32_MAX,
} from "./put.ts";

const SHORT_BYTES = 41;
const LONG_BYTES = 87;
/** Participant, condition, price, size, market maker; and participant, price, size. */
const APPENDAGE_LONG = 18;
const APPENDAGE_SHORT = 5;

/** A quote that the national best bid, the best offer or both may follow. */
const withAppendages = (base: number, show: CtaType["show"]): CtaType => ({
  fits: (length) =>
    [0, 1, 2].some(
      (n) => length === base + n * APPENDAGE_LONG || length === base + n * APPENDAGE_SHORT,
    ) || length === base + APPENDAGE_LONG + APPENDAGE_SHORT,
  show: (message) => `${show(message)} ${participantOf(message)}${appendages(message, base)}`,
});

/** CQS output 2.10a. */
const TYPES: Readonly<Record<string, CtaType>> = {
  ...CTA_COMMON,
  "C/O": ofLength(HEADER_BYTES, () => "FINRA open"),
  "C/C": ofLength(HEADER_BYTES, () => "FINRA close"),
  "Q/Q": withAppendages(SHORT_BYTES, (m) => {
    const bid = `${decimal(m.u16(31), SHORT_PLACES)} x ${m.u16(33)}`;
    const offer = `${decimal(m.u16(35), SHORT_PLACES)} x ${m.u16(37)}`;
    return `${m.symbol(26, SYMBOL_SHORT)} ${bid} / ${offer}`;
  }),
  "Q/L": withAppendages(LONG_BYTES, (m) => {
    const bid = `${decimal(m.u64(40), LONG_PLACES)} x ${m.u32(48)}`;
    const offer = `${decimal(m.u64(52), LONG_PLACES)} x ${m.u32(60)}`;
    return `${m.symbol(26, SYMBOL_LONG)} ${bid} / ${offer}`;
  }),
};

/** The best prices after a quote; of one alone its length does not tell which side it is. */
function appendages(message: Fields, base: number): string {
  const rest = message.length - base;
  if (rest === 0) return "";
  const width = rest % APPENDAGE_LONG === 0 ? APPENDAGE_LONG : APPENDAGE_SHORT;
  if (rest % width !== 0) return ", NBBO";
  const show = width === APPENDAGE_LONG ? appendedLong : appendedShort;
  const shown = Array.from({ length: rest / width }, (_, i) => show(message, base + i * width));
  return `, NBBO ${shown.join(" / ")}`;
}

function appendedLong(m: Fields, at: number): string {
  return `${m.text(at, 1)} ${decimal(m.u64(at + 2), LONG_PLACES)} x ${m.u32(at + 10)}`;
}

function appendedShort(m: Fields, at: number): string {
  return `${m.text(at, 1)} ${decimal(m.u16(at + 1), SHORT_PLACES)} x ${m.u16(at + 3)}`;
}

/** The consolidated tape of quotes. A made-up one is short where everything fits, else long. */
export const cqs: MessageDefinition = {
  name: "cqs",
  summary: "CTA CQS quotes: Q/Q and Q/L with their best prices, and control messages",
  example: "--decode cqs",
  options: z.strictObject({}),
  create: () => format,
};

/** Where messages have a symbol, and how long it may be. */
const keyOf = keyOfCta(TYPES, { "Q/Q": SYMBOL_SHORT, "Q/L": SYMBOL_LONG });

const format: MessageFormat = {
  describe: (bytes, start, end) => describeCta(TYPES, bytes, start, end),
  state: () => new LastOfEach(keyOf),
  quote(into, { symbol, bid, offer, bidSize, offerSize, participant, time, number }) {
    if (!fitsText(symbol, SYMBOL_LONG) || !fitsText(participant, 1)) return 0;
    if (inUnits(bid, 1) < 0 || inUnits(offer, 1) < 0) return 0;
    if (inUnits(bidSize, 1, U32_MAX) < 0 || inUnits(offerSize, 1, U32_MAX) < 0) return 0;
    const bidCents = inUnits(bid, CENT, U16_MAX);
    const offerCents = inUnits(offer, CENT, U16_MAX);
    const sizes = Math.max(bidSize, offerSize);
    if (bidCents >= 0 && offerCents >= 0 && sizes <= U16_MAX && symbol.length <= SYMBOL_SHORT) {
      into.set(SHORT);
      putHeader(into, participant, time, number);
      putText(into, 26, SYMBOL_SHORT, symbol);
      put16(into, 31, bidCents);
      put16(into, 33, bidSize);
      put16(into, 35, offerCents);
      put16(into, 37, offerSize);
      return SHORT_BYTES;
    }
    into.set(LONG);
    putHeader(into, participant, time, number);
    putText(into, 26, SYMBOL_LONG, symbol);
    put64(into, 40, bid);
    put32(into, 48, bidSize);
    put64(into, 52, offer);
    put32(into, 60, offerSize);
    return LONG_BYTES;
  },
};

/** Listed at N; the best prices are as they were. */
const SHORT = template(`${headerText(SHORT_BYTES, "Q", "Q")}${" ".repeat(5)}${"\0".repeat(8)}NA`);

/** As a real quote of a member of an exchange: instrument type 0, condition R, no second time. */
const LONG = template(
  [
    headerText(LONG_BYTES, "Q", "L"),
    `${" ".repeat(SYMBOL_LONG)}0R `,
    "\0".repeat(24),
    " ".repeat(8),
    "\0".repeat(8),
    " N0  AA",
  ].join(""),
);
