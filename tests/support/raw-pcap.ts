/**
 * The payloads of captured datagrams, read by hand: tests of messages need bytes from elsewhere, and
 * the reader of captures is itself under test. Classic pcap, Ethernet with or without VLAN tags, IPv4.
 */
import { existsSync, readFileSync } from "node:fs";

const DATA = new URL("../../../shared/data/", import.meta.url);

/** Why a test with captures is skipped here, or false. */
export const withoutData: string | false = existsSync(DATA) ? false : "no ../shared/data here";

/** The bytes of a file of the data beside the project. */
export function dataFile(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, DATA)));
}

/** The payloads of all UDP datagrams of a capture. */
export function payloadsOf(path: string): Uint8Array[] {
  const file = dataFile(path);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const little = [0xa1b2c3d4, 0xa1b23c4d].includes(view.getUint32(0, true));
  const payloads: Uint8Array[] = [];
  for (let at = 24; at + 16 <= file.length;) {
    const length = view.getUint32(at + 8, little);
    payloads.push(udpPayload(file.subarray(at + 16, at + 16 + length)));
    at += 16 + length;
  }
  return payloads;
}

function udpPayload(frame: Uint8Array): Uint8Array {
  const u16 = (at: number): number => frame[at]! * 256 + frame[at + 1]!;
  let type = 12;
  while (u16(type) === 0x8100) type += 4;
  const ip = type + 2;
  const udp = ip + 4 * (frame[ip]! & 15);
  // The length that UDP says: short frames are padded.
  return frame.subarray(udp + 8, udp + u16(udp + 4));
}

/** Bytes from hexadecimal digits, with or without blanks. */
export function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(/\s/g, "").match(/../g) ?? [], (pair) =>
    parseInt(pair, 16),
  );
}
