/** Captures of datagrams and streams, made by hand: as little of pcap as Wireshark needs. */

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
const UDP = 17;

/** One datagram or one piece of a stream, from a port to a port. */
export interface Sent {
  readonly over: "udp" | "tcp";
  readonly from: number;
  readonly to: number;
  readonly payload: Uint8Array;
}

const RAW_IPV4 = 228;

/** A capture of IPv4 packets between two addresses of the documentation; checksums are left out. */
export function captureOf(sent: readonly Sent[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(FILE_HEADER_BYTES));
  header.setUint32(0, 0xa1b2c3d4);
  header.setUint16(4, 2);
  header.setUint16(6, 4);
  header.setUint32(16, 65_535);
  header.setUint32(20, RAW_IPV4);
  const parts: Uint8Array[] = [new Uint8Array(header.buffer)];
  const streamed = new Map<number, number>();
  for (const [i, one] of sent.entries()) {
    const transport = one.over === "udp" ? udpOf(one) : tcpOf(one, streamed);
    const packet = ipOf(one.over === "udp" ? UDP : 6, transport);
    const record = new DataView(new ArrayBuffer(RECORD_HEADER_BYTES));
    record.setUint32(0, 1_700_000_000);
    record.setUint32(4, i);
    record.setUint32(8, packet.length);
    record.setUint32(12, packet.length);
    parts.push(new Uint8Array(record.buffer), packet);
  }
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function udpOf({ from, to, payload }: Sent): Uint8Array {
  const bytes = new Uint8Array(8 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint16(4, bytes.length);
  bytes.set(payload, 8);
  return bytes;
}

function tcpOf({ from, to, payload }: Sent, streamed: Map<number, number>): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, from);
  view.setUint16(2, to);
  view.setUint32(4, 1 + (streamed.get(from) ?? 0));
  view.setUint32(8, 1 + (streamed.get(to) ?? 0));
  view.setUint8(12, 5 << 4);
  // PSH and ACK.
  view.setUint8(13, 0x18);
  view.setUint16(14, 65_535);
  bytes.set(payload, 20);
  streamed.set(from, (streamed.get(from) ?? 0) + payload.length);
  return bytes;
}

function ipOf(protocol: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(20 + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, bytes.length);
  view.setUint8(8, 64);
  view.setUint8(9, protocol);
  bytes.set([192, 0, 2, 1], 12);
  bytes.set([192, 0, 2, 2], 16);
  bytes.set(payload, 20);
  return bytes;
}
