/** The lines below `expect:`. */
import * as z from "zod";
import { UnitError } from "../core/units.ts";
import { parseExpectation } from "../expectations/expectation.ts";
import { metrics } from "../expectations/mod.ts";

/** `gaps.detected == 4`. */
const check = z
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

const detailed = z
  .strictObject({
    check,
    name: z.string().min(1).optional(),
    phase: z.string().optional(),
    feed: z.string().optional(),
    handler: z.string().optional(),
    abort: z.boolean().default(false),
  })
  .transform(({ check, name, phase, feed, handler, abort }) => ({
    ...check,
    text: name ?? `${check.text}${phase === undefined ? "" : ` (${phase})`}`,
    check:
      name === undefined ? undefined : `${check.text}${phase === undefined ? "" : `, ${phase}`}`,
    phase,
    feed,
    handler,
    abort,
  }));

/**
 * `gaps.detected == 4`, or a map: `{ check: delivery.stall.max < 500ms, phase: open, abort: true }`.
 * Whether the lines, rules, phases, the feed and the handler that it names exist is seen later.
 */
export const expectation = z.union([check, detailed]);
