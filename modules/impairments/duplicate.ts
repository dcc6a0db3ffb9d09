import { duration } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import {
  createModel,
  labelModel,
  type ModelChoice,
  modelChoice,
  reachOfModel,
} from "./drop/choice.ts";
import { chance } from "./drop/chance.ts";
import { every } from "./drop/every.ts";
import { DATA_ONLY, type ImpairmentDefinition } from "./impairment.ts";

/** Which packets come twice, and how long after the first the second one leaves. */
type Duplicate = ModelChoice<{ readonly after: Nanos }>;

/** Sends packets twice: the copy right behind the original, or some time later. */
export const duplicate: ImpairmentDefinition<Duplicate> = {
  name: "duplicate",
  summary: "sends packets twice, the copy at once or `after` a time",
  example: "duplicate: { chance: 0.1%, after: 2ms }",
  options: modelChoice([every, chance], "duplicate", { after: duration().prefault("0ms") }),
  kinds: DATA_ONLY,
  label: (model) => {
    const { after } = model.rest;
    return `duplicate ${labelModel(model)}${after === 0 ? "" : ` after ${formatDuration(after)}`}`;
  },
  create(model, { rng }) {
    const chosen = createModel(model, rng);
    const { after } = model.rest;
    return {
      apply(packet, at, emit) {
        emit(packet, at);
        if (chosen(packet)) emit(packet, at + after);
      },
    };
  },
  reach: reachOfModel,
};
