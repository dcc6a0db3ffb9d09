import { chance as chanceOption } from "../../core/options.ts";
import type { LossModelDefinition } from "./model.ts";

/** Bernoulli loss: one draw a packet, whatever the draw before said. */
export const chance: LossModelDefinition<number> = {
  name: "chance",
  summary: "each packet with this probability",
  example: "drop: { chance: 1% }",
  options: chanceOption(),
  create:
    (probability, { rng }) =>
    () =>
      rng.chance(probability),
};
