import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MILLISECOND } from "../../modules/core/time.ts";
import { nameRules } from "../../modules/scenario/rules.ts";
import { packetOf, passThrough, readRule } from "../support/rules.ts";

/** One packet a millisecond. */
const feed = (count: number) =>
  Array.from({ length: count }, (_, i) => packetOf(i + 1, { dueNs: i * MILLISECOND }));

const order = (rules: readonly string[], count: number): number[] =>
  passThrough(rules, feed(count)).left.map(([msg]) => msg);

test("top to bottom: a rule sees what the rule above has left", () => {
  const { dropped, counts } = passThrough(["drop: { every: 2 }", "drop: { every: 2 }"], feed(8));
  assertEquals(dropped, [
    [2, "drop every 2"],
    [3, "drop every 2 2"],
    [4, "drop every 2"],
    [6, "drop every 2"],
    [7, "drop every 2 2"],
    [8, "drop every 2"],
  ]);
  assertEquals(counts, [
    { name: "drop every 2", seen: 8, hits: 4 },
    { name: "drop every 2 2", seen: 4, hits: 2 },
  ]);
});

test("what a rule delays reaches the rule below when it leaves", () => {
  const late = "{ delay: { by: 2500us }, msg: 1 }";
  assertEquals(order([late], 4), [2, 3, 1, 4]);
  // The third to come is 1.
  assertEquals(order([late, "drop: { every: 3 }"], 4), [2, 3, 4]);
  // 2 is overtaken by 3 and 1.
  assertEquals(
    order([late, "{ reorder: { chance: 99%, by: 2 packets }, msg: 2 }"], 5),
    [3, 1, 2, 4, 5],
  );
});

test("a copy that comes later goes through the rules below on its own", () => {
  const rules = ["{ duplicate: { every: 1, after: 1500us }, msg: 1 }", "drop: { every: 3 }"];
  // 1, 2, the copy of 1, 3: the copy is the third.
  const { left, dropped } = passThrough(rules, feed(3));
  assertEquals(
    left.map(([msg]) => msg),
    [1, 2, 3],
  );
  assertEquals(dropped, [[1, "drop every 3"]]);
});

test("at the end a rule lets go only when nothing above can reach it any more", () => {
  // The last of three is still on its way when the feed ends; 2 is held until it has passed.
  const rules = [
    "{ delay: { by: 5ms }, msg: 3 }",
    "{ reorder: { every: 2, by: 5 packets } }",
    "delay: { by: 1ms }",
  ];
  assertEquals(passThrough(rules, feed(3)).left, [
    [1, 1 * MILLISECOND],
    [3, 8 * MILLISECOND],
    [2, 8 * MILLISECOND],
  ]);
});

test("what leaves at one instant leaves in the order in which it came", () => {
  const rules = ["hold: { time: 0s..10ms }", "delay: { by: 1ms }", "throttle: { rate: 1Gbit/s }"];
  assertEquals(order(rules, 12), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
});

test("a rule has a name of its own, or is called after what it says", () => {
  const named = nameRules(
    [
      "{ name: burst loss, drop: { chance: 5% } }",
      "drop: { chance: 5% }",
      "{ drop: { chance: 5% }, line: B }",
    ].map(readRule),
  );
  assertEquals(
    named.map(({ name }) => name),
    ["burst loss", "drop chance 5%", "drop chance 5% 2"],
  );
});

test("names that a metric could not tell apart get a number that is free", () => {
  const named = (...rules: string[]): string[] =>
    nameRules(rules.map(readRule)).map(({ name }) => name);
  const called = (name: string): string => `{ name: ${name}, drop: { every: 2 } }`;
  assertEquals(named(...["loss", "loss 2", "loss"].map(called)), ["loss", "loss 2", "loss 3"]);
  assertEquals(named(...["loss", "loss", "loss 2"].map(called)), ["loss", "loss 3", "loss 2"]);
  assertEquals(named("drop: { chance: 1% }", "drop: { chance: 1.2% }", "drop: { chance: 1% }"), [
    "drop chance 1%",
    "drop chance 1.2%",
    "drop chance 1% 3",
  ]);
});
