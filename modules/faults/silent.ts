import * as z from "zod";
import { type FaultDefinition, ON } from "./fault.ts";

/** A server that hangs. */
export const silent: FaultDefinition<true> = {
  name: "silent",
  summary: "takes the request and never answers it; the connection stays open",
  example: "{ seq: 150..151, attempt: 1, silent: true }",
  options: z.literal(true, { error: ON }),
  label: () => "silent",
  stage: () => "request",
  create: () => ({ swallow: true }),
};
