import { correlatedDraws } from "../../core/correlated.ts";
import { chance as chanceOption } from "../../core/options.ts";
import { formatShare } from "../../core/units.ts";
import type { LossModelDefinition } from "./model.ts";

/** Bernoulli loss: one draw a packet. With `correlation` beside it, the draws resemble each other. */
export const chance: LossModelDefinition<number> = {
  name: "chance",
  summary: "each packet with this probability; `correlation: 25%` beside it makes runs of them",
  example: "drop: { chance: 1% }",
  options: chanceOption(),
  correlates: true,
  draws: true,
  label: (probability) => `chance ${formatShare(probability)}`,
  reach: (probability) => ({ never: probability === 0 }),
  create(probability, { rng, correlation = 0 }) {
    const draw = correlatedDraws(rng, correlation);
    return () => draw() < probability;
  },
};
