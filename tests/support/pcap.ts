/** Enough of the classic capture format to read UDP datagrams over IPv4 and Ethernet. */

const VLAN_TAGS = [0x8100, 0x88a8];
const IPV4 = 0x0800;
const UDP = 17;

/** The payload of each datagram, in order. Ethernet's padding is none of it. */
export function* datagramsOf(file: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = [0xa1b2c3d4, 0xa1b23c4d].includes(view.getUint32(0, true));
  const LENGTH_AT = 8;
  const RECORD = 16;
  for (let at = 24; at + RECORD <= file.length;) {
    const length = view.getUint32(at + LENGTH_AT, little);
    const payload = payloadOf(view, at + RECORD);
    if (payload !== undefined) yield file.subarray(payload.start, payload.end);
    at += RECORD + length;
  }
}

function payloadOf(view: DataView, frame: number): { start: number; end: number } | undefined {
  let type = frame + 12;
  while (VLAN_TAGS.includes(view.getUint16(type))) type += 4;
  const ip = type + 2;
  if (view.getUint16(type) !== IPV4 || view.getUint8(ip + 9) !== UDP) return undefined;
  const udp = ip + 4 * (view.getUint8(ip) & 0x0f);
  return { start: udp + 8, end: udp + view.getUint16(udp + 4) };
}
