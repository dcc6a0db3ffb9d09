/**
 * Sim = live: with the same seed, a scenario makes the same losses, the same gaps and the same
 * deliveries in virtual time and on real sockets.
 */
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { bundledNames, readScenarioText } from "../../modules/commands/scenario/files.ts";
import { threadEntry } from "../../modules/commands/thread-entry.ts";
import type { Role, Run, Runs } from "../../modules/core/run.ts";
import { formatRange, formatRanges } from "../../modules/core/seq.ts";
import { runIsolated } from "../../modules/library/isolate.ts";
import { durationOf } from "../../modules/reports/outcome.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** All together take little more than the longest, which takes 10.5 s. */
const watchdog = { timeout: 60_000 };

/** For scenarios that name none. */
const SEED = "7";

/** Scenarios on real sockets at once: a machine that is too busy would lose packets of its own. */
const AT_ONCE = 4;

const LATE = "when the listener comes the clock says, and what was sent before it is one gap";

/** Scenarios of which real time decides a part, and what does not depend on it. */
const BY_THE_CLOCK: Readonly<Record<string, { reason: string; same: (run: Run) => object }>> = {
  "bug-joining-late": { reason: LATE, same: openingGap },
  "joining-late": { reason: LATE, same: openingGap },
};

/** So fast that its publishers have threads of their own, and everything is as it is in one. */
const FAST = "two feeds at full speed";

/** Scenarios of this test's own, beside those that come with feedlab. */
const OWN: Readonly<Record<string, string>> = {
  "three feeds at once": `feedlab: 1
name: three feeds at once
feeds:
  tapeA:
    feed: { messages: 1500, rate: 1k/s }
    lines:
      A: { group: 239.192.1.1:6000 }
      B: { group: 239.192.1.2:6000 }
    impair:
      - { blackout: { time: 300ms..700ms }, line: A }
      - { drop: { seq: 400..405 }, line: B }
    listen: { gap_timeout: 300ms }
    recovery: { listen: 127.0.0.1:7000 }
  tapeB:
    feed: { messages: 400, rate: 500/s }
    lines: { A: { group: 239.192.2.1:6000 } }
    impair: [{ drop: { chance: 5% }, seq: 1..399 }]
    recovery: { listen: 127.0.0.1:7001 }
    timeline: [{ at: 200ms, do: feed.pause, for: 100ms }]
  tapeC:
    feed: { duration: 1s, rate: { from: 100/s, to: 900/s } }
    lines: { A: { group: 239.192.3.1:6000 } }
    impair: [{ drop: { gilbert_elliott: { loss: 5%, burst: 4 } }, seq: 1..400 }]
expect:
  - { check: delivered == 100%, feed: tapeA }
  - { check: delivered == 100%, feed: tapeB }
  - { check: gaps.abandoned > 0, feed: tapeC }
`,
  [FAST]: `feedlab: 1
name: ${FAST}
feeds:
  paced:
    feed: { protocol: moldudp64, messages: 4k, rate: 8k/s, batch: { messages: 4 }, heartbeat: 100ms }
    lines:
      A: { group: 239.192.1.1:6000 }
      B: { group: 239.192.1.2:6000 }
    impair:
      - { drop: { chance: 1% }, line: A }
      - { drop: { seq: 500..600 } }
    listen: { gap_timeout: 300ms }
    recovery: { listen: 127.0.0.1:7000, protocol: soupbintcp }
    timeline: [{ at: "msg 2000", do: feed.pause, for: 50ms }]
  burst:
    feed:
      protocol: moldudp64
      batch: { messages: 20 }
      heartbeat: 100ms
      phases:
        - { name: calm, for: 200ms, rate: 1k/s }
        - { name: open, messages: 10k, rate: max }
        - { name: quiet, for: 300ms, rate: 0/s }
        - { name: settle, for: 200ms, rate: 1k/s }
    lines: { A: { group: 239.192.2.1:6000 } }
    impair: [{ drop: { chance: 1% }, seq: 1..10300 }]
    recovery: { listen: 127.0.0.1:7001, protocol: soupbintcp }
expect:
  - delivered == 100%
  - { check: pacing.achieved >= 1k/s, feed: burst }
`,
};

const names = [...bundledNames(), ...Object.keys(OWN)];

interface Ran {
  readonly scenario: Scenario;
  readonly sim: Runs;
  readonly live: Promise<Runs>;
}

let all: Promise<ReadonlyMap<string, Ran>> | undefined;

for (const name of names) {
  void test(`${name}: sim = live`, watchdog, async () => {
    all ??= runAll();
    const { scenario, sim, live: running } = (await all).get(name)!;
    const live = await running;
    assertEquals([sim[0].time, live[0].time], ["virtual", "real"]);
    const same = BY_THE_CLOCK[name]?.same ?? gapsOf;
    const tell = (runs: Runs): object => ({
      feeds: runs.map((run) => ({ ...storyOf(run), ...same(run) })),
      verdicts: verdictsOf(runs, scenario),
    });
    assertEquals(tell(live), tell(sim), live.map(whatTheMachineLost).join("; "));
  });
}

