/** The recovery protocols: how lost messages are asked for. A new one is a file and a line here. */
import { ctaRecovery } from "./cta.ts";
import { demoRecovery } from "./demo.ts";
import { moldRecovery } from "./moldudp64.ts";
import { nyseXdpRecovery } from "./nyse-xdp.ts";
import type { RecoveryDefinition } from "./recovery.ts";
import { soupRecovery } from "./soupbintcp.ts";

/** Every recovery protocol, by the name that `recovery.protocol` takes. */
export const recoveries: readonly RecoveryDefinition<unknown>[] = [
  demoRecovery,
  moldRecovery,
  soupRecovery,
  ctaRecovery,
  nyseXdpRecovery,
];
