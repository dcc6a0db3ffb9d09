/** Several feeds in one scenario: read, run at the same time, and judged each by itself. */
import { test } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { assert as check, asyncProperty, string } from "fast-check";
import type { FeedEvent } from "../../modules/core/events.ts";
import { hashOfPlans } from "../../modules/core/plan.ts";
import type { Progress } from "../../modules/core/progress.ts";
import type { Run } from "../../modules/core/run.ts";
import { MILLISECOND } from "../../modules/core/time.ts";
import { isolate } from "../../modules/library/isolate.ts";
import { feedSeed } from "../../modules/scenario/feed-scenario.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { planScenario } from "../../modules/scenario/plan.ts";
import { runScenario, type RunOptions } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { SIM_LATENCY, SimWorld } from "../../modules/worlds/sim.ts";

const A = `    feed: { messages: 40, rate: 1k/s }
    lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000, skew: 1ms } }
    impair: [{ drop: { chance: 20% }, seq: 1..39 }]
    recovery: { listen: 127.0.0.1:7000 }
    listen: { gap_timeout: 5ms }`;
const B = `    feed: { messages: 30, rate: 500/s }
    lines: { A: { group: 239.192.2.1:6000 } }
    impair: [{ drop: { chance: 20% }, seq: 1..29 }]
    recovery: { listen: 127.0.0.1:7001 }`;

const TWO = `feedlab: 1\nname: two\nfeeds:\n  a:\n${A}\n  b:\n${B}\n`;

/** The keys of a feed as those of a file of its own. */
function alone(keys: string): string {
  return `feedlab: 1\nname: one\n${keys.replaceAll(/^ {4}/gm, "")}\n`;
}

function load(text: string): Scenario {
  const { scenario, problems } = loadScenario(text, "x.yaml");
  const errors = problems.filter(({ severity }) => severity === "error");
  assertEquals(errors, []);
  return scenario!;
}

