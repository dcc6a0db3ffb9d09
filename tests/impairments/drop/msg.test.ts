import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { createImpairment, labelOf, lostOf, packetOf } from "../../support/rules.ts";

test("messages of the run, both ends in", () => {
  assertEquals(lostOf("drop: { msg: [2, 4..6] }", 10), [2, 4, 5, 6]);
  assertEquals(labelOf("drop: { msg: 4..6 }"), "drop msg 4..6");
});

test("ordinals are not numbers: a feed may begin anywhere", () => {
  const impairment = createImpairment("drop: { msg: 2 }");
  const passed: number[] = [];
  for (const msg of [1, 2, 3]) {
    impairment.apply(packetOf(msg, { seq: 1000 + msg }), 0, ({ seq }) => passed.push(seq));
  }
  assertEquals(passed, [1001, 1003]);
});

test("a packet that carries any of them", () => {
  const impairment = createImpairment("drop: { msg: 6 }");
  const passed: number[] = [];
  for (const msg of [1, 5, 9]) {
    impairment.apply(packetOf(msg, { count: 4 }), 0, (packet) => passed.push(packet.msg));
  }
  assertEquals(passed, [1, 9]);
});
