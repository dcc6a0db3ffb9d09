import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MILLISECOND } from "../../modules/core/time.ts";
import {
  createImpairment,
  emptyOf,
  labelOf,
  mistakesIn,
  packetOf,
  passThrough,
} from "../support/rules.ts";

const packets = (count: number) => Array.from({ length: count }, (_, i) => packetOf(i + 1));

const order = (yaml: string, count: number): number[] =>
  passThrough([yaml], packets(count)).left.map(([msg]) => msg);

test("a packet leaves right after the third later one", () => {
  assertEquals(passThrough(["reorder: { every: 4, by: 3 packets }"], packets(9)).left, [
    [1, 1],
    [2, 2],
    [3, 3],
    [5, 5],
    [6, 6],
    [7, 7],
    [4, 7],
    // 8 waits for two more when the end comes.
    [9, 9],
    [8, 9],
  ]);
});

test("those that are held together leave together, in order, each exactly so deep", () => {
  assertEquals(order("reorder: { every: 2, by: 3 packets }", 10), [1, 3, 5, 7, 2, 9, 4, 6, 8, 10]);
  assertEquals(order("reorder: { every: 2, by: 1 packet }", 6), [1, 3, 2, 5, 4, 6]);
});

test("the depth is exact for every packet that is not held at the end", () => {
  for (const depth of [1, 3, 10]) {
    const left = order(`reorder: { chance: 20%, by: ${depth} packets }`, 10_000);
    const place = new Map(left.map((msg, i) => [msg, i]));
    let highest = 0;
    let held = 0;
    for (const msg of left.slice(0, -100)) {
      if (msg < highest) {
        // Later ones that nobody held; a held one that left as well leaves after what came before it.
        const overtook = left.slice(0, place.get(msg)).filter((other) => other > msg);
        assertEquals(overtook.length, depth, `${msg}`);
        held++;
      }
      highest = Math.max(highest, msg);
    }
    assert(Math.abs(held - 2000) < 3 * Math.sqrt(10_000 * 0.2 * 0.8), `${held} held`);
    assertEquals(left.length, 10_000);
  }
});

test("by a time: all that come within it overtake", () => {
  const feed = Array.from({ length: 8 }, (_, i) => packetOf(i + 1, { dueNs: i * MILLISECOND }));
  assertEquals(passThrough(["reorder: { every: 3, by: 2500us }"], feed).left, [
    [1, 0],
    [2, MILLISECOND],
    [4, 3 * MILLISECOND],
    [5, 4 * MILLISECOND],
    [3, 4.5 * MILLISECOND],
    [7, 6 * MILLISECOND],
    [8, 7 * MILLISECOND],
    [6, 7.5 * MILLISECOND],
  ]);
});

test("what the rule is not for overtakes as well, and is never held", () => {
  const feed = [packetOf(1), packetOf(2), emptyOf(3, "heartbeat", 3), emptyOf(3, "heartbeat", 4)];
  assertEquals(passThrough(["reorder: { every: 2, by: 2 packets }"], feed).left, [
    [1, 1],
    [3, 3, "heartbeat"],
    [3, 4, "heartbeat"],
    [2, 4],
  ]);
});

test("a held packet is a copy: its bytes were lent", () => {
  const impairment = createImpairment("reorder: { every: 2, by: 1 packet }");
  const bytes = new Uint8Array(3);
  const left: number[][] = [];
  for (const msg of [1, 2, 3]) {
    bytes.fill(msg);
    impairment.apply(packetOf(msg, { bytes }), msg, (packet) => left.push([...packet.bytes]));
    bytes.fill(0);
  }
  assertEquals(left, [
    [1, 1, 1],
    [3, 3, 3],
    [2, 2, 2],
  ]);
});

test("labels and mistakes", () => {
  assertEquals(
    labelOf("reorder: { chance: 0.5%, by: 3 packets }"),
    "reorder chance 0.5% by 3 packets",
  );
  assertEquals(labelOf("reorder: { every: 5, by: 5ms }"), "reorder every 5 by 5ms");
  const all = ["reorder: holds every packet back, so that none can overtake: hold back fewer"];
  assertEquals(mistakesIn("reorder: { every: 1, by: 3 packets }"), all);
  assertEquals(mistakesIn("reorder: { chance: 100%, by: 3 packets }"), all);
  assertEquals(mistakesIn("reorder: { chance: 100%, by: 5ms }"), []);
  assertEquals(mistakesIn("reorder: { every: 5, by: 3 }"), [
    'reorder.by: "3" has no unit: write 3 packets',
  ]);
  assertEquals(mistakesIn("reorder: { every: 5, by: 0 packets }"), [
    'reorder.by: "0 packets" changes no order: write 1 packet or more',
  ]);
  assertEquals(mistakesIn("reorder: { every: 5 }"), [
    'reorder: missing key "by": add for example `by: 3 packets`',
  ]);
  assertEquals(mistakesIn("reorder: { by: 3 packets }"), [
    "reorder: reorder takes exactly one of: every, chance",
  ]);
});
