import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { cta } from "../../modules/codecs/cta.ts";
import { protocols } from "../../modules/codecs/mod.ts";
import type { PacketCodec } from "../../modules/codecs/codec.ts";
import { ProtocolGuess, protocolsOf } from "../../modules/commands/guess-protocol.ts";

function heartbeatOf(codec: PacketCodec): Uint8Array {
  const into = new Uint8Array(codec.packetMax);
  const session = "SESSION001".slice(0, codec.sessionBytes);
  return into.subarray(0, codec.writer().heartbeat(into, session, 7, 0));
}

for (const protocol of protocols) {
  const { name } = protocol;
  const codec = protocol.create(protocol.options.parse({}), { epochMs: 0 }).packets;
  if (!codec.heartbeats) continue;
  test(`a packet of ${name} is known for one, and for nothing else`, () => {
    assertEquals(protocolsOf(heartbeatOf(codec)), [name]);
  });
}

test("the tape that is not meant is one that can be named", () => {
  const quotes = cta.create({ feed: "quotes", version: 2 }, { epochMs: 0 }).packets;
  assertEquals(protocolsOf(heartbeatOf(quotes)), ["'cta: { feed: quotes }'"]);
});

test("the demo's text is known, and noise is nothing", () => {
  assertEquals(protocolsOf(new TextEncoder().encode("SEQ:5|PRICE:105")), ["demo"]);
  assertEquals(protocolsOf(new Uint8Array([1, 2, 3])), []);
  assertEquals(protocolsOf(new Uint8Array(0)), []);
});

test("it is told once, and damage is looked at five times", () => {
  const packet = new TextEncoder().encode("SEQ:5|PRICE:105");
  const guess = new ProtocolGuess();
  assertEquals([guess.onMalformed(packet), guess.onMalformed(packet)], [["demo"], []]);
  const other = new ProtocolGuess();
  for (let i = 0; i < 5; i++) assertEquals(other.onMalformed(new Uint8Array(3)), []);
  assertEquals(other.onMalformed(packet), []);
});
