/** The lines below `expect:`. */
import * as z from "zod";
import { UnitError } from "../core/units.ts";
import { parseExpectation } from "../expectations/expectation.ts";
import { metrics } from "../expectations/mod.ts";

/** `gaps.detected == 4`. Whether the lines and rules that it names exist is seen later. */
export const expectation = z
  .string({ error: "expected metric op value, such as gaps.detected == 4" })
  .meta({ examples: ["gaps.detected == 4", "delivered == 100%"] })
  .transform((text, context) => {
    try {
      return parseExpectation(text, metrics);
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });
