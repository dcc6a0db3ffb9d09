import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView, type DecodeFault, type PacketView } from "../../modules/codecs/codec.ts";
import { cta } from "../../modules/codecs/cta.ts";
import { BlockWriter } from "../../modules/codecs/cta/writer.ts";
import { fromHex } from "../support/hex.ts";
import { missingData, realFiles, realPayloads } from "../support/real-data.ts";

const LINE_INTEGRITY = fromHex(`
  02 00 2e 54 4f 00 00 04 1a 01 65 53 f1 00 00 00 01 f4 06 3e 00 1a 43 54 53 65 53 f1 00 00 00 00
  00 01 00 00 00 00 00 00 00 00 00 00 00 00`);
const START_OF_DAY = fromHex(`
  02 00 2e 54 4f 00 00 00 00 01 69 d4 96 58 00 06 70 3a 07 a5 00 1a 43 41 53 69 d4 96 58 00 01 a6
  32 01 00 00 00 00 00 00 00 00 00 00 00 00`);
const TRADE = fromHex(`
  02 00 60 54 4f 00 00 0f 35 01 69 d4 b9 80 00 35 c2 d6 13 12 00 4c 54 52 4b 69 d4 b9 80 00 06 2e
  08 01 1d 00 00 01 00 00 30 30 30 30 30 31 4b 53 53 20 20 20 20 20 20 20 20 30 20 20 54 49 00 00
  00 00 00 ca f1 20 00 00 00 00 05 6c 8c c0 00 30 30 20 00 00 00 00 00 00 00 00 20 4e 30 20 41 41`);

/** The time in the header of LINE_INTEGRITY, less its nanoseconds. */
const EPOCH_MS = 0x6553f100 * 1000;

const options = { feed: "trades", version: 2 } as const;
const { packets } = cta.create(options, { epochMs: EPOCH_MS });

function decoded(bytes: Uint8Array, codec = packets): PacketView {
  const view = createView(codec.messagesMax);
  assertEquals(codec.decode(bytes, view), undefined);
  return view;
}

function faultOf(bytes: Uint8Array): DecodeFault | undefined {
  return packets.decode(bytes, createView(packets.messagesMax));
}

/** The fields that say where a block belongs. */
function fieldsOf({ kind, session, seq, count, repair }: PacketView): unknown[] {
  return [kind, session, seq, count, repair];
}

function messagesOf({ bytes, bounds, count }: PacketView): Uint8Array[] {
  return Array.from({ length: count }, (_none, i) => bytes.slice(bounds[2 * i], bounds[2 * i + 1]));
}

/** As the format defines it: 16 bits of the sum of all bytes but those two. */
function withSum(bytes: Uint8Array): Uint8Array {
  const sum = bytes.reduce((all, byte, i) => (i === 18 || i === 19 ? all : all + byte), 0);
  new DataView(bytes.buffer, bytes.byteOffset).setUint16(18, sum & 0xffff);
  return bytes;
}

/** The bytes with some others put in at an offset, and a sum that is right again. */
function changed(bytes: Uint8Array, at: number, ...others: number[]): Uint8Array {
  const copy = bytes.slice();
  copy.set(others, at);
  return withSum(copy);
}

/** A message of a category and type: its header, then so many bytes. */
function message(body: number, filler = 0, kind = "TL"): Uint8Array {
  const bytes = new Uint8Array(26 + body).fill(filler);
  new DataView(bytes.buffer).setUint16(0, bytes.length);
  bytes.set([kind.charCodeAt(0), kind.charCodeAt(1)], 2);
  return bytes;
}

function written(
  messages: readonly Uint8Array[],
  seq: number,
  { atNs = 0, room = 1472, repair = false } = {},
): Uint8Array {
  const into = new Uint8Array(room).fill(0xdd);
  const writer = packets.writer(repair);
  writer.begin(into, "", seq, atNs);
  for (const each of messages) assert(writer.add(each), "no room");
  return into.slice(0, writer.end());
}

test("line integrity has the last number: the next is one more", () => {
  const view = decoded(LINE_INTEGRITY);
  assertEquals(fieldsOf(view), ["heartbeat", "", 1051, 0, false]);
  assertEquals(packets.describe(view), "CTS line integrity, 1051 is next");
  const into = new Uint8Array(1472).fill(0xdd);
  const length = packets.writer().heartbeat(into, "", 1051, 500);
  assertEquals(into.slice(0, length), LINE_INTEGRITY);
});

test("a start of day has number 0: 1 is next", () => {
  const view = decoded(START_OF_DAY);
  assertEquals(fieldsOf(view), ["reset", "", 1, 0, false]);
  assertEquals(packets.describe(view), "CTS start of day, 1 is next");
  const writer = new BlockWriter({ ...options, epochMs: 0x69d49658 * 1000, repair: false });
  const into = new Uint8Array(1472).fill(0xdd);
  // The real one was made a little before its block.
  const made = { seconds: 0x69d49658, nanos: 0x0001a632 };
  assertEquals(into.slice(0, writer.reset(into, "", 1, 0x0006703a, made)), START_OF_DAY);
});

test("a trade is carried whole", () => {
  const view = decoded(TRADE);
  assertEquals(fieldsOf(view), ["data", "", 3893, 1, false]);
  assertEquals([...view.bounds.subarray(0, 2)], [20, 96]);
  assertEquals(packets.describe(view), "CTS 3893 (1 message)");
  const { packets: then } = cta.create(options, { epochMs: 0x69d4b980 * 1000 });
  const into = new Uint8Array(1472).fill(0xdd);
  const writer = then.writer();
  writer.begin(into, "", 3893, 0x0035c2d6);
  assert(writer.add(TRADE.subarray(20)));
  assertEquals(into.slice(0, writer.end()), TRADE);
});

test("resets and the end of day are read as what was written", () => {
  const writer = packets.writer();
  const into = new Uint8Array(1000);
  const view = (length: number): PacketView => decoded(into.slice(0, length));
  const reset = view(writer.reset(into, "", 5001, 0));
  assertEquals(fieldsOf(reset), ["reset", "", 5001, 0, false]);
  // Its own block takes the number before: 5000.
  assertEquals([...reset.bytes.subarray(5, 9)], [0, 0, 0x13, 0x88]);
  assertEquals(packets.describe(reset), "CTS reset, 5001 is next");
  const end = view(writer.endOfSession(into, "", 1051, 0));
  assertEquals(fieldsOf(end), ["end-of-session", "", 1051, 0, false]);
  assertEquals([...end.bytes.subarray(5, 9)], [0, 0, 0x04, 0x1b]);
  assertEquals(packets.describe(end), "CTS end of day, 1051 would be next");
});

test("numbers go up to the last that the format has", () => {
  const { lastSeq } = packets;
  const writer = packets.writer();
  const into = new Uint8Array(1000);
  assertEquals(decoded(into.slice(0, writer.heartbeat(into, "", lastSeq + 1, 0))).seq, 2 ** 32 - 1);
  assertEquals(
    decoded(into.slice(0, writer.endOfSession(into, "", lastSeq + 1, 0))).seq,
    2 ** 32 - 1,
  );
  assertEquals(decoded(written([message(0)], lastSeq)).seq, lastSeq);
  // Two messages from the last number on would have one beyond it.
  const beyond = changed(written([message(0), message(0)], 1), 5, 0xff, 0xff, 0xff, 0xff);
  assertEquals(faultOf(beyond), "bad-number");
});

test("quotes are another feed: neither reads the other's blocks", () => {
  const quotes = cta.create({ feed: "quotes", version: 0 }, { epochMs: 0 }).packets;
  const into = new Uint8Array(1000);
  const writer = quotes.writer();
  writer.begin(into, "", 1, 0);
  assert(writer.add(message(0, 0, "QL")));
  const bytes = into.slice(0, writer.end());
  assertEquals([bytes[0], bytes[3]], [0, "Q".charCodeAt(0)]);
  assertEquals(quotes.describe(decoded(bytes, quotes)), "CQS 1 (1 message)");
  assertEquals(faultOf(bytes), "bad-kind");
  assertEquals([packets.messages, quotes.messages], [["cts"], ["cqs"]]);
});

test("what is sent again says so", () => {
  const view = decoded(written([message(0), message(1)], 7, { repair: true }));
  assertEquals(fieldsOf(view), ["data", "", 7, 2, true]);
  assertEquals(view.bytes[4], "V".charCodeAt(0));
  assertEquals(packets.describe(view), "CTS 7..8 (2 messages, sent again)");
});

test("control messages that are about more than the line have numbers", () => {
  for (const kind of ["CP", "CO", "CC"]) {
    const view = decoded(written([message(0, 0, kind)], 9));
    assertEquals(fieldsOf(view), ["data", "", 9, 1, false], kind);
  }
});

test("each way of being no block has its fault", () => {
  const odd = written([message(1)], 1);
  assertEquals([odd.length, odd.at(-1)], [48, 0]);
  const two = written([message(0), message(0)], 1);
  const faults: readonly [string, Uint8Array, DecodeFault][] = [
    ["nothing", new Uint8Array(), "empty"],
    ["part of a header", TRADE.subarray(0, 19), "truncated"],
    ["part of a block", TRADE.subarray(0, 95), "truncated"],
    ["more than a block", Uint8Array.of(...TRADE, 0), "trailing-bytes"],
    ["more than any block", new Uint8Array(1001), "too-long"],
    ["a size less than the header's", changed(TRADE, 1, 0, 18), "bad-length"],
    ["an odd size", withSum(changed(TRADE, 1, 0, 95).subarray(0, 95)), "bad-length"],
    ["another version", changed(TRADE, 0, 1), "bad-version"],
    ["another feed", changed(TRADE, 3, 0x51), "bad-kind"],
    ["neither original nor repair", changed(TRADE, 4, 0x52), "bad-kind"],
    ["no messages", changed(TRADE, 9, 0), "bad-message"],
    ["more messages than there are", changed(TRADE, 9, 2), "bad-length"],
    ["fewer messages than there are", changed(two, 9, 1), "trailing-bytes"],
    ["a message shorter than its header", changed(TRADE, 20, 0, 25), "bad-length"],
    ["a message beyond the block", changed(TRADE, 20, 0, 78), "bad-length"],
    ["a message that ends early", changed(TRADE, 20, 0, 74), "trailing-bytes"],
    ["padding that is none", changed(odd, 47, 1), "trailing-bytes"],
    ["line integrity in company", changed(two, 22, 0x43, 0x54), "bad-message"],
  ];
  for (const [what, bytes, fault] of faults) assertEquals(faultOf(bytes), fault, what);
});

test("a block that was changed on the way does not add up", () => {
  for (let at = 3; at < TRADE.length; at++) {
    const bytes = TRADE.slice();
    bytes[at] = bytes[at]! ^ 0x10;
    assertEquals(faultOf(bytes), "bad-checksum", `byte ${at}`);
  }
});

test("of a sum too large for its field, the low bits count", () => {
  // 954 of the largest byte add up to more than three times what 16 bits hold.
  for (const filler of [0x20, 0x40, 0x80, 0xff]) {
    const bytes = written([message(954, filler)], 1);
    assertEquals(withSum(bytes.slice()), bytes);
    assertEquals(faultOf(bytes), undefined);
  }
});

test("a writer takes only what a block can carry", () => {
  const writer = packets.writer();
  const into = new Uint8Array(20 + 26 + 27);
  writer.begin(into, "", 1, 0);
  // 27 bytes would need a byte of padding that has no room.
  assertEquals(
    [writer.add(message(0)), writer.add(message(1)), writer.add(message(0))],
    [true, false, true],
  );
  const large = new Uint8Array(1472);
  writer.begin(large, "", 1, 0);
  const refused = [
    new Uint8Array(25),
    Uint8Array.of(...message(0), 0),
    new TextEncoder().encode("PRICE:107"),
    message(955),
    ...["CT", "CA", "CL", "CZ"].map((kind) => message(0, 0, kind)),
  ];
  for (const bytes of refused) assertEquals(writer.add(bytes), false);
  assert(writer.add(message(954)));
  assertEquals(writer.end(), packets.packetMax);
});

const bodies = fc
  .tuple(fc.nat(120), fc.nat(255), fc.constantFrom("TL", "QL", "CP", "  ", "C\0", "\xff\xff"))
  .map((parts) => message(...parts));

const blocks = fc.record({
  messages: fc.array(bodies, { minLength: 1, maxLength: 6 }),
  seq: fc.oneof(fc.nat(1000), fc.nat(2 ** 32 - 10)),
  atNs: fc.nat(9e15),
  repair: fc.boolean(),
});

test("what is written is read again, and written the same", () =>
  fc.assert(
    fc.property(blocks, ({ messages, seq, atNs, repair }) => {
      const bytes = written(messages, seq, { atNs, repair });
      const view = decoded(bytes);
      assertEquals(fieldsOf(view), ["data", "", seq, messages.length, repair]);
      assertEquals(messagesOf(view), messages);
      assertEquals(written(messagesOf(view), seq, { atNs, repair }), bytes);
    }),
  ));

test("a view is used again: nothing of the block before is left", () => {
  const view = createView(packets.messagesMax);
  packets.decode(written([message(0), message(3)], 7, { repair: true }), view);
  packets.decode(LINE_INTEGRITY, view);
  assertEquals(fieldsOf(view), ["heartbeat", "", 1051, 0, false]);
});

test("every block cut short, or with a byte more, is a fault", () =>
  fc.assert(
    fc.property(blocks, ({ messages, seq }) => {
      const bytes = written(messages, seq);
      for (let length = 0; length < bytes.length; length++) {
        assertEquals(faultOf(bytes.subarray(0, length)), length === 0 ? "empty" : "truncated");
      }
      assertEquals(faultOf(Uint8Array.of(...bytes, 0)), "trailing-bytes");
    }),
    { numRuns: 30 },
  ));

/** Blocks with some bytes changed, whose sum is right nevertheless. */
const mutants = fc
  .tuple(blocks, fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 5 }))
  .map(([{ messages, seq }, changes]) => {
    const bytes = written(messages, seq);
    for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
    return withSum(bytes);
  });

test("any bytes are a fault, or a block whose messages lie within it, one after the other", () =>
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 1100 }), mutants), (bytes) => {
      const before = bytes.slice();
      const view = createView(packets.messagesMax);
      const fault = packets.decode(bytes, view);
      assertEquals(bytes, before);
      if (fault !== undefined) return;
      assert(view.seq >= 0 && view.seq + view.count <= 2 ** 32);
      let at = 20;
      for (const each of messagesOf(view)) {
        assertEquals(each, bytes.slice(at, at + each.length));
        at += each.length;
      }
      if (view.kind === "data") assert(bytes.length - at <= 1);
      assert(packets.describe(view).startsWith("CTS "));
    }),
    { numRuns: 2000 },
  ));

test(
  "blocks of real lines are read, and their sums are right",
  { skip: missingData("cta/") },
  () => {
    const kinds = new Map<string, string[]>();
    for (const path of realFiles("cta/")) {
      const feed = path.startsWith("cta/cqs") ? "quotes" : "trades";
      const codec = cta.create({ feed, version: 2 }, { epochMs: 0 }).packets;
      for (const bytes of realPayloads(path)) {
        const { kind, seq, count } = decoded(bytes, codec);
        const sum = new DataView(bytes.buffer, bytes.byteOffset).getUint16(18);
        assertEquals(new DataView(withSum(bytes.slice()).buffer).getUint16(18), sum);
        kinds.set(path, [kind, String(seq), String(count)]);
      }
    }
    // What an independent reader of the format says of the same files.
    assertEquals(kinds.get("cta/C_A_Start_of_Day.pcap"), ["reset", "1", "0"]);
    assertEquals(kinds.get("cta/C_Z_End_of_Day.pcap"), ["end-of-session", "3550016", "0"]);
    assertEquals(kinds.get("cta/cts-2.9/LineIntegrityMessage.pcap"), ["heartbeat", "2765204", "0"]);
    assertEquals(kinds.get("cta/cts-2.9/MultipleMessages.pcap"), ["data", "2764865", "2"]);
    assertEquals(kinds.get("cta/cqs-1.91/LongQuoteMessage.pcap"), ["data", "19878165", "1"]);
    assertEquals(kinds.size, realFiles("cta/").length);
  },
);
