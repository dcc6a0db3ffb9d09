import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView, type DecodeFault, type PacketView } from "../../modules/codecs/codec.ts";
import { nyseXdp } from "../../modules/codecs/nyse-xdp.ts";
import { XdpWriter } from "../../modules/codecs/nyse-xdp/writer.ts";
import { fromHex } from "../support/hex.ts";
import { missingData, realPayloads } from "../support/real-data.ts";

const HEARTBEAT = fromHex("10 00 01 00 02 00 00 00 37 3c b4 61 00 3d 66 03");
const RESET = fromHex(`
  1e 00 0c 01 01 00 00 00 2e 3c b4 61 00 ec 17 02 0e 00 01 00 eb 3b b4 61 00 83 3a 25 a2 33`);
const UNAVAILABLE = fromHex(`
  1e 00 15 01 01 00 00 00 00 f1 53 65 f4 01 00 00 0e 00 1f 00 e9 03 00 00 1a 04 00 00 05 01`);

const create = (epochMs: number, product = 5, channel = 1): typeof packets =>
  nyseXdp.create({ product, channel, source: "FEEDLAB" }, { epochMs }).packets;
const { packets } = nyseXdp.create(nyseXdp.options.parse({}), { epochMs: 0x6553f100 * 1000 });

function decoded(bytes: Uint8Array): PacketView {
  const view = createView(packets.messagesMax);
  assertEquals(packets.decode(bytes, view), undefined);
  return view;
}

function faultOf(bytes: Uint8Array): DecodeFault | undefined {
  return packets.decode(bytes, createView(packets.messagesMax));
}

/** The fields that say where a packet belongs. */
function fieldsOf({ kind, session, seq, count, repair }: PacketView): unknown[] {
  return [kind, session, seq, count, repair];
}

function messagesOf({ bytes, bounds, kind, count }: PacketView): Uint8Array[] {
  return Array.from({ length: kind === "data" ? count : 0 }, (_none, i) =>
    bytes.slice(bounds[2 * i], bounds[2 * i + 1]),
  );
}

/** The bytes with some others put in at an offset. */
function changed(bytes: Uint8Array, at: number, ...others: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(others, at);
  return copy;
}

/** A message of a type: its header, then so many bytes. */
function message(body: number, filler = 0, type = 100): Uint8Array {
  const bytes = new Uint8Array(4 + body).fill(filler);
  new DataView(bytes.buffer).setUint16(0, bytes.length, true);
  new DataView(bytes.buffer).setUint16(2, type, true);
  return bytes;
}

function written(
  messages: readonly Uint8Array[],
  seq: number,
  { atNs = 0, repair = false } = {},
): Uint8Array {
  const into = new Uint8Array(1472).fill(0xdd);
  const writer = packets.writer(repair);
  writer.begin(into, "", seq, atNs);
  for (const each of messages) assert(writer.add(each), "no room");
  return into.slice(0, writer.end());
}

/** The bytes under another flag. */
const flagged = (bytes: Uint8Array, flag: number): Uint8Array => changed(bytes, 2, flag);

test("a heartbeat has the next number", () => {
  const view = decoded(HEARTBEAT);
  assertEquals(fieldsOf(view), ["heartbeat", "", 2, 0, false]);
  assertEquals(packets.describe(view), "XDP heartbeat, 2 is next");
  const into = new Uint8Array(1472).fill(0xdd);
  const writer = create(0x61b43c37 * 1000).writer();
  assertEquals(into.slice(0, writer.heartbeat(into, "", 2, 0x03663d00)), HEARTBEAT);
  // There is no end of session: the next number is all there is to say.
  assertEquals(into.slice(0, writer.endOfSession(into, "", 2, 0x03663d00)), HEARTBEAT);
});

test("a reset takes number 1: 2 is next", () => {
  const view = decoded(RESET);
  assertEquals(fieldsOf(view), ["reset", "", 2, 0, false]);
  assertEquals(packets.describe(view), "XDP sequence reset, 2 is next");
  const into = new Uint8Array(1472).fill(0xdd);
  const channel = { product: 162, channel: 51, epochMs: 0x61b43c2e * 1000, repair: false };
  const writer = new XdpWriter(channel);
  // The real one was made a minute before its packet.
  const made = { seconds: 0x61b43beb, nanos: 0x253a8300 };
  assertEquals(into.slice(0, writer.reset(into, "", packets.firstSeq, 0x0217ec00, made)), RESET);
  // Ours is made with its packet.
  const bytes = into.slice(0, writer.reset(into, "", packets.firstSeq, 0x0217ec00));
  assertEquals(bytes.slice(20, 28), bytes.slice(8, 16));
});

