import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import {
  addressOf,
  createDatagram,
  formatAddress,
  type NoDatagram,
  readDatagram,
} from "../../modules/captures/datagram.ts";
import { createFrame, LINK } from "../../modules/captures/frame.ts";
import { BIG, ethernet, ipPacket, join, MACS } from "../support/capture.ts";
import { fromHex } from "../support/hex.ts";

const PAYLOAD = fromHex("68 69");

/** Why there is no datagram, or its ends and its payload. */
function read(
  link: number,
  bytes: Uint8Array,
  length = bytes.length,
): NoDatagram | [string, number[]] {
  // Not at the buffer's beginning, and with something behind it.
  const buffer = join(fromHex("ffffffffff"), bytes, fromHex("ffffffffffffffffffff"));
  const frame = { ...createFrame(), bytes: buffer, start: 5, end: 5 + bytes.length, link, length };
  const datagram = createDatagram();
  const none = readDatagram(frame, datagram);
  if (none !== undefined) return none;
  const { source, sourcePort, destination, destinationPort, start, end } = datagram;
  const ends = [
    `${formatAddress(source)}:${sourcePort}`,
    `${formatAddress(destination)}:${destinationPort}`,
  ];
  return [ends.join(" "), [...buffer.subarray(start, end)]];
}

const FOUND: [string, number[]] = ["192.0.2.7:5000 239.1.1.1:6000", [0x68, 0x69]];

test("a short frame is padded to 60 bytes, and its payload ends where UDP says", () => {
  const frame = ethernet(ipPacket(PAYLOAD));
  assertEquals(frame.length, 60);
  assertEquals(read(LINK.ethernet, frame), FOUND);
});

test("VLAN tags, one and several", () => {
  for (const tags of ["8100 0064", "88a8 0064", "88a8 0064 8100 2001", "8100 0001 8100 0002"]) {
    assertEquals(read(LINK.ethernet, ethernet(ipPacket(PAYLOAD), fromHex(tags))), FOUND, tags);
  }
});

test("what other interfaces write before IP", () => {
  const packet = ipPacket(PAYLOAD);
  const cooked = fromHex("0000 0001 0006 020000000001 0000 0800");
  const cooked2 = fromHex("0800 0000 00000002 0001 00 06 020000000001 0000");
  const found: readonly [number, Uint8Array][] = [
    [LINK.cooked, join(cooked, packet)],
    [LINK.cooked2, join(cooked2, packet)],
    [LINK.raw, packet],
    [LINK.rawBsd, packet],
    [LINK.rawOpenBsd, packet],
    [LINK.ipv4, packet],
    [LINK.null, join(fromHex("02000000"), packet)],
    [LINK.null, join(fromHex("00000002"), packet)],
    [LINK.loop, join(fromHex("00000002"), packet)],
  ];
  for (const [link, bytes] of found) assertEquals(read(link, bytes), FOUND, String(link));
});

test("options of IPv4 are passed over", () =>
  assertEquals(read(LINK.raw, ipPacket(PAYLOAD, { options: 24 })), FOUND));

test("an empty datagram is one", () =>
  assertEquals(read(LINK.raw, ipPacket(new Uint8Array())), [FOUND[0], []]));

test("a part of a datagram is a fragment, whether its first or a later one", () => {
  for (const fragment of [0x2000, 0x0001, 0x20b9]) {
    assertEquals(read(LINK.raw, ipPacket(PAYLOAD, { fragment })), "fragment");
  }
  const whole = ipPacket(PAYLOAD, { fragment: 0x4000 });
  assertEquals(read(LINK.raw, whole), FOUND, "do not fragment");
});

test("what is something else is passed over", () => {
  const tcp = ipPacket(PAYLOAD);
  tcp[9] = 6;
  const six = ipPacket(PAYLOAD);
  six[0] = 0x65;
  assertEquals(read(LINK.raw, tcp), "other");
  assertEquals(read(LINK.raw, six), "other");
  assertEquals(read(LINK.ethernet, join(MACS, fromHex("0806"), new Uint8Array(46))), "other");
  assertEquals(
    read(LINK.ethernet, join(MACS, fromHex("8100 0064 86dd"), new Uint8Array(46))),
    "other",
  );
  assertEquals(read(LINK.null, join(fromHex("1e000000"), ipPacket(PAYLOAD))), "other");
  assertEquals(read(147, ipPacket(PAYLOAD)), "other");
});

test("a datagram whose end was not captured is cut, one that contradicts itself malformed", () => {
  const packet = ipPacket(PAYLOAD);
  for (let kept = 20; kept < packet.length; kept++) {
    assertEquals(read(LINK.raw, packet.subarray(0, kept), packet.length), "cut", String(kept));
  }
  assertEquals(read(LINK.raw, packet.subarray(0, 10), packet.length), "cut");
  assertEquals(read(LINK.raw, packet.subarray(0, 10)), "malformed");
  const changed = (at: number, value: number): Uint8Array => {
    const bytes = packet.slice();
    bytes.set(BIG.half(value), at);
    return bytes;
  };
  assertEquals(read(LINK.raw, changed(24, 7)), "malformed", "shorter than its header");
  assertEquals(read(LINK.raw, changed(24, 11)), "malformed", "longer than what carries it");
  assertEquals(read(LINK.raw, changed(2, 27)), "malformed", "no room for UDP");
  assertEquals(read(LINK.raw, changed(0, 0x4400)), "malformed", "a header of 16 bytes");
});

test("any bytes are no datagram, or one that lies within them", () =>
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(LINK)),
      fc.uint8Array({ maxLength: 80 }),
      fc.boolean(),
      (link, noise, plausible) => {
        const bytes = plausible ? join(ethernet(ipPacket(PAYLOAD)).subarray(0, 40), noise) : noise;
        const found = read(link, bytes);
        if (typeof found !== "string") assertEquals(found[1].length <= bytes.length - 28, true);
      },
    ),
    { numRuns: 1000 },
  ));

test("addresses are read as they are written", () => {
  assertEquals(addressOf("239.1.1.1"), 0xef010101);
  assertEquals(formatAddress(0xef010101), "239.1.1.1");
  assertEquals(formatAddress(addressOf("255.255.255.255")), "255.255.255.255");
});
