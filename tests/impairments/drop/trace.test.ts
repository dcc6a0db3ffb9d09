import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { labelOf, lostOf, mistakesIn } from "../../support/rules.ts";

test("as recorded, again from the front when it is through", () => {
  assertEquals(lostOf('drop: { trace: "0001100" }', 16), [4, 5, 11, 12]);
  assertEquals(lostOf("drop: { trace: [0, 1, 0] }", 7), [2, 5]);
});

test("a number is read as it is written, blanks and lines only make it readable", () => {
  assertEquals(lostOf("drop: { trace: 0001100 }", 7), [4, 5]);
  assertEquals(lostOf("drop:\n  trace: |\n    0001 1\n    00\n", 7), [4, 5]);
});

test("labels and mistakes", () => {
  assertEquals(labelOf('drop: { trace: "0001100" }'), "drop trace of 7 packets");
  assertEquals(mistakesIn("drop: { trace: loss.txt }"), [
    'drop.trace: "loss.txt" is not a trace: ' +
      "write 0 for each packet that passes, 1 for each that is lost",
  ]);
  assertEquals(mistakesIn('drop: { trace: "000" }'), [
    'drop.trace: "000" loses nothing: write 1 for each packet that is lost',
  ]);
});
