import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MILLISECOND } from "../../modules/core/time.ts";
import {
  createImpairment,
  labelOf,
  MILLION,
  mistakesIn,
  packetOf,
  passThrough,
} from "../support/rules.ts";

const feed = Array.from({ length: 5 }, (_, i) => packetOf(i + 1, { dueNs: i * MILLISECOND }));

test("right behind the original", () => {
  assertEquals(passThrough(["duplicate: { every: 2 }"], feed).left, [
    [1, 0],
    [2, MILLISECOND],
    [2, MILLISECOND],
    [3, 2 * MILLISECOND],
    [4, 3 * MILLISECOND],
    [4, 3 * MILLISECOND],
    [5, 4 * MILLISECOND],
  ]);
});

test("exactly so long after the original; what waits leaves before what comes now", () => {
  assertEquals(passThrough(["duplicate: { every: 2, after: 2ms }"], feed).left, [
    [1, 0],
    [2, MILLISECOND],
    [3, 2 * MILLISECOND],
    [2, 3 * MILLISECOND],
    [4, 3 * MILLISECOND],
    [5, 4 * MILLISECOND],
    [4, 5 * MILLISECOND],
  ]);
});

test("as many of a million as asked", () => {
  const impairment = createImpairment("duplicate: { chance: 0.1%, after: 2ms }");
  const packet = packetOf(1);
  let left = 0;
  for (let i = 0; i < MILLION; i++) impairment.apply(packet, i, () => left++);
  const copies = left - MILLION;
  assert(Math.abs(copies - 1000) < 3 * Math.sqrt(MILLION * 0.001 * 0.999), `${copies}`);
});

test("labels and mistakes", () => {
  assertEquals(
    labelOf("duplicate: { chance: 0.1%, after: 2ms }"),
    "duplicate chance 0.1% after 2ms",
  );
  assertEquals(labelOf("duplicate: { every: 5 }"), "duplicate every 5");
  assertEquals(mistakesIn("duplicate: { every: 5, after: 2 }"), [
    'duplicate.after: "2" has no unit: write 2ms or 2s',
  ]);
});
