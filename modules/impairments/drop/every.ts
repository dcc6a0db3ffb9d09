import * as z from "zod";
import { count } from "../../core/options.ts";
import { RangeSet } from "../../core/ranges.ts";
import { SEQ_MAX } from "../../core/seq.ts";
import type { LossModelDefinition } from "./model.ts";

/** How often, and from where on. */
export interface Every {
  readonly n: number;
  /** The first message of the run that is counted, from 1. */
  readonly from: number;
}

/** Counts the packets that reach the rule, from one that is told, and loses each nth. */
export const every: LossModelDefinition<Every> = {
  name: "every",
  summary: "each nth packet; with { n, from } counted from a message of the run on",
  example: "drop: { every: 5 }",
  options: z.union([
    count(1).transform((n) => ({ n, from: 1 })),
    z.strictObject({ n: count(1), from: count(1).default(1) }),
  ]),
  label: ({ n, from }) => (from === 1 ? `every ${n}` : `every ${n} from ${from}`),
  create({ n, from }) {
    let seen = 0;
    return ({ msg, count }) => msg + count > from && ++seen % n === 0;
  },
  reach: ({ n, from }) => ({
    msg: RangeSet.of([{ from: from + n - 1, until: Math.max(SEQ_MAX, from + n) }]),
    others: true,
  }),
};
