import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { createView, type DecodeFault, type PacketView } from "../../modules/codecs/codec.ts";
import { moldudp64 } from "../../modules/codecs/moldudp64.ts";
import { SEQ_MAX } from "../../modules/core/seq.ts";
import { fromHex, toHex } from "../support/hex.ts";
import { moldVectors } from "../vectors/moldudp64.ts";

const { packets } = moldudp64.create(moldudp64.options.parse({}), { epochMs: 0 });
const view = createView(packets.messagesMax);

const FEEDLAB = "46 45 45 44 4c 41 42 30 30 31";

/** A packet of these parts in hexadecimal digits. */
const packet = (...parts: string[]): Uint8Array => fromHex(parts.join(" "));

function messages({ bytes, bounds, count }: PacketView): string[] {
  return Array.from({ length: count }, (_, i) =>
    toHex(bytes.subarray(bounds[2 * i], bounds[2 * i + 1])),
  );
}

for (const [name, vector] of Object.entries(moldVectors)) {
  test(`${name}: says what it should`, () => {
    assertEquals(packets.decode(vector.bytes, view), undefined);
    const { kind, session, seq, count, repair } = view;
    assertEquals(
      [kind, session, seq, count, repair],
      [vector.kind, vector.session, vector.seq, vector.messages.length, false],
    );
    assertEquals(messages(view), [...vector.messages]);
    assertEquals(packets.describe(view), vector.line);
  });

  test(`${name}: is written with the same bytes`, () => {
    const { kind, session, seq } = vector;
    const into = new Uint8Array(vector.bytes.length);
    const writer = packets.writer();
    if (kind === "heartbeat") assertEquals(writer.heartbeat(into, session, seq, 0), 20);
    else if (kind === "end-of-session")
      assertEquals(writer.endOfSession(into, session, seq, 0), 20);
    else {
      writer.begin(into, session, seq, 0);
      for (const message of vector.messages) assert(writer.add(fromHex(message)));
      assertEquals(writer.end(), into.length);
    }
    assertEquals(toHex(into), toHex(vector.bytes));
  });
}

test("each way of being no packet has its fault", () => {
  const seven = "00 00 00 00 00 00 00 07";
  const faults: readonly [DecodeFault, Uint8Array][] = [
    ["empty", packet()],
    ["truncated", packet(FEEDLAB, seven, "00")],
    ["truncated", packet(FEEDLAB, seven, "00 01")],
    ["truncated", packet(FEEDLAB, seven, "00 01", "00")],
    ["truncated", packet(FEEDLAB, seven, "00 01", "00 03 61 62")],
    ["truncated", packet(FEEDLAB, seven, "00 02", "00 03 61 62 63")],
    ["truncated", packet(FEEDLAB, seven, "ff fe", "00 03 61 62 63")],
    ["trailing-bytes", packet(FEEDLAB, seven, "00 01", "00 03 61 62 63 64")],
    ["trailing-bytes", packet(FEEDLAB, seven, "00 00", "00")],
    ["trailing-bytes", packet(FEEDLAB, seven, "ff ff", "00 00")],
    ["seq-unsafe", packet(FEEDLAB, "00 20 00 00 00 00 00 00", "00 00")],
    ["seq-unsafe", packet(FEEDLAB, "ff ff ff ff ff ff ff ff", "ff ff")],
    ["seq-unsafe", packet(FEEDLAB, "00 1f ff ff ff ff ff ff", "00 02", "00 00 00 00")],
    ["too-long", new Uint8Array(65_508)],
  ];
  for (const [fault, bytes] of faults) {
    assertEquals(packets.decode(bytes, view), fault, toHex(bytes.subarray(0, 64)));
  }
});

test("the largest number is read and written", () => {
  const bytes = packet(FEEDLAB, "00 1f ff ff ff ff ff ff", "00 01", "00 00");
  assertEquals(packets.decode(bytes, view), undefined);
  assertEquals([view.seq, view.count], [SEQ_MAX, 1]);
  const into = new Uint8Array(22);
  const writer = packets.writer();
  writer.begin(into, "FEEDLAB001", SEQ_MAX, 0);
  assert(writer.add(new Uint8Array()));
  assertEquals(writer.end(), 22);
  assertEquals(into, bytes);
});

