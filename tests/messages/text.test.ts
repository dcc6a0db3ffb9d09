import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { demo } from "../../modules/codecs/demo.ts";
import { text } from "../../modules/messages/text.ts";
import { carries } from "../../modules/sources/trial.ts";
import { describeAll, dollars, neverThrows, tradeBytes, trades } from "../support/messages.ts";
import { fromHex } from "../support/hex.ts";

const { packets } = demo.create({}, { epochMs: 0 });

test("printable ASCII is shown as it is, all else is no text", () => {
  assertEquals(describeAll(text, fromHex("50524943453a313839 2e3532")), "PRICE:189.52");
  assertEquals(describeAll(text, fromHex("20 7e")), " ~");
  for (const hex of ["", "7f", "41 0a", "c3 a9", "00"]) {
    assertEquals(describeAll(text, fromHex(hex)), undefined, hex);
  }
});

test("a trade is its price", () => {
  const line = (price: number): string | undefined =>
    describeAll(text, tradeBytes(text, { price }));
  assertEquals(line(189_520_000), "PRICE:189.52");
  assertEquals(line(100_000_000), "PRICE:100");
  assertEquals(line(10_000_000), "PRICE:10");
  assertEquals(line(1), "PRICE:0.000001");
  assertEquals(line(0), "PRICE:0");
  assertEquals(line(Number.MAX_SAFE_INTEGER), "PRICE:9007199254.740991");
  assertEquals(tradeBytes(text, { price: -1 }).length, 0);
  assertEquals(tradeBytes(text, { price: 0.5 }).length, 0);
});

const ANY = { unit: 1, max: Number.MAX_SAFE_INTEGER };

test("what is written is shown, and the demo takes it", () =>
  fc.assert(
    fc.property(trades(11, ANY, ANY), (trade) => {
      const bytes = tradeBytes(text, trade);
      assertEquals(describeAll(text, bytes), `PRICE:${dollars(trade.price)}`);
      assertEquals(carries(packets, bytes), true);
    }),
  ));

test("any bytes are a line or nothing", () => neverThrows(text, [tradeBytes(text)]));
