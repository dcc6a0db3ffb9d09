import { size } from "../core/options.ts";
import { plural } from "../core/units.ts";
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

/** Which packets are cut, and how much of the payload stays; undefined: any part of it. */
type Truncate = ModelChoice<{ readonly to?: number | undefined }>;

/**
 * Cuts the end off the payload: to a size, or to any that is shorter. At least one byte stays, since
 * not every receiver is told of an empty datagram; a packet that is no longer than that passes.
 */
export const truncate: ImpairmentDefinition<Truncate> = {
  name: "truncate",
  summary: "cuts the payload `to` a size, or to any shorter one",
  example: "truncate: { chance: 0.1%, to: 10 bytes }",
  options: modelChoice([every, chance], "truncate", { to: size(1).optional() }),
  kinds: DATA_ONLY,
  label: (model) => {
    const { to } = model.rest;
    return `truncate ${labelModel(model)}${to === undefined ? "" : ` to ${plural(to, "byte")}`}`;
  },
  create(model, { rng }) {
    const chosen = createModel(model, rng.fork("which"));
    const where = rng.fork("where");
    return {
      apply(packet, at, emit) {
        const { length } = packet.bytes;
        if (!chosen(packet) || length <= (model.rest.to ?? 1)) return emit(packet, at);
        const kept = model.rest.to ?? 1 + where.fork(String(packet.ordinal)).below(length - 1);
        emit({ ...packet, bytes: packet.bytes.subarray(0, kept) }, at);
      },
    };
  },
  reach: reachOfModel,
};
