import { count } from "../core/options.ts";
import type { Rng } from "../core/rng.ts";
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

/** Which packets are spoiled, and how many of their bits. */
type Corrupt = ModelChoice<{ readonly bits: number }>;

/**
 * Flips bits of the payload, each anywhere in it and no bit twice. The checksum of UDP is made after
 * that, so the packet arrives: as from a host, a switch or a card that spoils what it holds.
 */
export const corrupt: ImpairmentDefinition<Corrupt> = {
  name: "corrupt",
  summary: "flips bits of the payload; the packet still arrives",
  example: "corrupt: { chance: 0.1% }",
  options: modelChoice([every, chance], "corrupt", { bits: count(1, 64).default(1) }),
  kinds: DATA_ONLY,
  label: (model) => {
    const { bits } = model.rest;
    return `corrupt ${labelModel(model)}${bits === 1 ? "" : ` by ${plural(bits, "bit")}`}`;
  },
  create(model, { rng }) {
    // Where the bits lie has a stream of its own: more of them hit no other packets.
    const chosen = createModel(model, rng.fork("which"));
    const where = rng.fork("where");
    return {
      apply(packet, at, emit) {
        const hit = chosen(packet) && packet.bytes.length > 0;
        const bytes = hit
          ? flipped(packet.bytes, model.rest.bits, where.fork(String(packet.ordinal)))
          : packet.bytes;
        emit(hit ? { ...packet, bytes } : packet, at);
      },
    };
  },
  reach: reachOfModel,
};

function flipped(bytes: Uint8Array, bits: number, rng: Rng): Uint8Array {
  const copy = bytes.slice();
  const room = 8 * copy.length;
  const taken = new Set<number>();
  while (taken.size < Math.min(bits, room)) {
    const bit = rng.below(room);
    if (taken.has(bit)) continue;
    taken.add(bit);
    copy[bit >>> 3]! ^= 1 << (bit & 7);
  }
  return copy;
}
