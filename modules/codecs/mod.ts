/** The protocols: how packets and recovery look on the wire. A new one is a file and a line here. */
import type { ProtocolDefinition } from "./codec.ts";
import { cta } from "./cta.ts";
import { demo } from "./demo.ts";
import { moldudp64 } from "./moldudp64.ts";
import { nyseXdp } from "./nyse-xdp.ts";

/** Every protocol, by the name that `protocol:` takes. */
export const protocols: readonly ProtocolDefinition<unknown>[] = [demo, moldudp64, cta, nyseXdp];
