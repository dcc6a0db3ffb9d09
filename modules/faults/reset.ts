import * as z from "zod";
import { plural, parseSize, UnitError } from "../core/units.ts";
import type { FaultDefinition } from "./fault.ts";

/** After what a connection is reset: so many bytes, or one of two moments. */
export interface Reset {
  readonly after: "accept" | "request" | number;
}

const after: z.ZodType<Reset["after"]> = z
  .union([z.string(), z.number()], {
    error: "expected accept, request or a size, such as 10 bytes",
  })
  .meta({ examples: ["accept", "request", "10 bytes"] })
  .transform((value, context) => {
    if (value === "accept" || value === "request") return value;
    try {
      const bytes = parseSize(String(value));
      if (bytes > 0) return bytes;
      context.addIssue("after 0 bytes of the answer is after the request: write request");
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue(
        `${JSON.stringify(value)} is no moment: write accept, request, or a size like 10 bytes`,
      );
    }
    return z.NEVER;
  });

/** Breaks a connection as a process does that dies: the client sees a reset, not an end. */
export const reset: FaultDefinition<Reset> = {
  name: "reset",
  summary:
    "resets the connection 5 ms after it was accepted, after the request, or after so many bytes " +
    "of the answer (a shorter one: at its end)",
  example: "{ connection: 1, reset: { after: accept } }",
  options: z.strictObject({ after }),
  label: ({ after }) => `reset after ${typeof after === "number" ? plural(after, "byte") : after}`,
  stage: ({ after }) => (after === "accept" ? "accept" : "request"),
  create: ({ after }) => ({ resetAfter: typeof after === "number" ? after : 0 }),
  unfit: (_options, { over }, name) =>
    over === "datagram"
      ? `${name} asks by datagrams, which have no connection to reset: take silent`
      : undefined,
};