test("a short session is padded with blanks, and is read with them", () => {
  const into = new Uint8Array(20);
  packets.writer().heartbeat(into, "LAB", 1, 0);
  assertEquals(toHex(into), "4c 41 42 20 20 20 20 20 20 20 00 00 00 00 00 00 00 01 00 00");
  assertEquals(packets.decode(into, view), undefined);
  assertEquals(view.session, "LAB       ");
  assertEquals(packets.describe(view), "LAB heartbeat, 1 is next");
});

test("a session that cannot be printed is kept byte for byte, and shown escaped", () => {
  const bytes = packet("00 1b 5c 41 ff 7f 20 42 20 20", "00 00 00 00 00 00 00 01", "00 00");
  assertEquals(packets.decode(bytes, view), undefined);
  assertEquals(view.session, "\x00\x1b\\A\xff\x7f B  ");
  assertEquals(packets.describe(view), String.raw`\x00\x1b\x5cA\xff\x7f B heartbeat, 1 is next`);
  const into = new Uint8Array(20);
  packets.writer().heartbeat(into, view.session, 1, 0);
  assertEquals(into, bytes);
});

test("a session of blanks has a name for people", () => {
  packets.writer().heartbeat((view.bytes = new Uint8Array(20)), "", 1, 0);
  assertEquals(packets.decode(view.bytes, view), undefined);
  assertEquals(packets.describe(view), "(blank) heartbeat, 1 is next");
});

test("each packet of two sessions in turn has its own", () => {
  const sessions = ["FEEDLAB001", "FEEDLAB002", "FEEDLAB001", "          ", "FEEDLAB002"];
  const into = new Uint8Array(20);
  for (const session of sessions) {
    packets.writer().heartbeat(into, session, 1, 0);
    packets.decode(into, view);
    assertEquals(view.session, session);
  }
});

test("what no session can be, no packet carries", () => {
  const into = new Uint8Array(20);
  const writer = packets.writer();
  assertThrows(() => writer.heartbeat(into, "ELEVENBYTES", 1, 0));
  assertThrows(() => writer.heartbeat(into, "LAB\u2014", 1, 0));
  assertThrows(() => writer.begin(new Uint8Array(19), "LAB", 1, 0));
  assertThrows(() => writer.heartbeat(into, "LAB", SEQ_MAX + 1, 0));
});

test("a message that does not fit leaves the packet as it was", () => {
  const into = new Uint8Array(26).fill(0xee);
  const writer = packets.writer();
  writer.begin(into, "FEEDLAB001", 7, 0);
  assert(!writer.add(fromHex("61 62 63 64 65")));
  assert(writer.add(fromHex("61 62 63 64")));
  assert(!writer.add(new Uint8Array()));
  assertEquals(writer.end(), 26);
  assertEquals(packets.decode(into, view), undefined);
  assertEquals(messages(view), ["61 62 63 64"]);
});

test("the longest datagram is full of messages without a byte, or of one", () => {
  const into = new Uint8Array(70_000);
  const writer = packets.writer();
  writer.begin(into, "FEEDLAB001", 1, 0);
  let count = 0;
  while (writer.add(new Uint8Array())) count++;
  assertEquals(count, packets.messagesMax);
  // The header, then two bytes for each; one byte of the datagram is left over.
  assertEquals(writer.end(), 20 + 2 * 32_743);
  assertEquals(packets.decode(into.subarray(0, 65_506), view), undefined);
  assertEquals([view.count, view.bounds.at(-2), view.bounds.at(-1)], [32_743, 65_506, 65_506]);
  writer.begin(into, "FEEDLAB001", 1, 0);
  assert(!writer.add(new Uint8Array(65_507 - 21)));
  assert(writer.add(new Uint8Array(65_507 - 22)));
  assertEquals(writer.end(), packets.packetMax);
  assertEquals(packets.decode(into.subarray(0, 65_507), view), undefined);
});

test("there is no packet that starts the numbers again", () =>
  assertEquals(packets.writer().reset(new Uint8Array(20), "FEEDLAB001", 1, 0), 0));
