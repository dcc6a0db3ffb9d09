/** A loss model as it is chosen in a file, for whatever happens to the packets it points at. */
import type * as z from "zod";
import { type Choice, correlation, oneOf } from "../../core/options.ts";
import type { Rng } from "../../core/rng.ts";
import { formatShare } from "../../core/units.ts";
import { drawByPacket } from "../draws.ts";
import type { PacketRef, Reach } from "../impairment.ts";
import type { LossModel, LossModelDefinition } from "./model.ts";

/** A loss model with its options, and the keys that stood beside it. */
export type ModelChoice<Rest = unknown> = Choice<
  LossModelDefinition<unknown>,
  Rest & { readonly correlation?: number | undefined }
>;

/** A map with exactly one of the models; the keys of `beside` may stand next to it. */
export function modelChoice<S extends z.ZodRawShape>(
  models: readonly LossModelDefinition<unknown>[],
  what: string,
  beside: S = {} as S,
): z.ZodType<ModelChoice<z.output<z.ZodObject<S>>>> {
  const taking = models.filter(({ correlates }) => correlates).map(({ name }) => name);
  return oneOf(models, what, { ...beside, correlation: correlation().optional() }).superRefine(
    ({ definition, rest }, context) => {
      if (!("correlation" in rest) || rest.correlation === undefined || definition.correlates)
        return;
      const message = `goes with ${taking.join(", ")} and not with ${definition.name}: remove it`;
      context.addIssue({ code: "custom", path: ["correlation"], message });
    },
  ) as z.ZodType<ModelChoice<z.output<z.ZodObject<S>>>>;
}

/** The model itself, with a stream of chance of its own that no other rule moves. */
export function createModel({ definition, options, rest }: ModelChoice, rng: Rng): LossModel {
  const { correlation } = rest;
  const model = definition.create(options, { rng, correlation });
  if (definition.draws !== true) return model;
  const copies = definition.create(options, { rng: rng.fork("copies"), correlation });
  let packet: PacketRef;
  const byPacket = drawByPacket(
    () => model(packet),
    () => copies(packet),
  );
  return (given) => {
    packet = given;
    return byPacket(given);
  };
}

/** What the choice says, for people: `chance 1% correlation 25%`. */
export function labelModel({ definition, options, rest: { correlation } }: ModelChoice): string {
  const more = correlation === undefined ? "" : ` correlation ${formatShare(correlation)}`;
  return definition.label(options) + more;
}

/** What the model asks of a packet. */
export function reachOfModel({ definition, options }: ModelChoice): Reach {
  return definition.reach?.(options) ?? {};
}
