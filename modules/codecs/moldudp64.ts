/**
 * MoldUDP64 1.00 (Nasdaq): packets of messages that are numbered from 1 in a session of 10
 * characters. The UTP SIP, Nasdaq's own feeds, JPX, ASX and BIST speak it.
 */
import type { ProtocolDefinition } from "./codec.ts";
import { moldPackets } from "./moldudp64/packets.ts";
import { moldRecovery, type MoldRecoveryOptions } from "./recovery/moldudp64.ts";

/** Lost messages are asked for by datagram, and come back to whoever asked. */
export const moldudp64: ProtocolDefinition<MoldRecoveryOptions> = {
  name: "moldudp64",
  summary: "Nasdaq's MoldUDP64 1.00: many messages a packet, sessions, heartbeats, requests by UDP",
  example: "protocol: moldudp64",
  options: moldRecovery.options,
  create: (options, deps) => ({
    packets: moldPackets(),
    recovery: moldRecovery.create(options, deps),
  }),
};
