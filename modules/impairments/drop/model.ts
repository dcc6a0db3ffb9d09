import type { Definition } from "../../core/registry.ts";
import type { Rng } from "../../core/rng.ts";
import type { PacketRef, Reach } from "../impairment.ts";

/** Says of each packet, in the order they come, whether the network loses it. */
export type LossModel = (packet: PacketRef) => boolean;

/** What a loss model is created with. */
export interface LossModelDeps {
  readonly rng: Rng;
  /** How much of each draw is that of the one before, in [0, 1); none unless told. */
  readonly correlation?: number | undefined;
}

/** A way to choose the packets that are lost. */
export interface LossModelDefinition<Options> extends Definition<
  Options,
  LossModel,
  LossModelDeps
> {
  /** It draws once for each packet, and asks nothing else of it. */
  readonly draws?: true;
  /** Whether `correlation` may stand beside it. */
  readonly correlates?: boolean;
  /** What the options say, for people: `every 5`. */
  label(options: Options): string;
  /** What is asked of a packet, for those who check that a rule can fire. */
  reach?(options: Options): Reach;
}
