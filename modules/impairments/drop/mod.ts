/** The loss models of `drop`. A new model is a file and a line here. */
import { type Choice, oneOf } from "../../core/options.ts";
import type { ImpairmentDefinition } from "../impairment.ts";
import { chance } from "./chance.ts";
import { every } from "./every.ts";
import type { LossModelDefinition } from "./model.ts";
import { seq } from "./seq.ts";

/** Every loss model, by the key that stands below `drop:`. */
export const lossModels: readonly LossModelDefinition<unknown>[] = [every, seq, chance];

/**
 * Loses data packets; the rest passes at once. Heartbeats pass too and move no count, so that what
 * is lost depends on what was published, never on how long it took.
 */
export const drop: ImpairmentDefinition<Choice<LossModelDefinition<unknown>>> = {
  name: "drop",
  summary: "loses packets",
  example: every.example,
  options: oneOf(lossModels, "drop"),
  label: ({ definition, options }) => `drop ${definition.label(options)}`,
  create({ definition, options }, deps) {
    const lost = definition.create(options, deps);
    return {
      apply(packet, at, emit) {
        if (packet.kind !== "data" || !lost(packet)) emit(packet, at);
      },
    };
  },
};
