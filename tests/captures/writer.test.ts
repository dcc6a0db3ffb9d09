import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Frame } from "../../modules/captures/frame.ts";
import { openCapture } from "../../modules/captures/reader.ts";
import { CaptureWriter } from "../../modules/captures/writer.ts";
import { BIG, datagramsOf, join, LITTLE, memoryFile } from "../support/capture.ts";
import { fromHex } from "../support/hex.ts";

const utf8 = new TextEncoder();
const LINE = { host: "239.192.129.5", port: 6000 };
const HOST = { host: "192.0.2.7", port: 40_000 };
const EPOCH_MS = Date.UTC(2025, 0, 2, 14, 30);

/** What was written, as one file: the blocks are lent, so that each is copied. */
function write(run: (writer: CaptureWriter) => void, epochMs = EPOCH_MS): Uint8Array {
  const blocks: Uint8Array[] = [];
  run(
    new CaptureWriter((bytes) => {
      blocks.push(bytes.slice());
      bytes.fill(0xdd);
    }, epochMs),
  );
  return join(...blocks);
}

function framesOf(bytes: Uint8Array): (Frame & { readonly data: Uint8Array })[] {
  const { frame, next } = openCapture(memoryFile("x", bytes));
  const all: (Frame & { readonly data: Uint8Array })[] = [];
  while (next()) all.push({ ...frame, data: frame.bytes.slice(frame.start, frame.end) });
  return all;
}

/** RFC 1071, as it is written there: over a packet with its checksum in it the sum is all ones. */
function onesSum(...parts: readonly Uint8Array[]): number {
  const bytes = join(...parts, new Uint8Array(parts.at(-1)!.length & 1));
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i]! * 256 + bytes[i + 1]!;
  while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
  return sum;
}

function checkSums(frame: Uint8Array): void {
  const ip = frame.subarray(14, 34);
  const rest = frame.subarray(34);
  assertEquals(onesSum(ip), 0xffff, "IPv4");
  const pseudo = join(ip.subarray(12, 20), Uint8Array.of(0, ip[9]!), BIG.half(rest.length));
  assertEquals(onesSum(pseudo, rest), 0xffff, "UDP or TCP");
}

test("a file with one datagram is these bytes", () => {
  const bytes = write((writer) => {
    const line = writer.line("A");
    writer.udp(line, 5, HOST, LINE, utf8.encode("hi!"), "lost");
  });
  const nanos = BigInt(EPOCH_MS) * 1_000_000n + 5n;
  const time = LITTLE.words(Number(nanos >> 32n), Number(nanos & 0xffffffffn));
  assertEquals(
    bytes,
    join(
      fromHex(`
        0a0d0d0a 2c000000 4d3c2b1a 0100 0000 ffffffffffffffff
        0400 0700 666565646c616200 00000000 2c000000
        01000000 28000000 0100 0000 00000000
        0200 0100 41000000 0900 0100 09000000 00000000 28000000
        06000000 5c000000 00000000`),
      time,
      fromHex(`
        2d000000 2d000000
        01005e408105 0200c0000207 0800
        4500 001f 0000 4000 01 11 4701 c0000207 efc08105
        9c40 1770 000b 8ff0 686921 000000
        0100 0400 6c6f7374 00000000 5c000000`),
    ),
  );
});

test("every datagram is found again, with its time to the nanosecond", () =>
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          atNs: fc.oneof(fc.nat(10), fc.integer({ min: 0, max: 1e14 })),
          payload: fc.uint8Array({ maxLength: 100 }),
          port: fc.integer({ min: 1, max: 65_535 }),
          comment: fc.option(fc.string({ unit: "grapheme" }), { nil: undefined }),
          line: fc.nat(2),
        }),
        { maxLength: 20 },
      ),
      fc.integer({ min: 0, max: 4e12 }),
      (packets, epochMs) => {
        const bytes = write((writer) => {
          const lines = ["A", "B", "Größe"].map((name) => writer.line(name));
          for (const { line, atNs, port, payload, comment } of packets) {
            writer.udp(lines[line]!, atNs, HOST, { ...LINE, port }, payload, comment);
          }
        }, epochMs);
        const file = memoryFile("x", bytes);
        assertEquals(
          datagramsOf(file).map(({ to, payload }) => [to, payload]),
          packets.map(({ port, payload }) => [`${LINE.host}:${port}`, payload]),
        );
        const frames = framesOf(bytes);
        packets.forEach(({ atNs, comment, line }, i) => {
          const { seconds, nanos, comments, interfaceName, data, length } = frames[i]!;
          const at = BigInt(epochMs) * 1_000_000n + BigInt(atNs);
          assertEquals(BigInt(seconds) * 1_000_000_000n + BigInt(nanos), at);
          assertEquals(comments, comment === undefined ? [] : [comment]);
          assertEquals(interfaceName, ["A", "B", "Größe"][line]);
          assertEquals(length, data.length);
          checkSums(data);
        });
      },
    ),
  ));

