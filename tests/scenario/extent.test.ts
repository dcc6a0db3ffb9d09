import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { publishesAtMost } from "../../modules/scenario/extent.ts";
import { loadScenario } from "../../modules/scenario/load.ts";

function small(feed: string, limit: number): boolean {
  const text = `{ feedlab: 1, name: x, feed: { ${feed} }, lines: { A: { group: "239.192.1.1:6000" } } }`;
  return publishesAtMost(loadScenario(text, "x.yaml").scenario!.feeds, limit);
}

void test("a feed is as large as its count or its time, whichever ends first", () => {
  assertEquals(small("messages: 200", 200), true);
  assertEquals(small("messages: 201", 200), false);
  assertEquals(small("duration: 1s, rate: 200/s", 200), true);
  assertEquals(small("duration: 1.01s, rate: 200/s", 200), false);
  assertEquals(small("duration: 1s, rate: 200/s, messages: 1M", 200), true);
  assertEquals(small("duration: 1000h, rate: 1M/s", 200), false);
});

void test("feeds are as large as they are together", () => {
  const feed = (messages: number, group: string): string =>
    `{ feed: { messages: ${messages} }, lines: { A: { group: "${group}" } } }`;
  const both = `a: ${feed(150, "239.1.1.1:1")}, b: ${feed(50, "239.1.1.2:1")}`;
  const text = `{ feedlab: 1, name: x, feeds: { ${both} } }`;
  const { feeds } = loadScenario(text, "x.yaml").scenario!;
  assertEquals(
    [199, 200].map((limit) => publishesAtMost(feeds, limit)),
    [false, true],
  );
});
