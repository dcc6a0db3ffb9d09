import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Run } from "../../modules/core/run.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** Runs 200 messages, one a millisecond, through rules in virtual time. */
async function run(rules: readonly string[]): Promise<Run> {
  const text = `feedlab: 1
name: rules
seed: 7
time: virtual
feed: { messages: 200, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000 } }
impair:
${rules.map((rule) => `  - ${rule}`).join("\n")}
`;
  const { scenario, problems } = loadScenario(text, "rules.yaml");
  if (scenario === undefined) throw new Error(formatProblems(problems));
  return (await runScenario(scenario, new SimWorld(), { seed: "7" }))[0];
}

/** What left on each line. */
const sent = ({ lines }: Run): number[] => lines.map(({ packetsSent }) => packetsSent);

test("a run is over when the last packet has left all its rules", async () => {
  // Each of them lets packets leave later than the one before, the last 10 s after the feed's end.
  const result = await run([
    "delay: { by: 2s }",
    "throttle: { rate: 100kbit/s, queue: 1k packets }",
    "hold: { time: 0s..10s }",
  ]);
  assertEquals(sent(result), [200, 200]);
  assertEquals(result.delivered, 200);
  assertEquals(result.broken, []);
  assert(result.durationNs >= 10e9);
});

test("lines have their own rules, and are each other's backup", async () => {
  const result = await run([
    "{ drop: { seq: 10..19 }, line: A }",
    "{ drop: { seq: 30..39 }, line: B }",
    "{ name: both, drop: { seq: 50 }, line: [A, B] }",
  ]);
  assertEquals(sent(result), [189, 189]);
  assertEquals(result.delivered, 199);
  assertEquals(
    result.rules.map(({ name, line, hits }) => `${name} on ${line}: ${hits}`),
    ["drop seq 10..19 on A: 10", "both on A: 1", "drop seq 30..39 on B: 10", "both on B: 1"],
  );
});

test("the same seed hits the same packets; a rule that is added moves no other's draws", async () => {
  const rule = "{ name: loss, drop: { chance: 10%, correlation: 30% } }";
  const hits = ({ losses }: Run): string[] =>
    losses.filter((loss) => loss.rule === "loss").map(({ line, from }) => `${line} ${from}`);
  const alone = hits(await run([rule]));
  assert(alone.length > 10);
  assertEquals(hits(await run([rule])), alone);
  assertEquals(hits(await run(["duplicate: { chance: 0% }", rule, "delay: { by: 1ms }"])), alone);
});
