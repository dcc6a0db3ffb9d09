import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import type { FeedEvent } from "../../modules/core/events.ts";
import type { Plan } from "../../modules/core/plan.ts";
import type { Run } from "../../modules/core/run.ts";
import { formatRanges } from "../../modules/core/seq.ts";
import { MILLISECOND, NEVER } from "../../modules/core/time.ts";
import { lifeOf } from "../../modules/scenario/life.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { planScenario, rehearse } from "../../modules/scenario/plan.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { stage } from "../../modules/scenario/stage.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** 100 messages a second: SEQ:n is due (n - 1) * 10 ms after the start. */
const FEED = "phases: [{ name: pre, for: 1s, rate: 100/s }, { name: open, for: 1s, rate: 100/s }]";

function scenario(timeline: string, { feed = FEED, impair = "[]", more = "" } = {}): Scenario {
  const { scenario, problems } = loadScenario(
    `feedlab: 1
name: staged
feed: { ${feed} }
lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000 } }
impair: ${impair}
recovery: { listen: 127.0.0.1:7000 }
timeline: ${timeline}
${more}
`,
    "staged.yaml",
  );
  assertEquals(
    problems.filter(({ severity }) => severity === "error"),
    [],
  );
  return scenario!;
}

/** What each rule of each line will let nothing of through. */
function dropped({ rules }: Plan): Record<string, string> {
  return Object.fromEntries(
    rules.map(({ line, rule, dropped }) => [`${line} ${rule}`, formatRanges(dropped)]),
  );
}

/** When some messages are due, in milliseconds. */
function dues(planned: Scenario, ...seqs: number[]): number[] {
  const found = new Map<number, number>();
  rehearse(planned.feeds[0], "7", {
    began: () => {},
    published: (first, dues, from, until) => {
      for (let i = from; i < until; i++) found.set(first + i - from, dues[i]! / MILLISECOND);
    },
    send: () => {},
    touched: () => {},
    dropped: () => {},
    finished: () => {},
  });
  return seqs.map((seq) => found.get(seq) ?? NaN);
}

/** The windows of the entries, in milliseconds. */
function windows(given: Scenario, seed = "7"): [number, number][] {
  return stage(given.feeds[0], seed).entries.map(({ from, until }) => [
    from / MILLISECOND,
    until / MILLISECOND,
  ]);
}

async function run(given: Scenario): Promise<{ run: Run; events: FeedEvent[] }> {
  const events: FeedEvent[] = [];
  const observe = (event: FeedEvent): void => void events.push(event);
  return { run: (await runScenario(given, new SimWorld(), { seed: "7", observe }))[0], events };
}

void test("line.down loses what is due in its window on its line alone", async () => {
  const given = scenario("[{ at: 300ms, do: line.down, line: A, for: 200ms }]");
  assertEquals(dropped(planScenario(given, "7")[0]), { "A line.down A": "31..50" });
  const { run: done } = await run(given);
  assertEquals(done.hits, [{ line: "A", rule: "line.down A", ranges: [{ from: 31, until: 51 }] }]);
  assertEquals(done.gaps, []);
  const texts = lifeOf(40, { run: done, scenario: given.feeds[0] }).map(({ text }) => text);
  assertEquals(texts.slice(0, 3), [
    "due",
    'dropped by "line.down A" on line A',
    "leaves on line B",
  ]);
});

void test("a gap that two lines down have made is explained by both", async () => {
  const { run: done } = await run(
    scenario(`
  - { at: open, do: line.down, line: A, for: 100ms } # 101..110
  - { at: "msg 106", do: line.down, line: B, for: 100ms } # 106..115`),
  );
  assertEquals(
    done.gaps.map(({ from, until, cause, rules }) => ({ from, until, cause, rules })),
    [{ from: 106, until: 111, cause: "injected", rules: ["line.down A", "line.down B"] }],
  );
});

void test("line.down is below all rules, and moves no chance of theirs", () => {
  const impair = "[{ drop: { chance: 20% } }]";
  const [calm, dark] = ["[]", "[{ at: 0s, do: line.down, line: A, for: 1s }]"].map((timeline) =>
    dropped(planScenario(scenario(timeline, { impair }), "7")[0]),
  );
  assertEquals(dark!["A drop 20%"], calm!["A drop 20%"]);
  assertNotEquals(dark!["A line.down A"], "");
});

void test("impair.off: the rule is for nothing that is due meanwhile, and does not count it", () => {
  const given = scenario("[{ at: open+100ms, do: impair.off, rule: Every_5th, for: 300ms }]", {
    impair: "[{ name: every 5th, drop: { every: 5 }, line: B, phase: open }]",
  });
  // 101..110 and 141..200 count: the fifth, the tenth, and so on.
  assertEquals(dropped(planScenario(given, "7")[0]), {
    "B every 5th": "105, 110, 145, 150, 155, 160, 165, 170, 175, 180, 185, 190, 195, 200",
  });
});

