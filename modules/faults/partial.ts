import * as z from "zod";
import { messages } from "../core/options.ts";
import { plural } from "../core/units.ts";
import type { FaultDefinition } from "./fault.ts";

/** A server that stops in the middle, and thinks that it is done. */
export const partial: FaultDefinition<number> = {
  name: "partial",
  summary: "sends only the first so many messages, and ends the answer as if that were all",
  example: "{ seq: 40..44, attempt: 1, partial: 2 messages }",
  options: z.union([z.literal("0 messages").transform(() => 0), messages()]),
  label: (most) => `partial ${plural(most, "message")}`,
  stage: () => "request",
  create: (most) => ({ most }),
  idle: (most, { requestMax }, name) =>
    most >= requestMax
      ? `${name} never answers with more than ${plural(requestMax, "message")}`
      : undefined,
};
