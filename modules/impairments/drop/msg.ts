import { seqs } from "../../core/options.ts";
import type { RangeSet } from "../../core/ranges.ts";
import { formatFirstRanges } from "../../core/seq.ts";
import type { LossModelDefinition } from "./model.ts";

/** Loses a packet that carries any of these messages, counted over the whole run from 1. */
export const msg: LossModelDefinition<RangeSet> = {
  name: "msg",
  summary: "packets that carry any of these messages, counted over the whole run from 1",
  example: "drop: { msg: 40..44 }",
  options: seqs(),
  label: (ordinals) => `msg ${formatFirstRanges(ordinals)}`,
  create: (ordinals) => (packet) => ordinals.overlaps(packet.msg, packet.msg + packet.count),
  reach: (ordinals) => ({ msg: ordinals }),
};
