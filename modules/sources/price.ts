import * as z from "zod";
import { writeDecimal } from "../core/bytes.ts";
import type { SourceDefinition } from "./source.ts";
import { carries } from "./trial.ts";

const encoder = new TextEncoder();
const PREFIX = encoder.encode("PRICE:");
const SAMPLE = encoder.encode("PRICE:101");

/** The demo's messages, without end: the price is 100 plus the message's number. */
export const price: SourceDefinition<Record<string, never>> = {
  name: "price",
  summary: "PRICE:n, where n is 100 plus the message's number",
  example: "source: price",
  options: z.strictObject({}),
  fits(packets) {
    if (carries(packets, SAMPLE)) return undefined;
    return `the protocol takes no text, only ${packets.messages.join(" or ")}: write source: trades`;
  },
  create: () => ({
    write(seq, into, at) {
      for (let i = 0; i < PREFIX.length; i++) into[at + i] = PREFIX[i]!;
      return writeDecimal(into, at + PREFIX.length, 100 + seq) - at;
    },
  }),
};
