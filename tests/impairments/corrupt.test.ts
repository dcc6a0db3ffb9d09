import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { createImpairment, labelOf, MILLION, mistakesIn, packetOf } from "../support/rules.ts";

/** The positions of the bits that differ. */
function flippedIn(before: Uint8Array, after: Uint8Array): number[] {
  assertEquals(after.length, before.length);
  return Array.from({ length: 8 * before.length }, (_, i) => i).filter(
    (i) => ((before[i >>> 3]! ^ after[i >>> 3]!) >>> (i & 7)) & 1,
  );
}

for (const bits of [1, 2, 8, 64]) {
  test(`exactly ${bits} of a packet's bits, in a copy`, () => {
    const impairment = createImpairment(`corrupt: { every: 1, bits: ${bits} }`);
    for (let msg = 1; msg <= 200; msg++) {
      const { bytes } = packetOf(msg);
      const before = bytes.slice();
      impairment.apply(packetOf(msg, { bytes }), msg, (packet, at) => {
        assertEquals(flippedIn(before, packet.bytes).length, Math.min(bits, 8 * bytes.length));
        assertEquals(at, msg);
      });
      assertEquals(bytes, before);
    }
  });
}

test("each bit is as likely as any other", () => {
  const impairment = createImpairment("corrupt: { every: 1 }");
  const bytes = new Uint8Array(4);
  const hits = Array.from({ length: 32 }, () => 0);
  const rounds = 32_000;
  for (let i = 0; i < rounds; i++) {
    impairment.apply(packetOf(i + 1, { bytes }), i, (packet) => {
      hits[flippedIn(bytes, packet.bytes)[0]!]!++;
    });
  }
  // Chi-squared with 31 degrees of freedom: mean 31, deviation sqrt(62).
  const square = hits.reduce((sum, n) => sum + (n - rounds / 32) ** 2 / (rounds / 32), 0);
  assert(Math.abs(square - 31) < 3 * Math.sqrt(62), `${square}`);
});

test("as many of a million as asked, and more bits hit no other packets", () => {
  const hitsOf = (yaml: string): number[] => {
    const impairment = createImpairment(yaml);
    const packet = packetOf(1);
    const hits: number[] = [];
    for (let i = 0; i < MILLION; i++) {
      impairment.apply(packet, i, ({ bytes }) => {
        if (bytes !== packet.bytes) hits.push(i);
      });
    }
    return hits;
  };
  const hits = hitsOf("corrupt: { chance: 0.1% }");
  assert(Math.abs(hits.length - 1000) < 3 * Math.sqrt(MILLION * 0.001 * 0.999), `${hits.length}`);
  assertEquals(hitsOf("corrupt: { chance: 0.1%, bits: 5 }"), hits);
});

test("a packet of no bytes has nothing to flip", () => {
  const packet = packetOf(1, { bytes: new Uint8Array() });
  const left: unknown[] = [];
  createImpairment("corrupt: { every: 1 }").apply(packet, 0, (leaving) => left.push(leaving));
  assert(left.length === 1 && left[0] === packet);
});

test("labels and mistakes", () => {
  assertEquals(labelOf("corrupt: { chance: 0.1% }"), "corrupt chance 0.1%");
  assertEquals(labelOf("corrupt: { every: 5, bits: 3 }"), "corrupt every 5 by 3 bits");
  assertEquals(mistakesIn("corrupt: { every: 5, bits: 0 }"), [
    'corrupt.bits: "0" is too small: write 1 or more',
  ]);
});
