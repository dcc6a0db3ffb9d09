import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { createImpairment, labelOf, mistakesIn, packetOf } from "../support/rules.ts";

const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

/** The bytes of one packet after it. */
function cut(yaml: string, given: Uint8Array): number[] {
  let left: number[] = [];
  createImpairment(yaml).apply(packetOf(1, { bytes: given }), 0, (packet) => {
    left = [...packet.bytes];
  });
  return left;
}

test("to a size; what is no longer than that passes as it is", () => {
  assertEquals(cut("truncate: { every: 1, to: 3 bytes }", bytes), [1, 2, 3]);
  assertEquals(cut("truncate: { every: 1, to: 8 bytes }", bytes), [...bytes]);
  assertEquals(cut("truncate: { every: 1, to: 1KiB }", bytes), [...bytes]);
  const packet = packetOf(1, { bytes });
  createImpairment("truncate: { every: 1, to: 8 bytes }").apply(packet, 0, (left) => {
    assert(left === packet);
  });
});

test("to any shorter size, each as likely as any other, but never to nothing", () => {
  const impairment = createImpairment("truncate: { every: 1 }");
  const sizes = Array.from({ length: 9 }, () => 0);
  const rounds = 7000;
  for (let i = 0; i < rounds; i++) {
    impairment.apply(packetOf(i + 1, { bytes }), i, (packet) => sizes[packet.bytes.length]!++);
  }
  assertEquals([sizes[0], sizes[8]], [0, 0]);
  // Chi-squared with 6 degrees of freedom: mean 6, deviation sqrt(12).
  const square = sizes.slice(1, 8).reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  assert(square < 6 + 3 * Math.sqrt(12), sizes.join());
  assertEquals(cut("truncate: { every: 1 }", Uint8Array.of(9)), [9]);
});

test("labels and mistakes", () => {
  assertEquals(labelOf("truncate: { every: 5 }"), "truncate every 5");
  assertEquals(labelOf("truncate: { chance: 1%, to: 10 bytes }"), "truncate chance 1% to 10 bytes");
  assertEquals(mistakesIn("truncate: { every: 5, to: 10 }"), [
    'truncate.to: "10" has no unit: write 10 bytes',
  ]);
  assertEquals(mistakesIn("truncate: { every: 5, to: 0 bytes }"), [
    'truncate.to: "0 bytes" is too small: write 1 or more',
  ]);
});
