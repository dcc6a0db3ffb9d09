/** Ethernet, IPv4, UDP and TCP headers, as they are written in front of what a line sent. */
import { type Endpoint } from "../core/units.ts";
import { addressOf } from "./datagram.ts";

/** Bytes in front of the payload of a datagram. */
export const UDP_OVERHEAD: number = 14 + 20 + 8;

/** Bytes in front of the payload of a segment. */
export const TCP_OVERHEAD: number = 14 + 20 + 20;

/** The flags of a segment. */
export const TCP = { fin: 0x01, syn: 0x02, reset: 0x04, push: 0x08, ack: 0x10 } as const;

const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const TCP_BYTES = 20;
const PROTOCOL = { tcp: 6, udp: 17 } as const;
const TTL = { multicast: 1, unicast: 64 } as const;
const WINDOW = 0xffff;

/** Both ends, as numbers: made once, used for every packet between them. */
export interface Route {
  readonly source: number;
  readonly destination: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** The way from one end to the other. The hosts are IPv4 addresses. */
export function routeOf(from: Endpoint, to: Endpoint): Route {
  return {
    source: addressOf(from.host),
    destination: addressOf(to.host),
    sourcePort: from.port,
    destinationPort: to.port,
  };
}

/** What a segment says besides its ports. */
export interface Segment {
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
}

/** Writes the headers of a datagram in front of a payload that stands at `UDP_OVERHEAD` already. */
export function writeUdp(view: DataView, route: Route, payloadBytes: number): void {
  const bytes = UDP_BYTES + payloadBytes;
  writeLink(view, route);
  writeIp(view, route, PROTOCOL.udp, bytes);
  const at = ETHERNET_BYTES + IP_BYTES;
  view.setUint16(at, route.sourcePort);
  view.setUint16(at + 2, route.destinationPort);
  view.setUint16(at + 4, bytes);
  view.setUint16(at + 6, 0);
  const sum = checksum(view, at, bytes, pseudoHeader(route, PROTOCOL.udp, bytes));
  // Zero would say that there is none (RFC 768).
  view.setUint16(at + 6, sum === 0 ? 0xffff : sum);
}

/** Writes the headers of a segment in front of a payload that stands at `TCP_OVERHEAD` already. */
export function writeTcp(
  view: DataView,
  route: Route,
  { seq, ack, flags }: Segment,
  payloadBytes: number,
): void {
  const bytes = TCP_BYTES + payloadBytes;
  writeLink(view, route);
  writeIp(view, route, PROTOCOL.tcp, bytes);
  const at = ETHERNET_BYTES + IP_BYTES;
  view.setUint16(at, route.sourcePort);
  view.setUint16(at + 2, route.destinationPort);
  view.setUint32(at + 4, seq);
  view.setUint32(at + 8, ack);
  view.setUint8(at + 12, (TCP_BYTES / 4) << 4);
  view.setUint8(at + 13, flags);
  view.setUint16(at + 14, WINDOW);
  view.setUint32(at + 16, 0);
  view.setUint16(at + 16, checksum(view, at, bytes, pseudoHeader(route, PROTOCOL.tcp, bytes)));
}

function writeLink(view: DataView, { source, destination }: Route): void {
  if (isMulticast(destination)) {
    // RFC 1112: the low 23 bits of the group.
    view.setUint16(0, 0x0100);
    view.setUint32(2, (0x5e000000 | (destination & 0x7fffff)) >>> 0);
  } else {
    writeMac(view, 0, destination);
  }
  writeMac(view, 6, source);
  view.setUint16(12, 0x0800);
}

/** No card's address but a locally administered one, made of the IP address. */
function writeMac(view: DataView, at: number, address: number): void {
  view.setUint16(at, 0x0200);
  view.setUint32(at + 2, address);
}

function writeIp(view: DataView, route: Route, protocol: number, payloadBytes: number): void {
  const at = ETHERNET_BYTES;
  view.setUint16(at, 0x4500);
  view.setUint16(at + 2, IP_BYTES + payloadBytes);
  // No identification, for it is never to be fragmented (RFC 6864).
  view.setUint32(at + 4, 0x00004000);
  view.setUint8(at + 8, isMulticast(route.destination) ? TTL.multicast : TTL.unicast);
  view.setUint8(at + 9, protocol);
  view.setUint16(at + 10, 0);
  view.setUint32(at + 12, route.source);
  view.setUint32(at + 16, route.destination);
  view.setUint16(at + 10, checksum(view, at, IP_BYTES, 0));
}

function isMulticast(address: number): boolean {
  return address >>> 28 === 0xe;
}

/** What checksums of UDP and TCP cover besides the packet itself. */
function pseudoHeader({ source, destination }: Route, protocol: number, bytes: number): number {
  return (
    (source >>> 16) +
    (source & 0xffff) +
    (destination >>> 16) +
    (destination & 0xffff) +
    protocol +
    bytes
  );
}

/** The checksum of the internet (RFC 1071), whose own field is zero while it is computed. */
export function checksum(view: DataView, at: number, length: number, start: number): number {
  // Twice the width for most of the way: halves add up to the same in the end.
  let sum = start;
  const end = at + length;
  let i = at;
  for (; i + 4 <= end; i += 4) sum += view.getUint32(i);
  if (i + 2 <= end) {
    sum += view.getUint16(i);
    i += 2;
  }
  if (i < end) sum += view.getUint8(i) << 8;
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}
