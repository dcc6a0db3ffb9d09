import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { FeedEvent } from "../../modules/core/events.ts";
import { eventsOf } from "../../modules/core/journal.ts";
import type { Run } from "../../modules/core/run.ts";
import { runOf } from "../support/run-fixture.ts";

const dropped = (from: number): FeedEvent => ({
  event: "dropped",
  atNs: from,
  line: "A",
  rule: "r",
  from,
  until: from + 1,
});

const gap = (from: number): FeedEvent => ({
  event: "gap",
  atNs: from,
  recovery: true,
  from,
  until: from + 1,
});

const follower = (handler: string, journal: readonly FeedEvent[], feed = ""): Run =>
  runOf({ feed, handler, journal });

function told(...runs: [Run, ...Run[]]): string[] {
  return eventsOf(runs).map(({ event, feed, handler }) =>
    [feed, handler, event.event, event.atNs].filter((part) => part !== "").join(" "),
  );
}

void test("what handlers have in common is told once, between what each has alone", () => {
  const [one, two] = [dropped(1), dropped(5)];
  assertEquals(
    told(
      follower("patient", [one, two, gap(6)]),
      follower("hasty", [one, gap(2), gap(3), two, gap(7)]),
    ),
    ["dropped 1", "hasty gap 2", "hasty gap 3", "dropped 5", "patient gap 6", "hasty gap 7"],
  );
});

void test("a journal that was full hides nothing of another", () => {
  const [one, two] = [dropped(1), dropped(5)];
  assertEquals(told(follower("a", [one]), follower("b", [one, two, gap(6)])), [
    "dropped 1",
    "dropped 5",
    "b gap 6",
  ]);
});

void test("feeds have nothing in common", () => {
  assertEquals(
    told(
      follower("a", [dropped(1)], "tapeA"),
      runOf({ feed: "tapeB", journal: [dropped(1), gap(2)] }),
    ),
    ["tapeA dropped 1", "tapeB dropped 1", "tapeB gap 2"],
  );
});

void test("what the system granted is told of the side that asked", () => {
  const short = (side: "send" | "receive"): FeedEvent => ({
    event: "buffer-short",
    atNs: 0,
    line: "A",
    side,
    reason: "",
  });
  assertEquals(
    eventsOf([follower("a", [short("send"), short("receive")])]).map(({ handler }) => handler),
    ["", "a"],
  );
});
