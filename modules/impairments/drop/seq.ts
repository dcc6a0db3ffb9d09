import { seqs } from "../../core/options.ts";
import type { RangeSet } from "../../core/ranges.ts";
import { formatFirstRanges } from "../../core/seq.ts";
import { wireSeqOf } from "../impairment.ts";
import type { LossModelDefinition } from "./model.ts";

/** Loses a packet that carries any of the numbers, each time it is sent. */
export const seq: LossModelDefinition<RangeSet> = {
  name: "seq",
  summary: "packets that carry any of these numbers",
  example: "drop: { seq: [10, 15..20] }",
  options: seqs(),
  label: (numbers) => `seq ${formatFirstRanges(numbers)}`,
  create: (numbers) => (packet) => {
    const from = wireSeqOf(packet);
    return numbers.overlaps(from, from + packet.count);
  },
  reach: (numbers) => ({ seq: numbers }),
};