void test("who is fast has threads for the publisher and for recovery", watchdog, async () => {
  all ??= runAll();
  const runs = await (await all).get(FAST)!.live;
  const own: Role[] = availableParallelism() > 1 ? ["publisher", "recovery"] : [];
  assertEquals(
    runs.map(({ threads }) => threads?.own),
    [own, own],
  );
});

void test("every exception is a scenario that there is", () => {
  for (const name of Object.keys(BY_THE_CLOCK)) assert(bundledNames().includes(name), name);
});

/** All in virtual time, then on real sockets, the longest first, so that none runs alone at the end. */
async function runAll(): Promise<ReadonlyMap<string, Ran>> {
  const ran = new Map<string, Ran>();
  const queue: (() => Promise<void>)[] = [];
  const longest: { name: string; scenario: Scenario; sim: Runs }[] = [];
  for (const name of names) {
    const own = OWN[name];
    const { text, file } = own === undefined ? readScenarioText(name) : { text: own, file: name };
    const { scenario } = loadScenario(text, file);
    assert(scenario !== undefined, `${file} cannot be read`);
    const { seed = SEED } = scenario;
    longest.push({ name, scenario, sim: await runScenario(scenario, new SimWorld(), { seed }) });
  }
  longest.sort((a, b) => durationOf(b.sim) - durationOf(a.sim));
  for (const { name, scenario, sim } of longest) {
    const { promise, resolve } = Promise.withResolvers<Runs>();
    ran.set(name, { scenario, sim, live: promise });
    queue.push(async () => {
      const [{ seed }] = sim;
      const thread = name === FAST ? threadEntry() : undefined;
      const run = runIsolated(scenario, (here) =>
        runScenario(here, openLiveWorld({ thread }), { seed }),
      );
      resolve(run);
      // Its own test tells how it failed.
      await run.catch(() => {});
    });
  }
  const waiting = queue.values();
  for (let lane = 0; lane < AT_ONCE; lane++) {
    void (async () => {
      for (const run of waiting) await run();
    })();
  }
  return ran;
}

function verdictsOf(runs: Runs, scenario: Scenario): string[] {
  const { verdicts } = judgeRun(runs, scenario);
  // How long something took is another matter.
  return verdicts
    .filter(({ text }) => !text.includes("latency"))
    .map(({ text, outcome }) => `${text}: ${outcome}`);
}

/** All that a feed and its seed decide, whatever the listener hears of it. */
function storyOf(run: Run): object {
  return {
    feed: run.feed,
    end: run.end,
    published: formatRange({ from: run.first, until: run.next }),
    sent: run.lines.map(({ name, packetsSent, messagesSent }) => ({
      name,
      packetsSent,
      messagesSent,
    })),
    rules: run.rules,
    hits: run.hits.map(({ line, rule, ranges }) => `${line} ${rule}: ${formatRanges(ranges)}`),
    losses: run.losses.map((loss) => `${loss.line} ${loss.rule}: ${formatRange(loss)}`),
    delivered: run.delivered,
    undelivered: formatRanges(run.undelivered),
    tail: formatRanges(run.tail),
    unexplained: formatRanges(run.unexplained),
    broken: run.broken,
  };
}

/** The gaps, and all that arrived. Which of two lines was first is no matter. */
function gapsOf({ gaps, lines, recovery }: Run): object {
  return {
    gaps: gaps.map((gap) => `${formatRange(gap)} ${gap.cause} ${gap.rules.join(", ")}`),
    filledByLine: gaps.reduce((sum, gap) => sum + gap.filledByLine, 0),
    recovered: recovery.filled,
    lost: recovery.lost,
    received: lines.map(({ name, packetsReceived, malformed }) => ({
      name,
      packetsReceived,
      malformed,
    })),
    duplicates: lines.reduce((sum, line) => sum + line.duplicates, 0),
  };
}

/** One gap, from the first message to wherever the feed was when the listener came. */
function openingGap({ gaps, recovery }: Run): object {
  return {
    gaps: gaps.map(({ from, cause }) => `${from}.. ${cause}`),
    recovered: recovery.filled > 0,
    lost: recovery.lost,
  };
}

/** Tells a machine that lost packets from two worlds that differ. */
function whatTheMachineLost({ lines, journal }: Run): string {
  const drops = lines.map(({ name, kernelDrops }) => `${name} ${kernelDrops}`);
  const failed = journal.filter(({ event }) => event === "send-failed");
  return `dropped by the system: ${drops.join(", ")}; sends that failed: ${failed.length}`;
}
