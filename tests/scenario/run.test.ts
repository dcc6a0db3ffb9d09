import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import type { Run } from "../../modules/core/run.ts";
import type { Judgement } from "../../modules/core/verdict.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** Runs a scenario in virtual time; `keys` come after the least that one needs. */
async function run(keys: string): Promise<{ run: Run; judgement: Judgement }> {
  const text = `feedlab: 1\nname: a run\nlines: { A: { group: 239.192.1.1:6000 } }\n${keys}`;
  const { scenario, problems } = loadScenario(text, "run.yaml");
  assertEquals(
    problems.filter(({ severity }) => severity === "error"),
    [],
  );
  const done = await runScenario(scenario!, new SimWorld(), { seed: "1" });
  const { expectations, heartbeats } = scenario!;
  return { run: done, judgement: judgeRun(done, expectations, heartbeats) };
}

test("an expectation with abort stops the run once it cannot hold any more", async () => {
  const { run: stopped, judgement } = await run(`
feed: { messages: 1k, rate: 100/s }
impair: [{ drop: { every: 10 } }]
recovery: { listen: 127.0.0.1:7000 }
expect:
  - { check: gaps.detected < 5, abort: true }
  - delivered == 100%
  - gaps.detected >= 2
  - gaps.abandoned == 0
`);
  // The fifth gap shows when message 51 comes, at 500 ms; the next look is at 550 ms, and by then
  // message 56 has left.
  assertEquals(stopped.end, "aborted");
  assertEquals(stopped.gaps.length, 5);
  assertEquals(stopped.next, 57);
  assertEquals(judgement.outcome, "fail");
  assertEquals(judgement.exitCode, 1);
  // What the rest of the run would have brought is not known.
  const unknown = ["not-exercised", "the run was cut short"];
  assertEquals(
    judgement.verdicts.map(({ outcome, got }) => [outcome, got]),
    [["fail", "5"], unknown, ["pass", "5"], unknown, unknown],
  );
});

test("an expectation with abort that holds stops nothing", async () => {
  const { run: whole, judgement } = await run(`
feed: { messages: 100, rate: 100/s }
impair: [{ drop: { every: 30 } }]
recovery: { listen: 127.0.0.1:7000 }
expect:
  - { check: gaps.detected <= 3, abort: true, name: few gaps }
`);
  assertEquals(whole.end, "at-rest");
  assertEquals(judgement.verdicts[0], {
    text: "few gaps",
    check: "gaps.detected <= 3",
    metric: "gaps.detected",
    outcome: "pass",
    got: "3",
  });
});

test("a late listener asks for everything before, and the gap says why it is there", async () => {
  const { run: joined } = await run(`
feed: { messages: 40, rate: 100/s }
recovery: { listen: 127.0.0.1:7000 }
listen: { join: 105ms }
`);
  // Messages 1 to 11 left at 0 to 100 ms; message 12 is the first that is heard.
  assertEquals(
    joined.gaps.map(({ from, until, cause }) => [from, until, cause]),
    [[1, 12, "not-joined"]],
  );
  assertEquals(joined.delivered, 40);
});

test("a late listener that starts now wants nothing of before", async () => {
  const { run: joined, judgement } = await run(`
feed: { messages: 40, rate: 100/s }
listen: { join: 105ms, start: now }
`);
  assertEquals(joined.gaps, []);
  assertEquals(joined.delivered, 29);
  assertEquals(joined.unexplained, []);
  assertEquals(judgement.outcome, "pass");
});

test("what the server no longer retains is lost", async () => {
  const { run: forgetful } = await run(`
feed: { messages: 30, rate: 100/s }
impair: [{ drop: { seq: 10..14 } }]
recovery: { listen: 127.0.0.1:7000, retain: 4 messages }
`);
  // When 15 shows the gap, the server has 12 to 15.
  assertEquals(forgetful.undelivered, [{ from: 10, until: 12 }]);
  assertEquals(forgetful.recovery.lost, 2);
});

test("a rule that never fires is no pass, and a tail that nobody can notice is told", async () => {
  const { run: quiet, judgement } = await run(`
feed: { messages: 10, rate: 100/s }
impair:
  - drop: { seq: 10 }
  - { name: never, drop: { seq: 11 } }
`);
  assertEquals(quiet.tail, [{ from: 10, until: 11 }]);
  assertEquals(judgement.outcome, "not-exercised");
  assertEquals(judgement.exitCode, 5);
});

test("the same seed gives the same run, another seed another", async () => {
  const scenario = loadScenario(
    "feedlab: 1\nname: x\nfeed: { messages: 500, rate: 1k/s }\n" +
      "lines: { A: { group: 239.192.1.1:6000 } }\nimpair: [{ drop: { chance: 5% } }]\n",
    "x.yaml",
  ).scenario!;
  const losses = async (seed: string): Promise<Run["losses"]> =>
    (await runScenario(scenario, new SimWorld(), { seed })).losses;
  assertEquals(await losses("7"), await losses("7"));
  assertNotEquals(await losses("7"), await losses("8"));
});
