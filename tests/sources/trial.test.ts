import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { demo } from "../../modules/codecs/demo.ts";
import { counter } from "../../modules/sources/counter.ts";
import { price } from "../../modules/sources/price.ts";
import { trades } from "../../modules/sources/trades.ts";
import { carries } from "../../modules/sources/trial.ts";
import { BLOCKS, packetsOf } from "../support/sources.ts";

const { packets } = demo.create({}, { epochMs: 0 });
const utf8 = new TextEncoder();

test("a protocol carries what it reads again", () => {
  assertEquals(carries(packets, utf8.encode("PRICE:107")), true);
  assertEquals(carries(packets, utf8.encode("TRADE:107")), false);
  assertEquals(carries(packets, new Uint8Array(2000)), false);
  assertEquals(carries(BLOCKS, new Uint8Array(1399)), true);
  assertEquals(carries(BLOCKS, new Uint8Array(1400)), false);
  assertEquals(carries(packetsOf(["cts"], "high"), Uint8Array.of(0, 3, 9)), true);
  assertEquals(carries(packetsOf(["cts"], "high"), Uint8Array.of(0, 4, 9)), false);
});

test("a packet's buffer is no larger than a frame, whatever the protocol allows", () => {
  const large = { ...BLOCKS, packetMax: 65_535 };
  assertEquals(carries(large, new Uint8Array(1471)), true);
  assertEquals(carries(large, new Uint8Array(1472)), false);
});

test("which source fits which protocol", () => {
  const protocols = {
    demo: packets,
    blocks: BLOCKS,
    cts: packetsOf(["cts"], "high"),
    xdp: packetsOf(["xdp"], "low"),
    unknown: packetsOf(["smoke-signals"]),
  };
  const fits = Object.entries(protocols).map(([name, packets]) => [
    name,
    ...[price, counter, trades]
      .filter((source) => source.fits!(packets) === undefined)
      .map((source) => source.name),
  ]);
  assertEquals(fits, [
    ["demo", "price", "trades"],
    ["blocks", "price", "counter", "trades"],
    ["cts", "trades"],
    ["xdp", "trades"],
    ["unknown", "price", "counter"],
  ]);
  assertEquals(
    price.fits!(protocols.cts),
    "the protocol takes no text, only cts: write source: trades",
  );
});
