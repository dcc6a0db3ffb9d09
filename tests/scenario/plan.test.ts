import { test } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { bundledNames, readScenarioText } from "../../modules/commands/scenario/files.ts";
import type { Plan } from "../../modules/core/plan.ts";
import type { Run } from "../../modules/core/run.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { planScenario } from "../../modules/scenario/plan.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

function scenario(impair: string, feed = "messages: 300, rate: 1k/s"): Scenario {
  const { scenario, problems } = loadScenario(
    `feedlab: 1
name: planned
feed: { ${feed} }
lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000 } }
impair: ${impair}
recovery: { listen: 127.0.0.1:7000 }
`,
    "planned.yaml",
  );
  assertEquals(
    problems.filter(({ severity }) => severity === "error"),
    [],
  );
  return scenario!;
}

/** What a plan says will be hit, as a run says what was. */
function hitsOf({ rules }: Plan): Run["hits"] {
  return rules
    .filter(({ touched }) => touched.length > 0)
    .map(({ line, rule, touched: ranges }) => ({ line, rule, ranges }));
}

function sorted(hits: Run["hits"]): Run["hits"] {
  const key = ({ line, rule }: Run["hits"][number]): string => `${line}\t${rule}`;
  return hits.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

async function compare(planned: Scenario, seed: string): Promise<void> {
  const plan = planScenario(planned, seed)[0];
  const [run] = await runScenario(planned, new SimWorld(), { seed });
  assertEquals([plan.first, plan.next], [run.first, run.next]);
  assertEquals(sorted(hitsOf(plan)), sorted(run.hits));
  const counts = ({ line, name, seen, hits }: Run["rules"][number]) => ({
    line,
    rule: name,
    seen,
    hits,
  });
  assertEquals(
    plan.rules.map(({ line, rule, seen, hits }) => ({ line, rule, seen, hits })),
    run.rules.map(counts),
  );
  assertEquals(
    plan.lines,
    run.lines.map(({ name, packetsSent: packets }) => ({ name, packets })),
  );
}

void test("what is planned is what a virtual run hits", async () => {
  for (const impair of [
    "[{ drop: { every: 5 } }, { drop: { seq: [7, 20..24] } }]",
    "[{ drop: { chance: 10% } }, { drop: { chance: 3% } }]",
    "[]",
  ]) {
    for (const seed of ["1", "2"]) await compare(scenario(impair), seed);
  }
});

for (const name of bundledNames()) {
  const { scenario } = loadScenario(readScenarioText(name).text, name);
  void test(`what is planned of ${name} is what a virtual run hits`, () => compare(scenario!, "7"));
}

void test("the same seed gives the same plan, another seed another", () => {
  const planned = scenario("[{ drop: { chance: 10% } }]");
  assertEquals(planScenario(planned, "a")[0], planScenario(planned, "a")[0]);
  assertNotEquals(planScenario(planned, "a")[0].hash, planScenario(planned, "b")[0].hash);
  const exact = scenario("[{ drop: { every: 7 } }]");
  assertEquals(planScenario(exact, "a")[0].hash, planScenario(exact, "b")[0].hash);
});

void test("lost is what leaves on no line", () => {
  const { lost, lines, rules } = planScenario(scenario("[{ drop: { chance: 20% } }]"), "7")[0];
  const [a, b] = rules.map(({ dropped }) => dropped);
  const has = (ranges: Plan["lost"], seq: number): boolean =>
    ranges.some(({ from, until }) => from <= seq && seq < until);
  assert(lost.length > 0);
  for (let seq = 1; seq <= 300; seq++) {
    assertEquals(has(lost, seq), has(a!, seq) && has(b!, seq), `${seq}`);
  }
  assertEquals(
    lines.map(({ packets }, i) => packets + rules[i]!.hits),
    [300, 300],
  );
});

void test("a hundred thousand numbers are planned, below a name that can be read", () => {
  const numbers = Array.from({ length: 100_000 }, (_, i) => 2 * i + 2);
  const plan = planScenario(
    scenario(`[{ drop: { seq: "${numbers.join(", ")}" } }]`, "messages: 200_001, rate: 1M/s"),
    "7",
  )[0];
  assertEquals(plan.rules[0]!.rule, "drop seq 2, 4, 6 and 99997 more");
  assertEquals(plan.rules[0]!.hits, 100_000);
});

void test("a million messages are planned without being kept", () => {
  const plan = planScenario(
    scenario("[{ drop: { every: 1000 } }]", "messages: 1M, rate: 1M/s"),
    "7",
  )[0];
  assertEquals(plan.next, 1_000_001);
  assertEquals(plan.rules[0]!.hits, 1000);
});
