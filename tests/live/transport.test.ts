import { openLiveWorld } from "../../modules/worlds/live.ts";
import { transportConformance } from "../support/transport-conformance.ts";

for (const transport of ["portable", "linux"] as const) {
  const world = openLiveWorld({ transport });
  const path = await world.transport.path?.();
  if (path?.name === transport) {
    transportConformance(`live, ${transport}`, () => openLiveWorld({ transport }));
  } else console.log(`live, ${transport}: not here: ${path?.reason}`);
}
