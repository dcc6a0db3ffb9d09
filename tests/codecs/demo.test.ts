import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView, type DecodeFault, type PacketView } from "../../modules/codecs/codec.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { type Seq, SEQ_MAX } from "../../modules/core/seq.ts";

const { packets } = demo.create({}, { epochMs: 0 });

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** One byte for each character: how bytes of a stream are written down here. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function encode(seq: Seq, message: string): Uint8Array {
  const into = new Uint8Array(1472);
  const writer = packets.writer();
  writer.begin(into, "", seq, 0);
  assert(writer.add(utf8.encode(message)));
  return into.slice(0, writer.end());
}

/** A fault, or the number and the message. */
function decode(bytes: Uint8Array): DecodeFault | [Seq, string] {
  const view = createView(packets.messagesMax);
  return packets.decode(bytes, view) ?? [view.seq, messageOf(view)];
}

function messageOf({ bytes, bounds }: PacketView): string {
  return latin1.decode(bytes.subarray(bounds[0], bounds[1]));
}

const seqs = fc.oneof(fc.nat(1000), fc.maxSafeNat(), fc.constant(SEQ_MAX));
const prices = fc
  .record({
    sign: fc.constantFrom("", "-"),
    whole: fc.nat(),
    fraction: fc.option(fc.nat(), { nil: undefined }),
  })
  .map(
    ({ sign, whole, fraction }) =>
      `PRICE:${sign}${whole}${fraction === undefined ? "" : `.${fraction}`}`,
  );

test("a packet is these bytes", () => {
  const bytes = [0x53, 0x45, 0x51, 0x3a, 0x37, 0x7c];
  bytes.push(0x50, 0x52, 0x49, 0x43, 0x45, 0x3a, 0x31, 0x30, 0x37);
  assertEquals(encode(7, "PRICE:107"), Uint8Array.from(bytes));
  const view = createView(packets.messagesMax);
  assertEquals(packets.decode(Uint8Array.from(bytes), view), undefined);
  assertEquals([view.kind, view.session, view.seq, view.count], ["data", "", 7, 1]);
  assertEquals([...view.bounds], [6, 15]);
  assertEquals(packets.describe(view), "SEQ:7|PRICE:107");
});

test("prices in every form that the demo's own server can write", () => {
  for (const price of ["107", "107.5", "-1", "0", "-0.25"]) {
    assertEquals(decode(bytesOf(`SEQ:7|PRICE:${price}`)), [7, `PRICE:${price}`]);
  }
});

test("each way of being no packet has its fault", () => {
  const faults: Readonly<Record<string, DecodeFault>> = {
    "": "empty",
    "SEQ:": "bad-number",
    "SEQ:|PRICE:1": "bad-number",
    "SEQ:x|PRICE:1": "bad-number",
    "SEQ:-1|PRICE:1": "bad-number",
    "SEQ:1.5|PRICE:1": "bad-number",
    "SEQ: 7|PRICE:1": "bad-number",
    "SEQ:7 |PRICE:1": "bad-number",
    "SEQ:7": "bad-message",
    "SEQ:7|": "bad-message",
    "SEQ:7|PRICE:": "bad-message",
    "SEQ:7|PRICE:1.": "bad-message",
    "SEQ:7|PRICE:.5": "bad-message",
    "SEQ:7|PRICE:--1": "bad-message",
    "SEQ:7|PRICE:NaN": "bad-message",
    "SEQ:7|PRICE:107\n": "bad-message",
    "SEQ:7|price:107": "bad-message",
    "SEQ:7|PRICE:107|PRICE:108": "bad-message",
    "SEQ;7|PRICE:107": "bad-message",
    "seq:7|PRICE:107": "bad-message",
    " SEQ:7|PRICE:107": "bad-message",
    S: "bad-message",
    "SEQ:7|PRICE:10\xe9": "not-ascii",
    "SEQ:7|PRICE:10\x7f": "not-ascii",
    "SEQ:9007199254740992|PRICE:1": "seq-unsafe",
    "SEQ:18446744073709551615|PRICE:1": "seq-unsafe",
    [`SEQ:7|PRICE:${"1".repeat(1024)}`]: "too-long",
  };
  for (const [text, fault] of Object.entries(faults)) {
    assertEquals(decode(bytesOf(text)), fault, JSON.stringify(text));
  }
});

