import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { demo } from "../../modules/codecs/demo.ts";
import { UserError } from "../../modules/core/errors.ts";
import { SEQ_MAX } from "../../modules/core/seq.ts";
import { counter } from "../../modules/sources/counter.ts";
import { BLOCKS, depsFor } from "../support/sources.ts";
import { fromHex } from "../support/hex.ts";

function bytesOf(seq: number, size: number): Uint8Array {
  const into = new Uint8Array(1472).fill(0xdd);
  const source = counter.create({ size }, depsFor(BLOCKS));
  return into.slice(0, source.write(seq, into, 0));
}

test("a message is its number, the high byte first", () => {
  assertEquals(bytesOf(1, 8), fromHex("00 00 00 00 00 00 00 01"));
  assertEquals(bytesOf(SEQ_MAX, 8), fromHex("00 1f ff ff ff ff ff ff"));
});

test("then the number again with all bits turned over, the number again, and so on", () => {
  assertEquals(
    bytesOf(0x0102, 27),
    fromHex("0000000000000102 fffffffffffffefd 0000000000000102 ffffff"),
  );
});

test("any number and size: every byte follows from the number alone", () =>
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 8, max: 1399 }), (seq, size) => {
      const number = BigInt(seq);
      const expected = Uint8Array.from({ length: size }, (_, i) => {
        const byte = Number((number >> BigInt(8 * (7 - (i % 8)))) & 0xffn);
        return Math.floor(i / 8) % 2 === 0 ? byte : 255 - byte;
      });
      assertEquals(bytesOf(seq, size), expected);
    }),
  ));

test("without options it is eight bytes; fewer are refused", () => {
  assertEquals(counter.options.parse({}), { size: 8 });
  assertEquals(counter.options.parse({ size: "100 bytes" }), { size: 100 });
  assertEquals(counter.options.safeParse({ size: "7 bytes" }).success, false);
  assertEquals(counter.options.safeParse({ size: "100" }).success, false);
});

test("a protocol of texts does not fit, and the remedy is said", () => {
  const { packets } = demo.create({}, { epochMs: 0 });
  assertEquals(counter.fits!(BLOCKS), undefined);
  const wrong = "the protocol takes no bytes as they come, only text: write source: trades";
  assertEquals(counter.fits!(packets), wrong);
  const error = assertThrows(() => counter.create({ size: 8 }, depsFor(packets)), UserError);
  assertEquals(error.message, `cannot send a counter: ${wrong}`);
});

test("a size that no packet has room for is refused, and the largest is said", () => {
  const error = assertThrows(() => counter.create({ size: 5000 }, depsFor(BLOCKS)), UserError);
  const [, most] = /write size: (\d+) bytes or less$/.exec(error.message) ?? [];
  counter.create({ size: Number(most) }, depsFor(BLOCKS));
  assertThrows(() => counter.create({ size: Number(most) + 1 }, depsFor(BLOCKS)), UserError);
});