/** What is wrong with a file: where, and what. */
function wrong(text: string): string[] {
  return loadScenario(text, "x.yaml").problems.map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`,
  );
}

async function run(text: string, options: Partial<RunOptions> = {}) {
  const scenario = load(text);
  const runs = await runScenario(scenario, new SimWorld(), { seed: "7", ...options });
  return { runs, judgement: judgeRun(runs, scenario) };
}

/** A run but for the names of things, and for the ports that clients happen to come from. */
function withoutPeers(given: Run): object {
  const journal = given.journal.map((event) => ("peer" in event ? { ...event, peer: "" } : event));
  return { ...given, name: "", feed: "", seed: "", journal };
}

test("feeds stand in the order of the file, each with its own keys and their defaults", () => {
  const { feeds, name } = load(
    `${TWO}  c: { feed: { messages: 1 }, lines: { X: { group: 239.9.9.9:1 } } }`,
  );
  assertEquals(name, "two");
  assertEquals(
    feeds.map((feed) => [feed.name, feed.lines.map((line) => line.name), feed.feed.messages]),
    [
      ["a", ["A", "B"], 40],
      ["b", ["A"], 30],
      ["c", ["X"], 1],
    ],
  );
  assertEquals(
    feeds.map(({ handlers, recovery }) => [handlers[0].listen.gap_timeout, recovery?.listen.port]),
    [
      [5 * MILLISECOND, 7000],
      [0, 7001],
      [0, undefined],
    ],
  );
});

test("the only feed of a file with `feed:` has no name, and chance begins where it always did", () => {
  const { feeds } = load(alone(A));
  assertEquals(
    feeds.map(({ name }) => name),
    [""],
  );
  assertEquals(feedSeed("7", ""), "7");
  assertNotEquals(feedSeed("7", "a"), feedSeed("7", "b"));
});

test("each feed has chance of its own, which no other feed moves", () => {
  const other = TWO.replace("rate: 500/s", "rate: 100/s").replace(
    "chance: 20% }, seq: 1..29",
    "every: 3 }",
  );
  const [first] = planScenario(load(TWO), "7");
  assertEquals(planScenario(load(other), "7")[0], { ...first, name: "two" });
  // The same keys under two names do not lose the same messages.
  const twin = load(
    TWO.replace(B, A.replaceAll("239.192.1.", "239.192.2.").replace("7000", "7001")),
  );
  const [one, two] = planScenario(twin, "7");
  assertNotEquals(one.rules, two!.rules);
});

test("the plans of feeds have one hash, which any of them moves", () => {
  const hashes = [
    TWO,
    TWO.replace("  b:", "  c:"),
    TWO.replace("messages: 30", "messages: 31"),
  ].map((text) => hashOfPlans(planScenario(load(text), "7")));
  assertEquals(new Set(hashes).size, 3);
});

test("a feed among others does what it does alone with its seed", async () => {
  const property = asyncProperty(string({ minLength: 1, maxLength: 5 }), async (seed) => {
    const { runs } = await run(TWO, { seed });
    for (const [i, keys] of [A, B].entries()) {
      const among = runs[i]!;
      const { runs: own } = await run(alone(keys), { seed: feedSeed(seed, among.feed) });
      assertEquals(withoutPeers(among), withoutPeers(own[0]));
    }
  });
  await check(property, { numRuns: 20 });
});

test("all feeds run at the same time, and a run is as long as it takes to be at rest", async () => {
  const { runs } = await run(TWO.replaceAll("chance: 20%", "every: 11"));
  assertEquals(
    runs.map(({ startedNs, feed, seed }) => [startedNs, feed, seed]),
    [
      [0, "a", "7"],
      [0, "b", "7"],
    ],
  );
  // Message 40 of a leaves at 39 ms, and on line B a millisecond later; message 30 of b at 58 ms.
  assertEquals(
    runs.map(({ durationNs }) => durationNs),
    [40 * MILLISECOND + SIM_LATENCY, 58 * MILLISECOND + SIM_LATENCY],
  );
});

test("events come with their feed, in the order of time", async () => {
  const told: [feed: string, event: FeedEvent][] = [];
  const { runs } = await run(TWO, { observe: (event, feed) => void told.push([feed, event]) });
  for (const { feed, journal } of runs) {
    assertEquals(
      told.filter(([of]) => of === feed).map(([, event]) => event),
      journal,
    );
  }
  const times = told.map(([, { atNs }]) => atNs);
  assertEquals(
    times,
    times.toSorted((a, b) => a - b),
  );
  assertEquals(new Set(told.map(([feed]) => feed)), new Set(["a", "b"]));
});

test("progress is that of all feeds together", async () => {
  const seen: Progress[] = [];
  const slow = TWO.replace("messages: 40, rate: 1k/s", "messages: 400, interval: 1500us");
  await run(slow, { onProgress: (progress) => seen.push(progress) });
  // By 100 ms and 200 ms: one message each 1.5 ms of a, the first at once, and all 30 of b.
  assertEquals(
    seen.slice(0, 2).map(({ elapsedNs, published }) => [elapsedNs / MILLISECOND, published - 30]),
    [
      [100, 67],
      [200, 134],
    ],
  );
});

test("an expectation holds for each feed, or for the one that it names", async () => {
  const expect = `expect:
  - delivered == 100%
  - { check: delivered == 40, feed: a, name: all of a }
  - { check: lines.B.received > 0, feed: a }
`;
  const { judgement } = await run(TWO + expect);
  const invariants = "exactly once, in order, intact, nothing invented, every gap closed";
  assertEquals(
    judgement.verdicts.map(({ feed, text, outcome }) => [feed, text, outcome]),
    [
      ["a", "a: delivered == 100%", "pass"],
      ["a", "a: all of a", "pass"],
      ["a", "a: lines.B.received > 0", "pass"],
      ["a", `a: ${invariants}`, "pass"],
      ["b", "b: delivered == 100%", "pass"],
      ["b", `b: ${invariants}`, "pass"],
    ],
  );
  const { places } = load(TWO + expect);
  const first = TWO.split("\n").length + 1;
  assertEquals(
    ["a: delivered == 100%", "b: delivered == 100%", "a: all of a"].map(
      (text) => places[text]?.line,
    ),
    [first, first, first + 1],
  );
});

test("what one feed comes to decides for all, and its notes bear its name", async () => {
  const rule = "impair: [{ drop: { chance: 20% }, seq: 1..29 }]";
  const idle = TWO.replace(rule, "impair: [{ name: never, drop: { every: 5 }, time: 58500us.. }]");
  const { judgement } = await run(idle);
  assertEquals([judgement.outcome, judgement.exitCode], ["not-exercised", 5]);
  const [red] = judgement.verdicts.filter(({ outcome }) => outcome !== "pass");
  assertEquals([red?.text, red?.feed], ["b: impair.never.hits > 0", "b"]);
  const { places } = load(idle);
  assert(Object.hasOwn(places, red!.text));

  const failed = await run(`${idle}expect: [{ check: delivered == 39, feed: a }]\n`);
  assertEquals([failed.judgement.outcome, failed.judgement.exitCode], ["fail", 1]);

  const tail = await run(
    TWO.replace("seq: 1..29", "seq: 30").replace("chance: 20% }, seq: 30", "seq: 30 }"),
  );
  assertEquals(tail.runs[1]!.tail, [{ from: 30, until: 31 }]);
  assertEquals(tail.judgement.notes.length, 1);
  assert(tail.judgement.notes[0]!.startsWith("b: SEQ:30 was dropped"));
});

test("what can no longer hold of one feed stops all; who was at rest is judged", async () => {
  const expect = `expect:
  - { check: gaps.detected < 1, feed: b, abort: true }
  - delivered >= 1
`;
  const text = TWO.replace("messages: 30, rate: 500/s", "messages: 300, rate: 100/s").replace(
    "chance: 20% }, seq: 1..29",
    "seq: 8 }",
  );
  const { runs, judgement } = await run(text + expect);
  // Message 9 of b shows the gap at 80 ms, the next look is at 100 ms; a was at rest by 60 ms.
  assertEquals(
    runs.map(({ end }) => end),
    ["at-rest", "aborted"],
  );
  assertEquals(runs[1]!.durationNs, 100 * MILLISECOND);
  assertEquals(judgement.outcome, "fail");
  const told = judgement.verdicts.map(({ text: of, outcome }) => `${of}: ${outcome}`);
  assert(told.includes("a: delivered >= 1: pass"), told.join("\n"));
  assertEquals(judgement.notes.length, 1);
  assert(judgement.notes[0]!.startsWith("b: stopped as soon as it could not pass"));
});

test("one timeout and one interruption are for all", async () => {
  const long = TWO.replace("messages: 40", "messages: 400").replace(
    "messages: 30",
    "messages: 300",
  );
  const { runs, judgement } = await run(`${long}timeout: 50ms\n`);
  assertEquals(
    runs.map(({ end, durationNs }) => [end, durationNs / MILLISECOND]),
    [
      ["timed-out", 50],
      ["timed-out", 50],
    ],
  );
  assertEquals(judgement.exitCode, 124);
  const stopped = await run(long, { interrupted: Promise.resolve() });
  assertEquals(stopped.judgement.exitCode, 130);
});

test("each feed may be joined at a time of its own", async () => {
  const text = TWO.replaceAll(/impair: .*/g, "timeline: []").replace(
    "listen: { gap_timeout: 5ms }",
    "listen: { join: 10500us, start: now }",
  );
  const { runs } = await run(text);
  // Messages 1 to 11 of a leave from 0 to 10 ms.
  assertEquals(
    runs.map(({ delivered }) => delivered),
    [29, 30],
  );
});

test("a key of a feed beside feeds is one mistake, with its remedy", () => {
  const remedy = (first: string): string => `as feeds: { tapeA: { ${first}: ... } }`;
  assertEquals(wrong(`${TWO}impair: []\nfeed: { messages: 1 }\nlisten: {}\n`), [
    "feed, impair and listen stand beside feeds, where nobody can tell which feed is meant: " +
      `move them into a feed, ${remedy("feed")}`,
  ]);
  assertEquals(wrong(`${TWO}recovery: { listen: 127.0.0.1:7009 }\n`), [
    "recovery stands beside feeds, where nobody can tell which feed is meant: " +
      `move it into a feed, ${remedy("recovery")}`,
  ]);
});

test("lines on one group and servers on one address are found across feeds", () => {
  assertEquals(wrong(TWO.replace("239.192.2.1:6000", "239.192.1.2:6000").replace("7001", "7000")), [
    "feeds.b.lines.A.group: line B of a is on 239.192.1.2:6000 too: give each line a group of its own",
    "feeds.b.recovery.listen: the server of a listens on 127.0.0.1:7000 too: give each a port of its own",
  ]);
});

test("a name that a feed does not have is a mistake, and so is a feed that there is not", () => {
  const expect = (line: string): string[] => wrong(`${TWO}expect: [${line}]\n`);
  assertEquals(expect("lines.B.late == 0"), [
    'expect[0]: b: "lines.B.late == 0" names no line of this scenario: have A; ' +
      "to mean one feed, write { check: ..., feed: a }",
  ]);
  assertEquals(expect("{ check: lines.B.late == 0, feed: a }"), []);
  assertEquals(expect("{ check: delivered == 1, feed: c }"), [
    'expect[0].feed: no feed "c": have a, b',
  ]);
  assertEquals(wrong(`${alone(A)}expect: [{ check: delivered == 1, feed: a }]\n`), [
    'expect[0].feed: no feed "a": the only feed has no name, so leave it out',
  ]);
});

test("what is wrong within a feed is told with its path, or its name", () => {
  assertEquals(wrong(TWO.replace("seq: 1..29", "line: X")), [
    'feeds.b.impair[0].line: no line "X": have A',
  ]);
  assertEquals(wrong(TWO.replace("seq: 1..29", "seq: 31")), [
    'b: rule "drop chance 20%" never fires: the feed ends at 30',
  ]);
  assertEquals(wrong("feedlab: 1\nname: x\nfeeds: {}\n"), [
    "feeds: there is no feed: add one, such as tapeA: { feed: { ... }, lines: { ... } }",
  ]);
  assertEquals(wrong(TWO.replace("  b:", "  2b:")), [
    "feeds.2b: a feed's name is a letter, then letters and digits",
  ]);
});

test("repairs want a group of their own, and get one where feeds are isolated", () => {
  const cta = (repairs: string): string =>
    TWO.replace("messages: 30,", "messages: 30, protocol: { cta: {} }, source: trades,").replace(
      "127.0.0.1:7001",
      `127.0.0.1:7001, repairs: ${repairs}`,
    );
  assertEquals(wrong(cta("239.192.1.2:6000")), [
    "feeds.b.recovery.repairs: line B of a is on 239.192.1.2:6000 too: " +
      "give the repairs a group of their own",
  ]);
  const { feeds } = isolate(load(cta("239.192.2.9:6000")));
  const places = feeds.flatMap(({ lines, recovery }) => [
    ...lines.map(({ group }) => group.port),
    recovery!.listen.port,
    ...(recovery!.repairs === undefined ? [] : [recovery!.repairs.port]),
  ]);
  assertEquals([places.length, new Set(places).size], [6, 6]);
});

test("isolated feeds meet nowhere", () => {
  const { feeds } = isolate(load(TWO));
  const ports = feeds.flatMap(({ lines, recovery }) => [
    ...lines.map(({ group }) => group.port),
    recovery!.listen.port,
  ]);
  assertEquals(new Set(ports).size, 5);
  assertEquals(new Set(feeds.flatMap(({ lines }) => lines.map(({ group }) => group.host))).size, 3);
});