test("the largest number and the longest packet are still read", () => {
  assertEquals(decode(bytesOf("SEQ:9007199254740991|PRICE:1")), [SEQ_MAX, "PRICE:1"]);
  const price = `PRICE:${"1".repeat(1024 - "SEQ:7|PRICE:".length)}`;
  assertEquals(decode(bytesOf(`SEQ:7|${price}`)), [7, price]);
});

test("what is written is read again", () =>
  fc.assert(
    fc.property(seqs, prices, (seq, price) =>
      assertEquals(decode(encode(seq, price)), [seq, price]),
    ),
  ));

test("a view is used again: nothing of the packet before is left", () => {
  const view = createView(packets.messagesMax);
  packets.decode(encode(SEQ_MAX, "PRICE:-123.456"), view);
  packets.decode(encode(7, "PRICE:1"), view);
  assertEquals([view.seq, view.count, messageOf(view)], [7, 1, "PRICE:1"]);
});

/** Bytes that look like a packet here and there. */
const nearly = fc
  .array(
    fc.oneof(
      fc.constantFrom("SEQ:", "7", "|", "PRICE:", "107", "-", ".", "\n", "9007199254740993"),
      fc.nat(255).map((byte) => String.fromCharCode(byte)),
    ),
    { maxLength: 12 },
  )
  .map((parts) => bytesOf(parts.join("")));

test("any bytes are a fault, or a packet whose message lies within them", () =>
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 1100 }), nearly), (bytes) => {
      const before = bytes.slice();
      const view = createView(packets.messagesMax);
      const fault = packets.decode(bytes, view);
      assertEquals(bytes, before);
      if (fault !== undefined) return;
      const [start, end] = [view.bounds[0]!, view.bounds[1]!];
      assertEquals(view.count, 1);
      assert(Number.isSafeInteger(view.seq) && view.seq >= 0, `seq ${view.seq}`);
      assert(start >= 0 && start <= end && end <= bytes.length, `${start}..${end}`);
    }),
    { numRuns: 2000 },
  ));

test("a packet cut short is a fault, or the packet that it has become", () =>
  fc.assert(
    fc.property(seqs, prices, (seq, price) => {
      const bytes = encode(seq, price);
      for (let length = 0; length < bytes.length; length++) {
        const cut = decode(bytes.subarray(0, length));
        if (typeof cut === "string") continue;
        // PRICE:10 of PRICE:107 cannot be told from a price of 10: the format has no length.
        const [start, digit] = [bytes.indexOf(0x7c) + 1, bytes[length - 1]!];
        assertEquals(cut, [seq, latin1.decode(bytes.subarray(start, length))]);
        assert(digit >= 0x30 && digit <= 0x39, `cut after byte ${digit}`);
      }
    }),
  ));

test("a packet carries one message, and only what there is room for", () => {
  const writer = packets.writer();
  const into = new Uint8Array("SEQ:7|PRICE:107".length);
  writer.begin(into, "", 7, 0);
  assertEquals(writer.add(utf8.encode("PRICE:1070")), false);
  assertEquals(writer.end(), "SEQ:7|".length);
  assertEquals(writer.add(utf8.encode("PRICE:107")), true);
  assertEquals(writer.add(utf8.encode("")), false);
  assertEquals(latin1.decode(into.subarray(0, writer.end())), "SEQ:7|PRICE:107");
  writer.begin(into, "", 8, 0);
  assertEquals(writer.add(utf8.encode("PRICE:108")), true);
  assertEquals(latin1.decode(into.subarray(0, writer.end())), "SEQ:8|PRICE:108");
});