test("numbers that cannot be had are counted, both ends in", () => {
  const view = decoded(UNAVAILABLE);
  assertEquals(fieldsOf(view), ["unavailable", "", 1001, 50, false]);
  assertEquals(packets.describe(view), "XDP 1001..1050 unavailable");
  const one = decoded(changed(UNAVAILABLE, 24, 0xe9, 0x03));
  assertEquals(packets.describe(one), "XDP 1001 unavailable");
  const all = decoded(changed(UNAVAILABLE, 20, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff));
  assertEquals([all.seq, all.count], [0, 2 ** 32]);
});

test("each flag says what a packet is for", () => {
  const bytes = written([message(0), message(5)], 7);
  const expected: Readonly<Record<number, unknown[]>> = {
    10: ["data", "", 7, 2, false],
    11: ["data", "", 7, 2, false],
    13: ["data", "", 7, 2, true],
    15: ["data", "", 7, 2, true],
    17: ["other", "", 0, 0, false],
    18: ["other", "", 0, 0, false],
    19: ["other", "", 0, 0, false],
    20: ["other", "", 0, 0, false],
  };
  const faults: Readonly<Record<number, DecodeFault>> = {
    1: "bad-message",
    12: "bad-message",
    21: "bad-message",
  };
  for (let flag = 0; flag < 256; flag++) {
    const view = createView(packets.messagesMax);
    const fault = packets.decode(flagged(bytes, flag), view);
    assertEquals(fault, flag in expected ? undefined : (faults[flag] ?? "bad-kind"), String(flag));
    if (fault === undefined) assertEquals(fieldsOf(view), expected[flag]);
  }
  const shown = (flag: number): string => packets.describe(decoded(flagged(bytes, flag)));
  assertEquals(shown(11), "XDP 7..8 (2 messages)");
  assertEquals(shown(10), "XDP 7..8 (2 messages, failover)");
  assertEquals(shown(13), "XDP 7..8 (2 messages, sent again)");
  assertEquals(shown(17), "XDP refresh (2 messages)");
});

test("the reset resets at the start of day and in failover, but not when it is sent again", () => {
  assertEquals(fieldsOf(decoded(flagged(RESET, 10))), ["reset", "", 2, 0, false]);
  assertEquals(fieldsOf(decoded(flagged(RESET, 13))), ["data", "", 1, 1, true]);
});

test("numbers go up to the last that the format has", () => {
  const { lastSeq } = packets;
  const into = new Uint8Array(1400);
  const length = packets.writer().heartbeat(into, "", lastSeq + 1, 0);
  assertEquals(decoded(into.slice(0, length)).seq, 2 ** 32 - 1);
  assertEquals(decoded(written([message(0)], lastSeq)).seq, lastSeq);
  const beyond = changed(written([message(0), message(0)], 1), 4, 0xff, 0xff, 0xff, 0xff);
  assertEquals(faultOf(beyond), "bad-number");
});

test("each way of being no packet has its fault", () => {
  const one = written([message(6)], 7);
  const two = written([message(0), message(0)], 7);
  const faults: readonly [string, Uint8Array, DecodeFault][] = [
    ["nothing", new Uint8Array(), "empty"],
    ["part of a header", one.subarray(0, 15), "truncated"],
    ["part of a packet", one.subarray(0, 25), "truncated"],
    ["more than a packet", Uint8Array.of(...one, 0), "trailing-bytes"],
    ["more than any packet", new Uint8Array(1401), "too-long"],
    ["a size less than the header's", changed(one, 0, 15), "bad-length"],
    ["data without a message", changed(HEARTBEAT, 2, 11), "bad-message"],
    ["a refresh without a message", changed(HEARTBEAT, 2, 17), "bad-message"],
    ["a heartbeat that counts a message", changed(HEARTBEAT, 3, 1), "bad-length"],
    ["a heartbeat with bytes after it", changed(flagged(one, 1), 3, 0), "trailing-bytes"],
    ["more messages than there are", changed(one, 3, 2), "bad-length"],
    ["fewer messages than there are", changed(two, 3, 1), "trailing-bytes"],
    ["a message shorter than its header", changed(one, 16, 3), "bad-length"],
    ["a message beyond the packet", changed(one, 16, 11), "bad-length"],
    ["a message that ends early", changed(one, 16, 9), "trailing-bytes"],
    ["unavailable, the wrong way round", changed(UNAVAILABLE, 24, 0xe8, 0x03), "bad-number"],
    ["unavailable, of another type", changed(UNAVAILABLE, 18, 30), "bad-message"],
    ["unavailable, without numbers", flagged(written([message(7, 0, 31)], 1), 21), "bad-length"],
  ];
  for (const [what, bytes, fault] of faults) assertEquals(faultOf(bytes), fault, what);
});

