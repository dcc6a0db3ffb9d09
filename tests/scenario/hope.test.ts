import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Run } from "../../modules/core/run.ts";
import { SECOND } from "../../modules/core/time.ts";
import { metrics } from "../../modules/expectations/mod.ts";
import { type Expectation, parseExpectation } from "../../modules/expectations/expectation.ts";
import type { FeedRun } from "../../modules/scenario/feed-run.ts";
import { Hope } from "../../modules/scenario/hope.ts";
import { gapOf, histogramOf, runOf } from "../support/run-fixture.ts";

const expected = (text: string, more: Partial<Expectation> = {}): Expectation => ({
  ...parseExpectation(text, metrics),
  abort: true,
  ...more,
});

const phase = (name: string, from: number, until: number, messages: number): Run["phases"][0] => ({
  name,
  from,
  until,
  messages,
  wanted: 10,
  achieved: 10,
  lateness: histogramOf([]),
});

/** A run with two phases of ten messages each, of which so many were published. */
function published(messages: number, changes: Partial<Run> = {}): Run {
  const phases = [
    phase("pre", 0, SECOND, Math.min(10, messages)),
    phase("open", SECOND, 2 * SECOND, Math.max(0, messages - 10)),
  ];
  return runOf({
    first: 1,
    next: messages + 1,
    phases,
    gaps: [],
    undelivered: [],
    abandoned: [],
    ...changes,
  });
}

/** A feed that is asked for what it has come to. */
function aFeed(): { feed: FeedRun; run: Run; asked: number } {
  const windows = new Map([
    ["pre", { from: 0, until: SECOND }],
    ["open", { from: SECOND, until: 2 * SECOND }],
  ]);
  const state = { run: published(0), asked: 0 };
  const feed = {
    feed: { name: "", feed: { windows } },
    account: () => {
      state.asked++;
      return [state.run];
    },
  } as unknown as FeedRun;
  return Object.assign(state, { feed });
}

void test("of a phase nothing is asked before it begins, nor when all of it is known", () => {
  const state = aFeed();
  const hope = new Hope([state.feed], [expected("gaps.detected < 1", { phase: "open" })]);
  assertEquals([hope.isLost(0), hope.isLost(SECOND - 1), state.asked], [false, false, 0]);
  state.run = published(15);
  assertEquals([hope.isLost(1.5 * SECOND), state.asked], [false, 1]);
  const pre = new Hope([state.feed], [expected("gaps.detected < 1", { phase: "pre" })]);
  // All of the first phase came, and the second has begun.
  assertEquals([pre.isLost(1.5 * SECOND), state.asked], [false, 2]);
  assertEquals([pre.isLost(1.6 * SECOND), state.asked], [false, 2]);
});

void test("as long as something of a phase may come it is judged", () => {
  const state = aFeed();
  const hope = new Hope([state.feed], [expected("gaps.size.max < 2", { phase: "pre" })]);
  const undelivered = [{ from: 10, until: 11 }];
  for (const waiting of [
    // No message behind it yet; one that nobody has missed yet; a gap that is open.
    published(10),
    published(12, { undelivered }),
    published(12, {
      undelivered,
      gaps: [gapOf({ from: 10, until: 11, closedNs: undefined, passedNs: undefined })],
    }),
  ]) {
    state.run = waiting;
    assertEquals(hope.isLost(1.1 * SECOND), false);
  }
  assertEquals(state.asked, 3);
  state.run = published(13, { gaps: [gapOf({ from: 8, until: 10 })] });
  assertEquals([hope.isLost(1.2 * SECOND), state.asked], [true, 4]);
});

void test("what speaks of the whole run is asked to its end", () => {
  const state = aFeed();
  const hope = new Hope([state.feed], [expected("gaps.detected < 1")]);
  for (const at of [0, 1, 2, 3]) assertEquals(hope.isLost(at * SECOND), false);
  assertEquals(state.asked, 4);
});

void test("each handler has its own, and one that cannot pass is enough", () => {
  const state = aFeed();
  const gaps = [gapOf({ from: 3, until: 4 })];
  const runs = [published(5, { handler: "a" }), published(5, { handler: "b", gaps })];
  const feed = { ...state.feed, account: () => runs };
  const lost = (more: Partial<Expectation>): boolean =>
    new Hope([feed], [expected("gaps.detected < 1", more)]).isLost(0);
  assertEquals([lost({}), lost({ handler: "a" }), lost({ handler: "b" })], [true, false, true]);
});
