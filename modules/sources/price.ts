import * as z from "zod";
import type { Definition } from "../core/registry.ts";
import type { Source } from "./source.ts";

const encoder = new TextEncoder();

/** The demo's messages, without end: the price is 100 plus the message's number. */
export const price: Definition<Record<string, never>, Source> = {
  name: "price",
  summary: "PRICE:n, where n is 100 plus the message's number",
  example: "source: price",
  options: z.strictObject({}),
  create: () => ({
    write: (seq, into) => encoder.encodeInto(`PRICE:${100 + seq}`, into).written,
  }),
};
