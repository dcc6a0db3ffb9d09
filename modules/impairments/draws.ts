import type { PacketRef } from "./impairment.ts";

/** Draws of packets that have not come here yet, and may come late or never. */
const AWAITED_MAX = 65_536;

/**
 * One draw for each data packet of the feed, in the order in which they were published, whether or
 * not it comes here. What another rule takes away, moves or doubles thus shifts no draw of this one.
 * `copies` draws for what was published once and comes again, and for what carries no data.
 */
export function drawByPacket<T>(draw: () => T, copies: () => T): (packet: PacketRef) => T {
  let next = 1;
  const awaited = new Map<number, T>();
  return ({ kind, ordinal }) => {
    if (kind !== "data") return copies();
    if (ordinal < next) {
      const drawn = awaited.get(ordinal);
      return awaited.delete(ordinal) ? drawn! : copies();
    }
    for (; next < ordinal; next++) {
      awaited.set(next, draw());
      if (awaited.size > AWAITED_MAX) awaited.delete(awaited.keys().next().value!);
    }
    next++;
    return draw();
  };
}
