import * as z from "zod";
import { type FaultDefinition, ON } from "./fault.ts";

/** No feed of ours is called like this. */
const STALE = "STALE";

/** A server that still thinks that it is yesterday. */
export const staleSession: FaultDefinition<true> = {
  name: "stale_session",
  summary: 'answers with the right messages under the name of another session, "STALE"',
  example: "{ request: 1, stale_session: true }",
  options: z.literal(true, { error: ON }),
  label: () => "stale_session",
  stage: () => "request",
  create: () => ({ session: STALE }),
  unfit: (_options, { sessions }, name) =>
    sessions === true ? undefined : `an answer of ${name} names no session: take wrong_seq`,
};
