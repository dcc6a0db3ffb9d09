/** Rules and faults with a chance of 0 %: the row of a matrix that others are compared with. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

async function outcomeOf(keys: string): Promise<string> {
  const text = `feedlab: 1
name: x
time: virtual
feed: { messages: 20, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
expect: [delivered == 100%]
${keys}
`;
  const { scenario, problems } = loadScenario(text, "x.yaml");
  assert(scenario !== undefined, JSON.stringify(problems));
  assertEquals(problems, []);
  return judgeRun(await runScenario(scenario, new SimWorld(), { seed: "7" }), scenario).outcome;
}

for (const rule of [
  "drop: { chance: 0% }",
  "drop: { chance: 0%, correlation: 25% }",
  "drop: { gilbert_elliott: { loss: 0%, burst: 6 } }",
  "drop: { gilbert_elliott: { p: 5%, bad: 0% } }",
  "drop: { markov4: { p13: 0% } }",
  "duplicate: { chance: 0% }",
  "reorder: { chance: 0%, by: 1 packet }",
  "corrupt: { chance: 0% }",
  "truncate: { chance: 0% }",
]) {
  test(`${rule} is no rule: that it never fires says nothing`, async () => {
    assertEquals(await outcomeOf(`impair: [{ ${rule} }]`), "pass");
  });
}

test("a fault with a chance of 0% is no fault", async () => {
  const faults = "faults: [{ chance: 0%, silent: true }]";
  assertEquals(await outcomeOf(`recovery: { listen: 127.0.0.1:7000, ${faults} }`), "pass");
});

test("a rule that could have fired and did not still proves nothing", async () => {
  assertEquals(await outcomeOf("impair: [{ drop: { chance: 0.0001% } }]"), "not-exercised");
  const states = "{ gilbert_elliott: { p: 0%, good: 0.0001% } }";
  assertEquals(await outcomeOf(`impair: [{ drop: ${states} }]`), "not-exercised");
});
