import * as z from "zod";
import { type FaultDefinition, ON } from "./fault.ts";

/** A server that has let go of what it should have. */
export const notFound: FaultDefinition<true> = {
  name: "not_found",
  summary:
    "says that it does not have what was asked for, in the protocol's words; where there are none " +
    "(moldudp64), nothing",
  example: "{ seq: 80, not_found: true }",
  options: z.literal(true, { error: ON }),
  label: () => "not_found",
  stage: () => "request",
  create: () => ({ refuse: "not-found" }),
};
