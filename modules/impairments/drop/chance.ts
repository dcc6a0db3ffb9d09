import { chance as chanceOption } from "../../core/options.ts";
import { formatShare } from "../../core/units.ts";
import type { LossModelDefinition } from "./model.ts";

/** Bernoulli loss: one draw a packet, whatever the draw before said. */
export const chance: LossModelDefinition<number> = {
  name: "chance",
  summary: "each packet with this probability",
  example: "drop: { chance: 1% }",
  options: chanceOption(),
  label: (probability) => `chance ${formatShare(probability)}`,
  create:
    (probability, { rng }) =>
    () =>
      rng.chance(probability),
};