test("a checksum that would be zero is written as all ones", () => {
  // Payloads of every value: the sum of one of them is zero.
  const sums = new Set<number>();
  const bytes = write((writer) => {
    const line = writer.line("A");
    for (let i = 0; i <= 0xffff; i++) writer.udp(line, 0, HOST, LINE, BIG.half(i));
  });
  for (const { data } of framesOf(bytes)) {
    sums.add(data[40]! * 256 + data[41]!);
    checkSums(data);
  }
  assert(sums.has(0xffff) && !sums.has(0));
});

test("groups and hosts have the addresses that Ethernet gives them", () => {
  const macs = (host: string): string => {
    const bytes = write((writer) =>
      writer.udp(writer.line("A"), 0, HOST, { host, port: 1 }, fromHex("")),
    );
    return Array.from(framesOf(bytes)[0]!.data.subarray(0, 6), (byte) => byte.toString(16)).join(
      ":",
    );
  };
  // RFC 1112: 01-00-5e and the low 23 bits.
  assertEquals(macs("224.128.64.32"), "1:0:5e:0:40:20");
  assertEquals(macs("239.255.255.255"), "1:0:5e:7f:ff:ff");
  assertEquals(macs("10.1.2.3"), "2:0:a:1:2:3");
});

test("the longest datagram and a comment that is too long", () => {
  const payload = new Uint8Array(65_507).fill(7);
  const comment = `${"x".repeat(65_534)}π`;
  const bytes = write((writer) => writer.udp(writer.line("A"), 0, HOST, LINE, payload, comment));
  const [frame] = framesOf(bytes);
  assertEquals(frame!.data.length, 65_549);
  assertEquals(frame!.comments, ["x".repeat(65_534)]);
  checkSums(frame!.data);
});

const CLIENT = { host: "127.0.0.1", port: 5555 };
const SERVER = { host: "127.0.0.1", port: 7000 };

/** Ports, numbers relative to the first of each end, flags and payload of each segment. */
function segmentsOf(bytes: Uint8Array): string[] {
  const first = new Map<number, number>();
  return framesOf(bytes).map(({ data }) => {
    checkSums(data);
    const view = new DataView(data.buffer, 34);
    const [from, to, flags] = [view.getUint16(0), view.getUint16(2), view.getUint8(13)];
    if ((flags & 2) !== 0) first.set(from, view.getUint32(4));
    const relative = (port: number, at: number): number =>
      (view.getUint32(at) - (first.get(port) ?? 0)) >>> 0;
    const ack = (flags & 16) === 0 ? "" : ` ack ${relative(to, 8)}`;
    const names = ["FIN", "SYN", "RST", "PSH", "ACK"].filter((_, bit) => flags & (1 << bit));
    const length = data.length - 54;
    return `${from} seq ${relative(from, 4)}${ack} ${names.join("+")} ${length}`;
  });
}

test("a connection: opened, spoken over in segments, ended by one side and then the other", () => {
  const bytes = write((writer) => {
    const connection = writer.connection(writer.line("recovery"), CLIENT, SERVER);
    connection.opened(0);
    connection.data(1, "client", utf8.encode("GET 1\n"));
    connection.data(2, "server", new Uint8Array(3000), "answer");
    connection.ended(3, "server");
    connection.data(4, "client", utf8.encode("bye"));
    connection.ended(5, "client");
  });
  assertEquals(segmentsOf(bytes), [
    "5555 seq 0 SYN 0",
    "7000 seq 0 ack 1 SYN+ACK 0",
    "5555 seq 1 ack 1 ACK 0",
    "5555 seq 1 ack 1 PSH+ACK 6",
    "7000 seq 1 ack 7 ACK 1460",
    "7000 seq 1461 ack 7 ACK 1460",
    "5555 seq 7 ack 2921 ACK 0",
    "7000 seq 2921 ack 7 PSH+ACK 80",
    "7000 seq 3001 ack 7 FIN+ACK 0",
    "5555 seq 7 ack 3002 ACK 0",
    "5555 seq 7 ack 3002 PSH+ACK 3",
    "5555 seq 10 ack 3002 FIN+ACK 0",
    "7000 seq 3002 ack 11 ACK 0",
  ]);
  assertEquals(
    framesOf(bytes).flatMap(({ comments }) => comments),
    ["answer"],
  );
});

test("a connection that is refused, and one that is broken off", () => {
  const bytes = write((writer) => {
    const line = writer.line("recovery");
    writer.connection(line, CLIENT, SERVER).refused(0);
    const broken = writer.connection(line, CLIENT, SERVER);
    broken.opened(1);
    broken.reset(2, "server");
  });
  assertEquals(segmentsOf(bytes), [
    "5555 seq 0 SYN 0",
    "7000 seq 0 ack 1 RST+ACK 0",
    "5555 seq 0 SYN 0",
    "7000 seq 0 ack 1 SYN+ACK 0",
    "5555 seq 1 ack 1 ACK 0",
    "7000 seq 1 ack 1 RST+ACK 0",
  ]);
});
