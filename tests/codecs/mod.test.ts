import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { createView } from "../../modules/codecs/codec.ts";
import { createRng } from "../../modules/core/rng.ts";
import { faultOrWithin, messagesIn, readsAgain } from "../support/packet-laws.ts";
import { anyPacket, everyProtocol, labels, spoil } from "../support/packets.ts";

/** Formats without a length: what is left of a packet that was cut short may be a whole one. */
const NO_LENGTH: readonly string[] = ["demo"];

const all = everyProtocol();

test("each protocol has a name of its own", () =>
  assertEquals(new Set(all.map(({ name }) => name)).size, all.length));

for (const protocol of all) {
  const { name, packets } = protocol;
  const view = createView(packets.messagesMax);

  test(`${name}: its numbers are safe, and it knows what it carries`, () => {
    assert(Number.isSafeInteger(packets.firstSeq) && packets.firstSeq >= 0);
    assert(Number.isSafeInteger(packets.lastSeq) && packets.lastSeq > packets.firstSeq);
    assert(packets.messagesMax >= 1 && packets.packetMax <= 65_507);
    assert(packets.messages.length > 0);
  });

  test(`${name}: what is written is read again, and no byte around it changes`, () =>
    fc.assert(
      fc.property(labels, (label) => {
        const made = anyPacket(protocol, createRng(label));
        if (made !== undefined) readsAgain(packets, view, made);
      }),
      { numRuns: 500 },
    ));

  test(`${name}: a writer says nothing of what it cannot say`, () => {
    const into = new Uint8Array(Math.min(packets.packetMax, 1472)).fill(0xee);
    const writer = packets.writer();
    const session = "S".repeat(packets.sessionBytes);
    const next = packets.firstSeq + 1;
    const lengths = [
      writer.heartbeat(into, session, next, 0),
      writer.endOfSession(into, session, next, 0),
    ];
    assertEquals(
      lengths.map((length) => length > 0),
      [packets.heartbeats, packets.heartbeats],
    );
    if (packets.heartbeats) return;
    assert(
      into.every((byte) => byte === 0xee),
      "wrote what has no length",
    );
  });

  test(`${name}: any bytes are a fault, or a packet whose parts lie within them`, () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1600 }), (bytes) =>
        faultOrWithin(packets, view, bytes),
      ),
      { numRuns: 1000 },
    ));

  test(`${name}: a spoilt packet is a fault, or a packet whose parts lie within it`, () =>
    fc.assert(
      fc.property(labels, (label) => {
        const rng = createRng(label);
        const made = anyPacket(protocol, rng);
        if (made !== undefined) faultOrWithin(packets, view, spoil(made.bytes, rng));
      }),
      { numRuns: 1000 },
    ));

  test(`${name}: a packet cut short is a fault${NO_LENGTH.includes(name) ? ", or shorter" : ""}`, () =>
    fc.assert(
      fc.property(labels, (label) => {
        const made = anyPacket(protocol, createRng(label));
        if (made === undefined) return;
        for (let length = 0; length < made.bytes.length; length++) {
          const fault = packets.decode(made.bytes.subarray(0, length), view);
          if (fault !== undefined) continue;
          assert(NO_LENGTH.includes(name), `read ${length} of ${made.bytes.length} bytes`);
          assertEquals([view.seq, view.count], [made.seq, 1]);
          const [cut] = messagesIn(view);
          assertEquals(cut, made.messages[0]!.slice(0, cut!.length));
        }
      }),
      { numRuns: 50 },
    ));
}
