/** From a captured frame to the datagram in it. Nothing here throws: what is no datagram has a name. */
import { type Frame, LINK } from "./frame.ts";

/** Where a UDP datagram lies in a frame. One object is used again for every packet. */
export interface Datagram {
  /** IPv4 addresses as numbers: 127.0.0.1 is 0x7f000001. */
  source: number;
  destination: number;
  sourcePort: number;
  destinationPort: number;
  /** Its payload spans bytes[start] .. bytes[end] of the frame. */
  start: number;
  end: number;
}

/**
 * Why a frame has no datagram for us. `other`: not UDP over IPv4. `fragment`: a part of one. `cut`: the
 * capture kept only its beginning. `malformed`: its lengths contradict each other.
 */
export type NoDatagram = "other" | "fragment" | "cut" | "malformed";

/** A datagram that nothing was read into yet. */
export function createDatagram(): Datagram {
  return { source: 0, destination: 0, sourcePort: 0, destinationPort: 0, start: 0, end: 0 };
}

const IPV4 = 0x0800;
const VLAN_TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100];
const FAMILY_INET = 2;
const UDP = 17;
const MORE_FRAGMENTS = 0x2000;
const FRAGMENT_OFFSET = 0x1fff;
const IP_BYTES_MIN = 20;
const UDP_BYTES = 8;

/**
 * Finds the UDP datagram in a frame. Its end comes from the UDP header: a short frame on Ethernet is
 * padded to 60 bytes.
 */
export function readDatagram(frame: Frame, into: Datagram): NoDatagram | undefined {
  const { bytes, end } = frame;
  const ip = networkStart(frame);
  if (ip < 0) return "other";
  if (ip + IP_BYTES_MIN > end) return frame.length > end - frame.start ? "cut" : "malformed";
  if (bytes[ip]! >>> 4 !== 4) return "other";
  const headerBytes = 4 * (bytes[ip]! & 0x0f);
  if (headerBytes < IP_BYTES_MIN) return "malformed";
  if (bytes[ip + 9] !== UDP) return "other";
  if ((half(bytes, ip + 6) & (MORE_FRAGMENTS | FRAGMENT_OFFSET)) !== 0) return "fragment";

  const udp = ip + headerBytes;
  const total = half(bytes, ip + 2);
  // The lengths come first: a datagram that was cut must not pass for one that contradicts itself.
  if (total < headerBytes + UDP_BYTES) return "malformed";
  if (udp + UDP_BYTES > end) return "cut";
  const length = half(bytes, udp + 4);
  if (length < UDP_BYTES || headerBytes + length > total) return "malformed";
  if (udp + length > end) return "cut";
  into.source = word(bytes, ip + 12);
  into.destination = word(bytes, ip + 16);
  into.sourcePort = half(bytes, udp);
  into.destinationPort = half(bytes, udp + 2);
  into.start = udp + UDP_BYTES;
  into.end = udp + length;
  return undefined;
}

/** Where the IP header begins; -1 when it is something else. */
function networkStart({ bytes, start, end, link }: Frame): number {
  switch (link) {
    case LINK.ethernet:
      return untagged(bytes, start + 12, start + 14, end);
    case LINK.cooked:
      return untagged(bytes, start + 14, start + 16, end);
    case LINK.cooked2:
      return untagged(bytes, start, start + 20, end);
    case LINK.raw:
    case LINK.rawBsd:
    case LINK.rawOpenBsd:
    case LINK.ipv4:
      return start;
    case LINK.null:
    case LINK.loop: {
      const family = start + 4 > end ? -1 : word(bytes, start);
      return family === FAMILY_INET || family === FAMILY_INET << 24 ? start + 4 : -1;
    }
    default:
      return -1;
  }
}

/** Passes over VLAN tags: the type stands at `typeAt`, what it is the type of at `at`. */
function untagged(bytes: Uint8Array, typeAt: number, at: number, end: number): number {
  let type = typeAt;
  let network = at;
  while (network <= end && VLAN_TAGS.includes(half(bytes, type))) {
    type = network + 2;
    network += 4;
  }
  return network <= end && half(bytes, type) === IPV4 ? network : -1;
}

function half(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function word(bytes: Uint8Array, at: number): number {
  return ((half(bytes, at) << 16) | half(bytes, at + 2)) >>> 0;
}

/** `127.0.0.1`, from 0x7f000001. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** 0x7f000001, from `127.0.0.1`. */
export function addressOf(host: string): number {
  return host.split(".").reduce((address, byte) => ((address << 8) | Number(byte)) >>> 0, 0);
}
