import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { createImpairment, labelOf, lostOf, mistakesIn, packetOf } from "../../support/rules.ts";

test("counted from a message of the run on", () => {
  assertEquals(lostOf("drop: { every: { n: 5 } }", 12), [5, 10]);
  assertEquals(lostOf("drop: { every: { n: 5, from: 3 } }", 20), [7, 12, 17]);
  assertEquals(lostOf("drop: { every: { n: 1, from: 9 } }", 11), [9, 10, 11]);
});

test("a packet counts that holds the first message anywhere", () => {
  const impairment = createImpairment("drop: { every: { n: 2, from: 6 } }");
  const passed: number[] = [];
  for (const msg of [1, 5, 9, 13]) {
    const packet = packetOf(msg, { count: 4 });
    impairment.apply(packet, 0, () => passed.push(msg));
  }
  // 5 to 8 is the first, 9 to 12 the second.
  assertEquals(passed, [1, 5, 13]);
});

test("labels and mistakes", () => {
  assertEquals(labelOf("drop: { every: { n: 5, from: 100 } }"), "drop every 5 from 100");
  assertEquals(labelOf("drop: { every: { n: 5 } }"), "drop every 5");
  assertEquals(mistakesIn("drop: { every: { n: 5, frm: 3 } }"), [
    'drop.every: unknown key "frm"; did you mean "from"?  (n, from)',
  ]);
  assertEquals(mistakesIn("drop: { every: { from: 3 } }"), [
    'drop.every: missing key "n": add for example `n: 500`',
  ]);
});
