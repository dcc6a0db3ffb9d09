import * as z from "zod";
import type { FaultDefinition } from "./fault.ts";

const RULE = "expected by how much, such as +1 or -1";

/** A server that answers another question. */
export const wrongSeq: FaultDefinition<number> = {
  name: "wrong_seq",
  summary:
    "answers with the messages so many numbers further on, under their own numbers; where there " +
    "are none, with nothing",
  example: "{ request: 7, wrong_seq: +1 }",
  options: z
    .union([z.int(), z.string().regex(/^[+-]?\d{1,9}$/)], { error: RULE })
    .meta({ examples: ["+1", "-1"] })
    .transform(Number)
    .refine((by) => by !== 0, { error: `0 is the right one: ${RULE}` }),
  label: (by) => `wrong_seq ${by > 0 ? "+" : ""}${by}`,
  stage: () => "request",
  create: (shift) => ({ shift }),
};
