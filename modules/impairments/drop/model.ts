import type { Definition } from "../../core/registry.ts";
import type { Rng } from "../../core/rng.ts";
import type { PacketRef } from "../impairment.ts";

/** Says of each data packet, in the order they come, whether the network loses it. */
export type LossModel = (packet: PacketRef) => boolean;

/** A way to choose the packets that are lost. */
export interface LossModelDefinition<Options> extends Definition<
  Options,
  LossModel,
  { readonly rng: Rng }
> {
  /** What the options say, for people: `every 5`. */
  label(options: Options): string;
}
