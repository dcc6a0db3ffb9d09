import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { type Draft, feedNames, listOf } from "../../modules/scenario/draft.ts";
import { shrink, type ShrinkOptions, type Shrunk } from "../../modules/scenario/shrink.ts";

const rule = (name: string): object => ({ name, drop: { every: 5 } });

const DRAFT: Draft = {
  name: "x",
  feed: { messages: 100, phases: ["pre", "open", "late"].map((name) => ({ name })) },
  impair: ["a", "b", "c", "d"].map(rule),
  timeline: [{ at: "1s", do: "feed.pause", for: "1s" }],
  expect: ["delivered == 100%", { check: "gaps.detected == 1", name: "one gap" }],
};

/** The names of the rules that are left. */
function rulesOf(draft: Draft, feed = ""): string[] {
  return listOf(draft, feed, "impair").map((entry) => (entry as { name: string }).name);
}

function messagesOf(draft: Draft): number {
  return (draft["feed"] as { messages: number }).messages;
}

function shrunk(
  fails: (draft: Draft) => boolean | undefined,
  more: Partial<ShrinkOptions> = {},
  draft = DRAFT,
): Promise<Shrunk> {
  return shrink(draft, {
    fails: (one) => Promise.resolve(fails(one)),
    published: new Map([["", 100]]),
    shorten: true,
    ...more,
  });
}

void test("what the failure needs stays, all else is left out, and told", async () => {
  const { draft, leftOut, messages, limited } = await shrunk(
    (one) =>
      rulesOf(one).includes("b") &&
      messagesOf(one) >= 37 &&
      listOf(one, "", "expect").includes("delivered == 100%"),
  );
  assertEquals(draft, {
    name: "x",
    feed: { messages: 37, phases: [{ name: "pre" }] },
    impair: [rule("b")],
    expect: ["delivered == 100%"],
  });
  assertEquals(leftOut, [
    'expectation "one gap"',
    'rule "a"',
    'rule "c"',
    'rule "d"',
    'timeline entry "feed.pause at 1s"',
    'phase "open"',
    'phase "late"',
  ]);
  assertEquals([messages, limited], [[{ feed: "", from: 100, to: 37 }], false]);
});

void test("a failure that fewer messages would always be is not looked for in them", async () => {
  const { draft, messages } = await shrunk(() => true, { shorten: false });
  assertEquals([messagesOf(draft), messages], [100, []]);
  assertEquals(rulesOf(draft), []);
});

void test("what is no scenario is no run, and not taken", async () => {
  const { draft, runs } = await shrunk((one) => (rulesOf(one).length === 4 ? false : undefined));
  assertEquals(rulesOf(draft).length, 4);
  const asked = new Set<Draft>();
  const counted = await shrunk((one) => {
    asked.add(one);
    return rulesOf(one).length < 4 ? undefined : false;
  });
  assert(runs < asked.size);
  assertEquals(runs, counted.runs);
});

void test("the number of runs has a limit, and that it was met is told", async () => {
  let tried = 0;
  const { runs, limited } = await shrunk(() => ++tried < 3, { runsMax: 5 });
  assertEquals([runs, tried, limited], [5, 5, true]);
});

void test("a feed that the failure does not need is left out as a whole", async () => {
  const feeds = {
    tapeA: { feed: {}, impair: [rule("a")] },
    tapeB: { feed: {}, impair: [rule("a"), rule("b")] },
  };
  const { draft, leftOut } = await shrunk(
    (one) => feedNames(one).includes("tapeB") && rulesOf(one, "tapeB").includes("b"),
    { published: new Map(), shorten: false },
    { feeds, expect: [] },
  );
  assertEquals(draft["feeds"], { tapeB: { feed: {}, impair: [rule("b")] } });
  assertEquals(leftOut, ['feed "tapeA"', 'rule "a"']);
});

void test("where each rule counts by itself, exactly those that are needed are left", async () => {
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  await fc.assert(
    fc.asyncProperty(fc.subarray(names), async (needed) => {
      const { draft, limited } = await shrunk(
        (one) => needed.every((name) => rulesOf(one).includes(name)),
        { shorten: false },
        { ...DRAFT, impair: names.map(rule) },
      );
      assertEquals([rulesOf(draft), limited], [needed, false]);
    }),
  );
});

void test("handlers that the failure does not need are left out, the last one never", async () => {
  const draft = { ...DRAFT, listen: { patient: {}, hasty: { gap_timeout: "0ms" }, third: {} } };
  const isThere = (one: Draft): boolean => Object.hasOwn(one["listen"] as object, "hasty");
  const needed = await shrunk(isThere, {}, draft);
  assertEquals(needed.draft["listen"], { hasty: { gap_timeout: "0ms" } });
  assertEquals(needed.leftOut.slice(2, 4), ['handler "patient"', 'handler "third"']);
  const none = await shrunk(() => true, {}, draft);
  assertEquals(none.draft["listen"], { third: {} });
});
