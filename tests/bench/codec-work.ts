/** What packet codecs have to do, and the same for MoldUDP64 without one. */
import { createView } from "../../modules/codecs/codec.ts";
import { addUp, MESSAGE_BYTES, messagesOf, partsOf } from "./feed.ts";
import { BATCH, must, type Work } from "./work.ts";

/** Packets that are used in turn. */
const PACKETS = 512;
const PACKET_BYTES = 1472;
const SESSION = "FEEDLAB001";

/** Packets of a protocol in a row, and what their messages add up to. */
function packetsOf(protocol: string): { packets: Uint8Array[]; messages: number; sum: number } {
  const parts = partsOf(protocol);
  const writer = parts.protocol.packets.writer();
  const all = messagesOf(parts, PACKETS * BATCH);
  const packets: Uint8Array[] = [];
  let next = 0;
  while (packets.length < PACKETS) {
    const packet = new Uint8Array(PACKET_BYTES);
    writer.begin(packet, parts.sessions.of(parts.first)?.name ?? "", parts.first + next, 0);
    const first = next;
    while (next < first + BATCH && writer.add(all[next]!)) next++;
    packets.push(packet.slice(0, writer.end()));
  }
  const sent = all.slice(0, next);
  const sum = sent.reduce((sum, bytes) => addUp(sum, bytes, 0, bytes.length), 0);
  return { packets, messages: next, sum };
}

/** What a receiver takes from packets. */
function sumOf(protocol: string, packets: readonly Uint8Array[]): number {
  const { packets: codec } = partsOf(protocol).protocol;
  const view = createView(codec.messagesMax);
  let sum = 0;
  for (const packet of packets) {
    const fault = codec.decode(packet, view);
    must(fault === undefined, `${fault}`);
    for (let i = 0; i < view.count; i++) {
      sum = addUp(sum, view.bytes, view.bounds[2 * i]!, view.bounds[2 * i + 1]!);
    }
  }
  return sum;
}

/** Writes packets of a protocol; before that, what is written is read. */
export function encode(protocol: string): Work {
  const { packets, sum } = packetsOf(protocol);
  must(sumOf(protocol, packets) === sum, "what was written is not what is read");
  const parts = partsOf(protocol);
  const all = messagesOf(parts, 1024);
  const session = parts.sessions.of(parts.first)?.name ?? "";
  const writer = parts.protocol.packets.writer();
  const into = new Uint8Array(PACKET_BYTES);
  return (messages) => {
    let [done, bytes] = [0, 0];
    while (done < messages) {
      writer.begin(into, session, parts.first + done, 0);
      let inPacket = 0;
      while (inPacket < BATCH && writer.add(all[done & 1023]!)) {
        inPacket++;
        done++;
      }
      bytes += writer.end();
    }
    must(bytes > 0, "nothing was written");
    return done;
  };
}

/** Reads packets of a protocol, and looks whether each follows the last. */
export function decode(protocol: string): Work {
  const { packets, messages: inPackets, sum } = packetsOf(protocol);
  must(sumOf(protocol, packets) === sum, "what was written is not what is read");
  const { packets: codec } = partsOf(protocol).protocol;
  const view = createView(codec.messagesMax);
  const { first } = partsOf(protocol);
  return (messages) => {
    let [done, next, gaps] = [0, first, 0];
    for (let i = 0; done < messages; i = i + 1 < packets.length ? i + 1 : 0) {
      if (i === 0) next = first;
      if (codec.decode(packets[i]!, view) !== undefined || view.seq !== next) gaps++;
      next = view.seq + view.count;
      done += view.count;
    }
    must(gaps === 0 && next - first <= inPackets, `${gaps} packets were not those that follow`);
    return done;
  };
}

/** MoldUDP64 written by one loop. */
export function bareEncode(): Work {
  const all = messagesOf(partsOf("moldudp64"), 1024);
  const into = new Uint8Array(PACKET_BYTES);
  const view = new DataView(into.buffer);
  for (let i = 0; i < SESSION.length; i++) into[i] = SESSION.charCodeAt(i);
  return (messages) => {
    let done = 0;
    while (done < messages) {
      view.setUint32(10, Math.floor((1 + done) / 2 ** 32));
      view.setUint32(14, 1 + done);
      view.setUint16(18, BATCH);
      let at = 20;
      for (let i = 0; i < BATCH; i++) {
        const message = all[done++ & 1023]!;
        view.setUint16(at, MESSAGE_BYTES);
        into.set(message, at + 2);
        at += 2 + MESSAGE_BYTES;
      }
    }
    return done;
  };
}

/** MoldUDP64 read by one loop. */
export function bareDecode(): Work {
  const { packets } = packetsOf("moldudp64");
  const views = packets.map(({ buffer }) => new DataView(buffer));
  return (messages) => {
    let [done, next, gaps, bytes] = [0, 1, 0, 0];
    for (let i = 0; done < messages; i = i + 1 < views.length ? i + 1 : 0) {
      if (i === 0) next = 1;
      const view = views[i]!;
      const seq = view.getUint32(10) * 2 ** 32 + view.getUint32(14);
      const count = view.getUint16(18);
      if (seq !== next) gaps++;
      let at = 20;
      for (let k = 0; k < count; k++) {
        const length = view.getUint16(at);
        bytes += length;
        at += 2 + length;
      }
      next = seq + count;
      done += count;
    }
    must(gaps === 0 && bytes === MESSAGE_BYTES * done, `${gaps} gaps, ${bytes} bytes`);
    return done;
  };
}
