import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { loadScenario } from "../../modules/scenario/load.ts";
import { planScenario } from "../../modules/scenario/plan.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";

const text = `feedlab: 1
name: planned and sent
feed: { messages: 300, rate: 1k/s }
lines:
  A: { group: 239.192.77.1:16077 }
  B: { group: 239.192.77.2:16077 }
impair:
  - drop: { chance: 10% }
  - drop: { seq: [7, 20..24] }
  - reorder: { every: 10, by: 3 packets }
  - { duplicate: { chance: 3%, after: 2ms }, line: A }
  - { delay: { by: 1ms, jitter: 500us }, line: B }
  - { blackout: { time: 100ms..120ms }, line: A }
`;

void test("what is planned is what a run on real sockets hits", { timeout: 20_000 }, async () => {
  const scenario = loadScenario(text, "planned.yaml").scenario!;
  const plan = planScenario(scenario, "7")[0];
  const [run] = await runScenario(scenario, openLiveWorld(), { seed: "7" });
  const planned = plan.rules.map(({ line, rule, touched }) => ({ line, rule, ranges: touched }));
  const key = ({ line, rule }: { line: string; rule: string }): string => `${line}\t${rule}`;
  assertEquals(
    run.hits.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)),
    planned.toSorted((a, b) => (key(a) < key(b) ? -1 : 1)),
  );
  assertEquals(
    run.lines.map(({ name, packetsSent: packets }) => ({ name, packets })),
    plan.lines,
  );
});
