import * as z from "zod";
import { type FaultDefinition, ON } from "./fault.ts";

/** The server is not there: the system itself refuses whoever comes. */
export const down: FaultDefinition<true> = {
  name: "down",
  summary:
    "the port is closed and every connection dropped for that time, so that the system refuses " +
    "whoever comes; met when somebody was refused",
  example: "{ time: 0s..400ms, down: true }",
  options: z.literal(true, { error: ON }),
  label: () => "down",
  stage: () => "window",
  create: () => ({}),
};
