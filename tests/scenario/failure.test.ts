import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { failuresOf, isAmong } from "../../modules/scenario/failure.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** How a feed of 20 messages with these rules and expectations failed. */
async function howFailed(impair: string, expect: string, messages = 20): Promise<string[]> {
  const text = `
feedlab: 1
name: x
feed: { messages: ${messages}, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair: ${impair}
expect: ${expect}
`;
  const { scenario } = loadScenario(text, "x.yaml");
  const runs = await runScenario(scenario!, new SimWorld(), { seed: "7" });
  return failuresOf(runs, judgeRun(runs, scenario!), scenario!).map(
    ({ outcome, text, how }) => `${outcome} | ${text} | ${how}`,
  );
}

const DROPS = "[{ drop: { seq: [3, 7] } }]";

void test("a run that passed has no failures", async () => {
  assertEquals(await howFailed(DROPS, "[gaps.detected == 2]"), []);
});

void test("too much is a failure of its own, however much it is", async () => {
  assertEquals(await howFailed(DROPS, "[gaps.detected <= 1]"), [
    "fail | gaps.detected <= 1 | too much",
  ]);
  assertEquals(await howFailed(DROPS, "[gaps.detected == 1]"), [
    "fail | gaps.detected == 1 | too much",
  ]);
});

void test("too little is another one for each amount, since less of everything is little", async () => {
  assertEquals(await howFailed(DROPS, '[gaps.detected == 4, "gaps.abandoned.seqs == [3]"]'), [
    "fail | gaps.detected == 4 | 2",
    "fail | gaps.abandoned.seqs == [3] | 3, 7",
  ]);
});

void test("to have delivered less than all is one, but at the end, where nobody noticed", async () => {
  assertEquals(await howFailed(DROPS, "[delivered == 100%]"), [
    "fail | delivered == 100% | too little",
  ]);
  assertEquals(await howFailed("[{ drop: { seq: 20 } }]", "[delivered == 100%]"), [
    "fail | delivered == 100% | too little at the end",
  ]);
});

void test("rules that never fire, by their verdicts", async () => {
  assertEquals(await howFailed("[{ name: r, drop: { seq: 90 } }]", "[]"), [
    "not-exercised | impair.r.hits > 0 | ",
  ]);
});

void test("one failure is another when all of it is", () => {
  const failure = { outcome: "fail", text: "a", how: "too much" } as const;
  assertEquals(isAmong(failure, [{ ...failure, text: "b" }, { ...failure }]), true);
  assertEquals(isAmong(failure, [{ ...failure, how: "3" }]), false);
  assertEquals(isAmong(failure, [{ ...failure, outcome: "not-exercised" }]), false);
});
