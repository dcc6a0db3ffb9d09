import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Plan } from "../../modules/core/plan.ts";
import { SECOND } from "../../modules/core/time.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { renderPlan } from "../../modules/reports/plan.ts";

const single = (seq: number) => ({ from: seq, until: seq + 1 });
const plan: Plan = {
  name: "a day",
  feed: "",
  seed: "7",
  first: 1,
  next: 101,
  durationNs: 2 * SECOND,
  lines: [
    { name: "A", packets: 90 },
    { name: "B", packets: 100 },
  ],
  rules: [
    {
      line: "A",
      rule: "loss",
      seen: 100,
      hits: 10,
      touched: Array.from({ length: 10 }, (_, i) => single(10 * i + 1)),
      dropped: Array.from({ length: 10 }, (_, i) => single(10 * i + 1)),
    },
    { line: "B", rule: "loss", seen: 100, hits: 0, touched: [], dropped: [] },
    {
      line: "B",
      rule: "slow link",
      seen: 100,
      hits: 20,
      touched: [{ from: 1, until: 21 }],
      dropped: [single(20)],
    },
  ],
  timeline: [],
  lost: [],
  hash: "0123456789abcdef",
};

void test("every number is there, wrapped to the width", () => {
  assertEquals(
    renderPlan([plan], PLAIN, 50),
    [
      "a day: 100 messages, SEQ:1..100 in 2s, seed 7",
      "line A: 90 packets will leave",
      "  loss: 10 of 100 packets: SEQ:1, 11, 21, 31, 41,",
      "      51, 61, 71, 81, 91",
      "line B: 100 packets will leave",
      "  loss: 0 of 100 packets",
      "  slow link: 20 of 100 packets: SEQ:1..20",
      "    of these dropped: SEQ:20",
      "every message leaves on some line",
      "plan 0123456789abcdef",
    ].join("\n"),
  );
  assert(
    renderPlan([{ ...plan, lost: [single(20)] }], PLAIN, 50).includes(
      "on no line: 1 message: SEQ:20\n",
    ),
  );
});

void test("a terminal that is too narrow loses no number", () => {
  const wide = renderPlan([plan], PLAIN, 1000).match(/\d+/g);
  for (const columns of [0, 1, 10, 30]) {
    assertEquals(renderPlan([plan], PLAIN, columns).match(/\d+/g), wide);
  }
});

void test("a feed without messages has no numbers", () => {
  const empty = { ...plan, next: 1, lines: [], rules: [] };
  assertEquals(renderPlan([empty], PLAIN, 80).split("\n")[0], "a day: 0 messages in 2s, seed 7");
});

void test("feeds have a part each, and one hash", () => {
  const small = { ...plan, lines: [], rules: [], next: 3 };
  const shown = renderPlan(
    [
      { ...small, feed: "a" },
      { ...small, feed: "b" },
    ],
    PLAIN,
    80,
  ).split("\n");
  assertEquals(shown.slice(0, -1), [
    "a day: 2 feeds, seed 7",
    "a: 2 messages, SEQ:1..2 in 2s",
    "every message leaves on some line",
    "b: 2 messages, SEQ:1..2 in 2s",
    "every message leaves on some line",
  ]);
  assertEquals(/^plan [0-9a-f]{16}$/.test(shown.at(-1)!), true);
});