void test("feed.pause makes what follows later, and the phases with it", async () => {
  const given = scenario(
    `
  - { at: "msg 51", do: feed.pause, for: 300ms }
  - { at: open, do: line.down, line: A, for: 50ms } # 101..105
  - { at: 1s, do: line.down, line: B, for: 50ms }   # 71..75: a time counts the pause`,
    { impair: "[{ drop: { every: 100 }, phase: open }, { blackout: { time: 2290ms.. } }]" },
  );
  assertEquals(windows(given), [
    [500, 800],
    [1300, 1350],
    [1000, 1050],
  ]);
  assertEquals(dues(given, 1, 50, 51, 100, 101, 200), [0, 490, 800, 1290, 1300, 2290]);
  const plan = planScenario(given, "7")[0];
  assertEquals(dropped(plan), {
    "A drop every 100": "200",
    "B drop every 100": "200",
    "A blackout 2.29s..": "",
    "B blackout 2.29s..": "",
    "A line.down A": "101..105",
    "B line.down B": "71..75",
  });
  const { run: done } = await run(given);
  assertEquals(
    done.phases.map(({ name, from, until, messages }) => ({ name, from, until, messages })),
    [
      { name: "pre", from: 0, until: 1300 * MILLISECOND, messages: 100 },
      { name: "open", from: 1300 * MILLISECOND, until: 2300 * MILLISECOND, messages: 100 },
    ],
  );
  assertEquals(done.timeline, [{ name: "feed.pause 300ms", from: 500 * MILLISECOND, hits: 1 }]);
  assertEquals(done.next, 201);
  assertEquals(done.latency.max < MILLISECOND, true);
});

void test("pauses follow each other: a time counts those before it, a phase is moved by them", () => {
  const given = scenario(`
  - { at: 1500ms, do: feed.pause, for: 100ms }
  - { at: open, do: feed.pause, for: 1s }
  - { at: 200ms, do: feed.pause, for: 50ms }
  - { at: 220ms, do: feed.pause, for: 50ms }`);
  assertEquals(windows(given), [
    [1500, 1600],
    [1100, 2100],
    [200, 250],
    [220, 270],
  ]);
  // SEQ:21 was due at 200 ms, where 100 ms are waited. 1500 ms is within the pause before open: all
  // of 101 and after waits for both.
  assertEquals(dues(given, 20, 21, 100, 101), [190, 300, 1090, 2200]);
});

void test("a timeline at random times is staged for each seed", () => {
  const given = scenario('[{ at: "msg 50", do: line.down, line: A, for: 10ms }]', {
    feed: "messages: 200, rate: 100/s, arrivals: poisson",
  });
  assertNotEquals(windows(given, "1"), windows(given, "2"));
  for (const seed of ["1", "2"]) {
    assertEquals(dropped(planScenario(given, seed)[0])["A line.down A"]!.startsWith("50"), true);
  }
});

void test("recovery.restart refuses meanwhile, and answers from the same store afterwards", async () => {
  const given = scenario("[{ at: 500ms, do: recovery.restart, down: 300ms }]", {
    impair: "[{ drop: { seq: [20, 60, 120] } }]",
    more: "listen: { recover: { backoff: 50ms..100ms } }",
  });
  const { run: done, events } = await run(given);
  const times = (name: FeedEvent["event"]): number[] =>
    events.filter(({ event }) => event === name).map(({ atNs }) => (atNs - done.startedNs) / 1e6);
  assertEquals(times("recovery-down"), [500]);
  assertEquals(times("recovery-up"), [800]);
  const refused = times("recovery-unreachable");
  assertEquals(refused.length >= 3, true);
  assertEquals(
    refused.every((at) => at > 590 && at < 800),
    true,
  );
  assertEquals(done.recovery.filled, 3);
  assertEquals(done.delivered, 200);
  assertEquals(done.timeline[0]!.hits, 1);
});

void test("two restarts that overlap are one absence", async () => {
  const given = scenario(`
  - { at: 100ms, do: recovery.restart, down: 200ms }
  - { at: 200ms, do: recovery.restart, down: 300ms }`);
  const { run: done, events } = await run(given);
  assertEquals(
    events
      .filter(({ event }) => event === "recovery-down" || event === "recovery-up")
      .map(({ event, atNs }) => [event, (atNs - done.startedNs) / MILLISECOND]),
    [
      ["recovery-down", 100],
      ["recovery-up", 500],
    ],
  );
});

void test("an entry that never comes, or finds nothing, is not exercised", async () => {
  const given = scenario(
    `
  - { at: 2s, do: line.down, line: A, for: 1s }
  - { at: pre+1001us, do: line.down, line: B, for: 1ms } # between two messages
  - { at: pre+1001us, do: impair.off, rule: drop every 5, for: 1ms }
  - { at: "msg 201", do: feed.pause, for: 1s }
  - { at: 1999ms, do: feed.pause, for: 100ms } # nothing comes after
  - { at: 1h, do: recovery.restart, down: 1s }`,
    { impair: "[{ drop: { every: 5 }, seq: 1..199 }]" },
  );
  assertEquals(stage(given.feeds[0], "7").entries[3]!.from, NEVER);
  const { run: done } = await run(given);
  const { verdicts, exitCode } = judgeRun([done], { ...given, expectations: [] });
  const unmet = verdicts.filter(({ outcome }) => outcome === "not-exercised");
  assertEquals(
    unmet.map(({ text }) => text),
    [
      "impair.line_down_a.hits > 0",
      "impair.line_down_b.hits > 0",
      "timeline: impair.off drop every 5 happens",
      "timeline: feed.pause 1s happens",
      "timeline: feed.pause 100ms happens",
      "timeline: recovery.restart 1s happens",
    ],
  );
  for (const { text } of unmet) assertEquals(text in given.places, true, text);
  assertEquals(exitCode, 5);
});
