import * as z from "zod";
import { isPrintable } from "./fields.ts";
import { writeDecimal } from "../core/bytes.ts";
import type { MessageDefinition, MessageFormat } from "./message.ts";
import { LastOfEach } from "./state.ts";
import { inUnits, template } from "./put.ts";

const PREFIX = template("PRICE:");
const ZERO = 0x30;
const POINT = 0x2e;
const MILLION = 1e6;

/** Messages that are text already. Of a trade the demo's text tells the price, of a quote nothing. */
export const text: MessageDefinition = {
  name: "text",
  summary: "printable ASCII, such as the demo's PRICE:189.52",
  example: "--decode text",
  options: z.strictObject({}),
  create: () => format,
};

/** The word before the colon: of PRICE:189.52 it is the price that counts until the next one. */
function keyOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  const line = format.describe(bytes, start, end);
  return line === undefined ? undefined : line.slice(0, Math.max(0, line.indexOf(":")));
}

const format: MessageFormat = {
  describe(bytes, start, end) {
    if (start >= end) return undefined;
    let line = "";
    for (let i = start; i < end; i++) {
      const code = bytes[i]!;
      if (!isPrintable(code)) return undefined;
      line += String.fromCharCode(code);
    }
    return line;
  },
  state: () => new LastOfEach(keyOf),
  trade(into, { price }) {
    if (inUnits(price, 1) < 0) return 0;
    into.set(PREFIX);
    const whole = Math.floor(price / MILLION);
    const point = writeDecimal(into, PREFIX.length, whole);
    let rest = price - whole * MILLION;
    if (rest === 0) return point;
    into[point] = POINT;
    let at = point + 1;
    for (let unit = MILLION / 10; rest > 0; unit /= 10) {
      const digit = Math.floor(rest / unit);
      into[at++] = ZERO + digit;
      rest -= digit * unit;
    }
    return at;
  },
};
