import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { FeedEvent } from "../../modules/core/events.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { Story } from "../../modules/reports/story.ts";

const dropped = (from: number): FeedEvent => ({
  event: "dropped",
  atNs: 0,
  line: "A",
  rule: "r",
  from,
  until: from + 1,
});

void test("the first are told, the rest is counted", () => {
  const story = new Story(PLAIN, 2);
  const told = [1, 2, 3, 4].map((seq) => story.tell(dropped(seq)));
  assertEquals(told, ["Dropped packet SEQ:1", "Dropped packet SEQ:2", undefined, undefined]);
  assertEquals(story.end(), "... 2 more lines: --verbose shows them");
});

void test("what has no line takes no place", () => {
  const story = new Story(PLAIN, 1);
  assertEquals(story.tell({ event: "feed-ended", atNs: 0, next: 1 }), undefined);
  assertEquals(story.tell(dropped(1)), "Dropped packet SEQ:1");
  assertEquals(story.end(), undefined);
});
