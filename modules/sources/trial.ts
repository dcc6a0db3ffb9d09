/** Whether a protocol can carry a message, found out by having it do so. */
import { createView, type PacketCodec } from "../codecs/codec.ts";
import { equalsPart } from "../core/bytes.ts";

/** The largest packet that is sent: an Ethernet frame less its IPv4 and UDP headers. */
const PACKET_BYTES_MAX = 1472;

/** True when a packet with nothing but this message is read as just that. */
export function carries(packets: PacketCodec, message: Uint8Array): boolean {
  const into = new Uint8Array(Math.min(packets.packetMax, PACKET_BYTES_MAX));
  const writer = packets.writer();
  writer.begin(into, "0".repeat(packets.sessionBytes), packets.firstSeq, 0);
  if (!writer.add(message)) return false;
  const view = createView(packets.messagesMax);
  const fault = packets.decode(into.subarray(0, writer.end()), view);
  if (fault !== undefined || view.kind !== "data" || view.count !== 1) return false;
  return equalsPart(message, view.bytes, view.bounds[0]!, view.bounds[1]!);
}