test("a writer takes only what a packet can carry", () => {
  const writer = packets.writer();
  const into = new Uint8Array(1472);
  writer.begin(into, "", 2, 0);
  const refused = [
    new Uint8Array(3),
    Uint8Array.of(...message(0), 0),
    new TextEncoder().encode("PRICE:107"),
    message(1381),
  ];
  for (const bytes of refused) assertEquals(writer.add(bytes), false);
  assert(writer.add(message(1380)));
  assertEquals(writer.add(message(0)), false);
  assertEquals(writer.end(), packets.packetMax);
  writer.begin(into, "", 2, 0);
  for (let i = 0; i < 255; i++) assert(writer.add(message(0)));
  assertEquals(writer.add(message(0)), false);
  assertEquals(decoded(into.slice(0, writer.end())).count, 255);
});

const messages = fc.tuple(fc.nat(120), fc.nat(255), fc.nat(0xffff)).map((all) => message(...all));

const contents = fc.record({
  messages: fc.array(messages, { minLength: 1, maxLength: 8 }),
  seq: fc.oneof(fc.nat(1000), fc.nat(2 ** 32 - 10)),
  atNs: fc.nat(9e15),
  repair: fc.boolean(),
});

test("what is written is read again, and written the same", () =>
  fc.assert(
    fc.property(contents, ({ messages, seq, atNs, repair }) => {
      const bytes = written(messages, seq, { atNs, repair });
      const view = decoded(bytes);
      assertEquals(fieldsOf(view), ["data", "", seq, messages.length, repair]);
      assertEquals(messagesOf(view), messages);
      assertEquals(written(messagesOf(view), seq, { atNs, repair }), bytes);
    }),
  ));

test("a view is used again: nothing of the packet before is left", () => {
  const view = createView(packets.messagesMax);
  packets.decode(written([message(0), message(3)], 7, { repair: true }), view);
  packets.decode(HEARTBEAT, view);
  assertEquals(fieldsOf(view), ["heartbeat", "", 2, 0, false]);
  packets.decode(UNAVAILABLE, view);
  packets.decode(flagged(written([message(0)], 7), 19), view);
  assertEquals(fieldsOf(view), ["other", "", 0, 0, false]);
});

test("every packet cut short, or with a byte more, is a fault", () =>
  fc.assert(
    fc.property(contents, ({ messages, seq }) => {
      const bytes = written(messages, seq);
      for (let length = 0; length < bytes.length; length++) {
        assertEquals(faultOf(bytes.subarray(0, length)), length === 0 ? "empty" : "truncated");
      }
      assertEquals(faultOf(Uint8Array.of(...bytes, 0)), "trailing-bytes");
    }),
    { numRuns: 30 },
  ));

/** Packets with some bytes changed. */
const mutants = fc
  .tuple(
    fc.oneof(
      contents.map(({ messages, seq }) => written(messages, seq)),
      fc.constantFrom(HEARTBEAT, RESET, UNAVAILABLE),
    ),
    fc.array(fc.tuple(fc.nat(40), fc.nat(255)), { maxLength: 3 }),
    fc.constantFrom(1, 10, 11, 12, 13, 15, 17, 20, 21),
  )
  .map(([whole, changes, flag]) => {
    const bytes = flagged(whole, flag);
    for (const [at, byte] of changes) if (at > 2) bytes[at % bytes.length] = byte;
    return bytes;
  });

test("any bytes are a fault, or a packet whose messages fill it, one after the other", () =>
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 1500 }), mutants), (bytes) => {
      const before = bytes.slice();
      const view = createView(packets.messagesMax);
      const fault = packets.decode(bytes, view);
      assertEquals(bytes, before);
      if (fault !== undefined) return;
      assert(view.seq >= 0 && view.seq + view.count <= 2 ** 32);
      let at = 16;
      for (const each of messagesOf(view)) {
        assertEquals(each, bytes.slice(at, at + each.length));
        at += each.length;
      }
      if (view.kind === "data") assertEquals(at, bytes.length);
      assert(packets.describe(view).startsWith("XDP "));
    }),
    { numRuns: 2000 },
  ));

const CAPTURE = "nyse/imbalances-11819-packets.pcap";

test(
  "a real session is read from its reset on, without a gap",
  { skip: missingData(CAPTURE) },
  () => {
    let next = 1;
    const view = createView(packets.messagesMax);
    for (const bytes of realPayloads(CAPTURE)) {
      assertEquals(packets.decode(bytes, view), undefined);
      if (next === 1) assertEquals(fieldsOf(view), ["reset", "", 2, 0, false]);
      else assertEquals(fieldsOf(view), ["data", "", next, 1, false]);
      next = view.seq + view.count;
    }
    assertEquals(next, 11_820);
  },
);

test("the options are checked", () => {
  assertEquals(nyseXdp.options.parse({}), { product: 5, channel: 1, source: "FEEDLAB" });
  assert(nyseXdp.options.safeParse({ source: "TENLETTERS" }).success);
  for (const source of ["", "ELEVENCHARS", "ZOË", "A B"]) {
    assert(!nyseXdp.options.safeParse({ source }).success, source);
  }
  assert(!nyseXdp.options.safeParse({ channel: 256 }).success);
});
