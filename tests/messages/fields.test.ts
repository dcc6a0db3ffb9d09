import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { decimal, Fields } from "../../modules/messages/fields.ts";
import { fromHex } from "../support/hex.ts";

test("a number keeps its decimals and loses needless zeros", () => {
  assertEquals(decimal(213_300, 4), "21.33");
  assertEquals(decimal(1_000_000, 4), "100");
  assertEquals(decimal(1, 4), "0.0001");
  assertEquals(decimal(0, 6), "0");
  assertEquals(decimal(-5, 2), "-0.05");
  assertEquals(decimal(2n ** 64n - 1n, 6), "18446744073709.551615");
  // As binary fractions, 1.1 x 1.1 and 0.1 + 0.2 are a little more.
  assertEquals([decimal(121, 2), decimal(3, 1)], ["1.21", "0.3"]);
});

test("a decimal read back is the number", () =>
  fc.assert(
    fc.property(
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n }),
      fc.integer({ min: 1, max: 8 }),
      (n, places) => {
        const [whole = "", fraction = ""] = decimal(n, places).split(".");
        assertEquals(BigInt(whole + fraction.padEnd(places, "0")), n);
        assertEquals(fraction.endsWith("0"), false);
      },
    ),
  ));

test("numbers in both orders of bytes, from a message that begins within its packet", () => {
  const bytes = fromHex("ff 01 02 03 04 05 06 07 f8 ff");
  const big = new Fields(bytes, 1, 9);
  assertEquals([big.length, big.u8(0), big.u16(1), big.u32(4)], [8, 1, 0x0203, 0x050607f8]);
  assertEquals(big.u64(0), 0x01020304050607f8n);
  const little = new Fields(bytes, 1, 9, "little");
  assertEquals([little.u16(1), little.u32(4), little.i32(4)], [0x0302, 0xf8070605, -0x07f8f9fb]);
  assertEquals(little.u64(0), 0xf807060504030201n);
});

test("texts lose what fills them up; one that is not printable is damage", () => {
  const text = (hex: string): [string, boolean] => {
    const message = new Fields(fromHex(hex), 0, fromHex(hex).length);
    return [message.text(0, message.length), message.damaged];
  };
  assertEquals(text("4b 53 53 20 20"), ["KSS", false]);
  assertEquals(text("41 20 50 00 00"), ["A P", false]);
  assertEquals(text("20 20"), ["", false]);
  assertEquals(text("4b 00 53")[1], true);
  assertEquals(text("4b 80")[1], true);
  const blank = new Fields(fromHex("20 20"), 0, 2);
  assertEquals([blank.symbol(0, 2), blank.damaged], ["", true]);
});
