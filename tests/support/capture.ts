/** Capture files written byte by byte, as the formats' descriptions say, and read from memory. */
import { fromHex } from "./hex.ts";
import type { ByteFile } from "../../modules/core/byte-file.ts";
import { createDatagram, formatAddress, readDatagram } from "../../modules/captures/datagram.ts";
import { openCapture } from "../../modules/captures/reader.ts";

/** A file that is in memory. */
export function memoryFile(name: string, bytes: Uint8Array): ByteFile {
  return {
    name,
    size: bytes.length,
    read(at, into) {
      const part = bytes.subarray(at, at + into.length);
      into.set(part);
      return part.length;
    },
  };
}

/** The parts in one. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Writes numbers of two and four bytes in one byte order. */
export class Order {
  readonly little: boolean;

  constructor(little: boolean) {
    this.little = little;
  }

  half(value: number): Uint8Array {
    const bytes = Uint8Array.of(value >>> 8, value & 0xff);
    return this.little ? bytes.toReversed() : bytes;
  }

  word(value: number): Uint8Array {
    const bytes = Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
    return this.little ? bytes.toReversed() : bytes;
  }

  words(...values: readonly number[]): Uint8Array {
    return join(...values.map((value) => this.word(value)));
  }
}

/** Both of them. */
export const LITTLE: Order = new Order(true);
export const BIG: Order = new Order(false);

/** The first 24 bytes of a pcap file. */
export function pcapHeader(order: Order, magic: number, link: number): Uint8Array {
  const version = join(order.half(2), order.half(4));
  return join(order.word(magic), version, order.words(0, 0, 65535, link));
}

/** A packet in a pcap file; its time is in the file's units. */
export function pcapRecord(
  order: Order,
  seconds: number,
  units: number,
  data: Uint8Array,
  length: number = data.length,
): Uint8Array {
  return join(order.words(seconds, units, data.length, length), data);
}

/** A block of a pcapng file, around a body that is filled up to four bytes already. */
export function block(order: Order, type: number, body: Uint8Array): Uint8Array {
  const length = 12 + body.length;
  return join(order.words(type, length), body, order.word(length));
}

/** The bytes, and zeros up to a multiple of four. */
export function filled(bytes: Uint8Array): Uint8Array {
  return join(bytes, new Uint8Array(-bytes.length & 3));
}

/** An option of a pcapng block. */
export function option(order: Order, number: number, value: Uint8Array): Uint8Array {
  return join(order.half(number), order.half(value.length), filled(value));
}

/** The block that a section begins with. */
export function sectionBlock(order: Order): Uint8Array {
  const version = join(order.half(1), order.half(0));
  const body = join(order.word(0x1a2b3c4d), version, order.words(0xffffffff, 0xffffffff));
  return block(order, 0x0a0d0d0a, body);
}

/** The block of an interface. */
export function interfaceBlock(
  order: Order,
  link: number,
  snap: number,
  ...options: readonly Uint8Array[]
): Uint8Array {
  const fixed = join(order.half(link), order.half(0), order.word(snap));
  return block(order, 1, join(fixed, ...options));
}

/** A packet, with the two halves of its time. */
export function enhancedBlock(
  order: Order,
  interfaceNumber: number,
  [high, low]: readonly [number, number],
  data: Uint8Array,
  ...options: readonly Uint8Array[]
): Uint8Array {
  const fixed = order.words(interfaceNumber, high, low, data.length, data.length);
  return block(order, 6, join(fixed, filled(data), ...options));
}

/** 192.0.2.7:5000 to 239.1.1.1:6000, IPv4 and UDP around the payload, without checksums. */
export function ipPacket(
  payload: Uint8Array,
  { options = 0, fragment = 0, to = "239.1.1.1:6000" }: IpParts = {},
): Uint8Array {
  const [host = "", port] = to.split(":");
  const address = Uint8Array.from(host.split("."), Number);
  const headerBytes = 20 + options;
  const header = join(
    Uint8Array.of(0x40 | (headerBytes / 4), 0),
    BIG.half(headerBytes + 8 + payload.length),
    BIG.half(0),
    BIG.half(fragment),
    fromHex("01 11 0000 c0000207"),
    address,
    new Uint8Array(options).fill(1),
  );
  const udp = join(
    BIG.half(5000),
    BIG.half(Number(port)),
    BIG.half(8 + payload.length),
    BIG.half(0),
  );
  return join(header, udp, payload);
}

interface IpParts {
  /** Bytes of options. */
  readonly options?: number;
  /** The field of flags and offset. */
  readonly fragment?: number;
  readonly to?: string;
}

/** What Ethernet writes before a packet, whose type stands last. */
export const MACS: Uint8Array = fromHex("01005e010101 020000000001");

/** Ethernet around IPv4, filled up to the 60 bytes that a frame has at least. */
export function ethernet(packet: Uint8Array, tags: Uint8Array = new Uint8Array()): Uint8Array {
  const frame = join(MACS, tags, fromHex("0800"), packet);
  return join(frame, new Uint8Array(Math.max(0, 60 - frame.length)).fill(0xee));
}

/** A datagram of a capture, and what is said of its frame. */
export interface Captured {
  readonly to: string;
  readonly payload: Uint8Array;
  readonly seconds: number;
  readonly nanos: number;
}

/** All datagrams of a file, copied. */
export function datagramsOf(file: ByteFile): Captured[] {
  const { frame, next } = openCapture(file);
  const datagram = createDatagram();
  const all: Captured[] = [];
  while (next()) {
    if (readDatagram(frame, datagram) !== undefined) continue;
    all.push({
      to: `${formatAddress(datagram.destination)}:${datagram.destinationPort}`,
      payload: frame.bytes.slice(datagram.start, datagram.end),
      seconds: frame.seconds,
      nanos: frame.nanos,
    });
  }
  return all;
}
