import { test } from "node:test";
import { assertEquals } from "@std/assert";
import {
  entryText,
  feedNames,
  handlersOf,
  listOf,
  withList,
  withMessages,
  withoutFeed,
  withoutHandler,
} from "../../modules/scenario/draft.ts";

const one = { feed: { rate: "1/s", phases: ["p", "q"] }, impair: [1, 2], expect: ["e"] };
const two = { feeds: { a: { feed: {}, impair: [1] }, b: { feed: {} } }, expect: ["e"] };

void test("the lists of the only feed, and of feeds with names", () => {
  assertEquals([feedNames(one), feedNames(two)], [[""], ["a", "b"]]);
  assertEquals(listOf(one, "", "impair"), [1, 2]);
  assertEquals(listOf(one, "", "phases"), ["p", "q"]);
  assertEquals(listOf(two, "a", "impair"), [1]);
  assertEquals(listOf(two, "b", "impair"), []);
  assertEquals(listOf(two, "b", "expect"), ["e"]);
});

void test("a copy with other entries; a list without any is none", () => {
  assertEquals(withList(one, "", "impair", [2]), { ...one, impair: [2] });
  assertEquals(withList(one, "", "impair", []), { feed: one.feed, expect: ["e"] });
  assertEquals(withList(one, "", "phases", ["p"])["feed"], { rate: "1/s", phases: ["p"] });
  assertEquals(withList(two, "a", "impair", [])["feeds"], { a: { feed: {} }, b: { feed: {} } });
  assertEquals(withList(two, "a", "expect", []), { feeds: two.feeds });
});

void test("a shorter feed, and one feed less", () => {
  assertEquals(withMessages(two, "b", 7)["feeds"], { ...two.feeds, b: { feed: { messages: 7 } } });
  assertEquals(withoutFeed(two, "a")["feeds"], { b: { feed: {} } });
});

void test("entries are called what reports call them", () => {
  assertEquals(entryText("expect", "delivered == 1"), "delivered == 1");
  assertEquals(entryText("expect", { check: "delivered == 1" }), "delivered == 1");
  assertEquals(entryText("expect", { check: "delivered == 1", name: "all" }), "all");
  assertEquals(entryText("impair", { name: "burst", drop: {} }), "burst");
  assertEquals(entryText("timeline", { at: "1s", do: "feed.pause" }), "feed.pause at 1s");
});

void test("handlers have names or there is one, and one less leaves the others", () => {
  const listen = { patient: { gap_timeout: "1ms" }, hasty: {} };
  const draft = { ...one, listen };
  assertEquals(handlersOf(draft, ""), ["patient", "hasty"]);
  assertEquals(handlersOf({ ...one, listen: { gap_timeout: "1ms" } }, ""), []);
  assertEquals(handlersOf(one, ""), []);
  assertEquals(withoutHandler(draft, "", "patient"), { ...one, listen: { hasty: {} } });
  const named = { feeds: { ...two.feeds, b: { feed: {}, listen } } };
  assertEquals(withoutHandler(named, "b", "hasty"), {
    feeds: { ...two.feeds, b: { feed: {}, listen: { patient: listen.patient } } },
  });
});
