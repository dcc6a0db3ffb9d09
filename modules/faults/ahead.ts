import { messages } from "../core/options.ts";
import { plural } from "../core/units.ts";
import type { FaultDefinition } from "./fault.ts";

/** A server that is too eager. */
export const ahead: FaultDefinition<number> = {
  name: "ahead",
  summary:
    "sends so many messages that follow what was asked for first, as far as there are any, then " +
    "what was asked for; a stream that only counts (soupbintcp) begins so much further on",
  example: "{ seq: 60, attempt: 1, ahead: 2 messages }",
  options: messages(),
  label: (n) => `ahead ${plural(n, "message")}`,
  stage: () => "request",
  create: (n) => ({ ahead: n }),
};
