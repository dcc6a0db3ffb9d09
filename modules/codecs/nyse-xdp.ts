/** The wire of NYSE's Pillar feeds, XDP: its packets (nyse-xdp/layout.ts), and how to ask again. */
import type * as z from "zod";
import type { PacketCodec, ProtocolDefinition } from "./codec.ts";
import { MESSAGES_MAX, NUMBER_MAX, PACKET_MAX } from "./nyse-xdp/layout.ts";
import { decodePacket, describePacket } from "./nyse-xdp/packets.ts";
import { XdpWriter } from "./nyse-xdp/writer.ts";
import { nyseXdpRecovery, xdpClient } from "./recovery/nyse-xdp.ts";

/** Which feed, and who asks for what is lost. */
export type NyseXdp = z.output<typeof xdpClient>;

/** Packets of messages that have their own sizes; repairs arrive on a group of their own. */
export const nyseXdp: ProtocolDefinition<NyseXdp> = {
  name: "nyse_xdp",
  summary: "packets of NYSE's Pillar feeds",
  example: "protocol: nyse_xdp",
  options: xdpClient,
  create: (options, deps) => {
    const { product, channel } = options;
    const packets: PacketCodec = {
      messagesMax: MESSAGES_MAX,
      packetMax: PACKET_MAX,
      // The reset that a session begins with is number 1.
      firstSeq: 2,
      // Heartbeats have the number after the last.
      lastSeq: NUMBER_MAX - 1,
      heartbeats: true,
      sessionBytes: 0,
      messages: ["xdp"],
      decode: decodePacket,
      writer: (repair = false) =>
        new XdpWriter({ product, channel, epochMs: deps.epochMs, repair }),
      describe: describePacket,
    };
    return { packets, recovery: nyseXdpRecovery.create({ ...options, sources: [] }, deps) };
  },
};
