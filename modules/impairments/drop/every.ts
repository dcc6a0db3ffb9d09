import { count } from "../../core/options.ts";
import type { LossModelDefinition } from "./model.ts";

/** Counts the packets that reach the rule, and loses each nth. */
export const every: LossModelDefinition<number> = {
  name: "every",
  summary: "each nth packet",
  example: "drop: { every: 5 }",
  options: count(1),
  label: (n) => `every ${n}`,
  create(n) {
    let seen = 0;
    return () => ++seen % n === 0;
  },
};
