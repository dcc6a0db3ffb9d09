import * as z from "zod";
import { type FaultDefinition, ON } from "./fault.ts";

/** A server that repeats itself. */
export const duplicate: FaultDefinition<true> = {
  name: "duplicate",
  summary:
    "sends each message twice, by datagrams each datagram; a stream that only counts (soupbintcp) " +
    "then takes a copy for the next message, which no client can know",
  example: "{ request: 2, duplicate: true }",
  options: z.literal(true, { error: ON }),
  label: () => "duplicate",
  stage: () => "request",
  create: () => ({ twice: true }),
};
