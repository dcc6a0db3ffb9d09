/**
 * How fast virtual time is, and how much memory a long run takes: figures, not a test.
 *
 *     bun tests/bench/virtual.ts [messages of the long run, 10M unless told otherwise]
 *     deno run -A tests/bench/virtual.ts
 */
import process from "node:process";
import { parseCount } from "../../modules/core/units.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** An opening burst over a bursty link: about 151,000 messages in 18,700 packets and 17 seconds. */
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
  - drop: { chance: 0.01% }
recovery: { listen: 127.0.0.1:7000 }
`;

function scenarioOf(text: string): Scenario {
  const { scenario, problems } = loadScenario(text, "bench.yaml");
  if (scenario === undefined) throw new Error(formatProblems(problems));
  return scenario;
}

const rss = (): string => `${Math.round(process.memoryUsage().rss / 2 ** 20)} MiB`;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Runs a scenario and tells how long it took; several times, since the first one is compiled. */
async function time(text: string, times: number): Promise<void> {
  const scenario = scenarioOf(text);
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    const cpu = process.cpuUsage();
    const [run] = await runScenario(scenario, new SimWorld(), { seed: "7" });
    const ms = performance.now() - start;
    // On a machine that others use too, what this process used says more than what passed.
    const { user, system } = process.cpuUsage(cpu);
    const messages = run.next - run.first;
    const rate = Math.round(messages / ms);
    say(
      `${scenario.name}: ${messages} messages, ${run.delivered} delivered, ` +
        `${run.gaps.length} gaps in ${Math.round(ms)} ms (${rate}k messages/s, ` +
        `${Math.round((user + system) / 1000)} ms of processor time), rss ${rss()}`,
    );
  }
}

/** Runs a scenario in virtual time that tells of the memory at intervals. */
async function memory(text: string, everyNs: number): Promise<void> {
  const world = new SimWorld();
  const tell = (): void => {
    say(`  at ${world.clock.now() / 1e9} s of virtual time: rss ${rss()}`);
    world.clock.at(world.clock.now() + everyNs, tell);
  };
  tell();
  const start = performance.now();
  const [run] = await runScenario(scenarioOf(text), world, { seed: "7" });
  const seconds = (performance.now() - start) / 1000;
  say(`long: ${run.delivered} delivered, ${run.gaps.length} gaps in ${seconds.toFixed(1)} s`);
}

const messages = parseCount(process.argv[2] ?? "10M");
await time(PHASED, 5);
await memory(long(messages), (messages / 100_000 / 10) * 1e9);
