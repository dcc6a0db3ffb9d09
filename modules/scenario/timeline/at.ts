/** When an entry of a timeline happens: a time, a phase's beginning and after, or a message's turn. */
import * as z from "zod";
import type { Nanos } from "../../core/time.ts";
import { parseCount, parseDuration, quote, UnitError } from "../../core/units.ts";

/** A moment of a feed, as it is written. */
export type At =
  /** From the feed's start, pauses included. */
  | { readonly time: Nanos }
  /** So long after a phase begins; a pause before moves it too. */
  | { readonly phase: string; readonly offset: Nanos }
  /** When that message of the run is due, from 1. */
  | { readonly msg: number };

/** `5s`, `open`, `open+500ms` or `msg 20000`; a UnitError when it is none of them. */
export function parseAt(text: string): At {
  const [, msg] = /^\s*msg\s+(.*)$/.exec(text) ?? [];
  if (msg !== undefined) {
    const count = parseCount(msg);
    if (count === 0) throw new UnitError(`${quote(text)}: messages are counted from 1`);
    return { msg: count };
  }
  const [, phase, plus, offset] = /^\s*([A-Za-z][\w-]*)\s*(\+(.*))?$/.exec(text) ?? [];
  if (phase !== undefined) {
    return { phase, offset: plus === undefined ? 0 : parseDuration(offset!.trim()) };
  }
  return { time: parseDuration(text) };
}

/** The type of `at:`. */
export const at: z.ZodType<At, string | number> = z
  .union([z.string(), z.number()], { error: "expected a time, a phase or a message, such as 5s" })
  .meta({
    description: "a time, a phase or a message",
    examples: ["5s", "open+500ms", "msg 20000"],
  })
  .transform((value, context) => {
    try {
      return parseAt(String(value));
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });
