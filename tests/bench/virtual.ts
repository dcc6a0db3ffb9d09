/**
 * A feed in virtual time: how fast it passes, and the memory that it takes.
 *
 *     virtual.ts MESSAGES            a hundred thousand a second, one in seven thousand lost
 *     virtual.ts phased              an opening burst over a bursty link, with five rules
 *
 * The run itself compares every message that is delivered with what was published. Prints JSON.
 */
import process from "node:process";
import { parseCount } from "../../modules/core/units.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** About 151,000 messages in 18,700 packets and 17 seconds. */
const PHASED = `
feedlab: 1
name: opening burst over a bursty link
seed: 20250215
feed:
  protocol: moldudp64
  session: FEEDLAB001
  batch: { messages: 8 }
  heartbeat: 1s
  phases:
    - { name: pre,    for: 5s,  rate: 200/s }
    - { name: open,   for: 2s,  rate: 20k/s, arrivals: poisson }
    - { name: settle, for: 10s, rate: { from: 20k/s, to: 2k/s } }
lines: { A: { group: 233.252.0.1:6000 } }
impair:
  - { name: burst loss, drop: { gilbert_elliott: { loss: 2%, burst: 6 } }, phase: [open, settle] }
  - delay: { by: 1ms, jitter: 500us, distribution: pareto }
  - reorder: { chance: 0.5%, by: 3 packets }
  - duplicate: { chance: 0.1%, after: 2ms }
recovery: { listen: 127.0.0.1:7000, max_request: 500 messages }
listen:
  recover: { merge: 2ms, max_in_flight: 4, timeout: 250ms, retries: 3, backoff: 50ms..1s }
expect:
  - impair.burst_loss.rate in 1%..4%
  - recovery.fill_time.p99 < 100ms
  - { check: delivery.stall.max < 500ms, phase: open, abort: true }
  - delivered == 100%
`;

const long = (messages: number): string => `
feedlab: 1
name: long
feed: { messages: ${messages}, rate: 100k/s }
lines: { A: { group: 233.252.0.1:6000 } }
impair:
  - drop: { every: 7000 }
recovery: { listen: 127.0.0.1:7000 }
`;

function scenarioOf(text: string): Scenario {
  const { scenario, problems } = loadScenario(text, "bench.yaml");
  if (scenario === undefined) throw new Error(formatProblems(problems));
  return scenario;
}

const [word = "phased"] = process.argv.slice(2);
const scenario = scenarioOf(word === "phased" ? PHASED : long(parseCount(word)));
// Once before, to be compiled: what is asked of the others is what a program costs from its start on.
if (word === "phased") await runScenario(scenario, new SimWorld(), { seed: "7" });
const start = performance.now();
const [run] = await runScenario(scenario, new SimWorld(), { seed: "7" });
const seconds = (performance.now() - start) / 1000;
const messages = run.next - run.first;
const wrong = run.broken.map(({ what }) => what).join(", ");
if (run.delivered !== messages || run.gaps.length === 0 || wrong !== "") {
  console.log(`wrong: ${run.delivered} of ${messages}, ${run.gaps.length} gaps, ${wrong}`);
  process.exit(1);
}
const rss = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ perSecond: messages / seconds, rss }));
