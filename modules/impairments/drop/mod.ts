/** The loss models of `drop`. A new model is a file and a line here. */
import { DATA_ONLY, type ImpairmentDefinition } from "../impairment.ts";
import { chance } from "./chance.ts";
import { createModel, labelModel, type ModelChoice, modelChoice, reachOfModel } from "./choice.ts";
import { every } from "./every.ts";
import { gilbertElliott } from "./gilbert-elliott.ts";
import { markov4 } from "./markov4.ts";
import type { LossModelDefinition } from "./model.ts";
import { msg } from "./msg.ts";
import { seq } from "./seq.ts";
import { trace } from "./trace.ts";

/** Every loss model, by the key that stands below `drop:`. */
export const lossModels: readonly LossModelDefinition<unknown>[] = [
  every,
  seq,
  msg,
  chance,
  gilbertElliott,
  markov4,
  trace,
];

/** Loses packets; the rest passes at once. */
export const drop: ImpairmentDefinition<ModelChoice> = {
  name: "drop",
  summary: "loses packets",
  example: every.example,
  options: modelChoice(lossModels, "drop"),
  kinds: DATA_ONLY,
  label: (model) => `drop ${labelModel(model)}`,
  create(model, { rng }) {
    const lost = createModel(model, rng);
    return {
      apply(packet, at, emit) {
        if (!lost(packet)) emit(packet, at);
      },
    };
  },
  reach: reachOfModel,
};
