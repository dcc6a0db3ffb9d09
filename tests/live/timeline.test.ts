import { connect } from "node:net";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { FeedEvent } from "../../modules/core/events.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { planScenario } from "../../modules/scenario/plan.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";

const PORT = 17078;

const text = `feedlab: 1
name: a timeline on real sockets
feed: { messages: 120, rate: 100/s }
lines:
  A: { group: 239.192.78.1:16078 }
  B: { group: 239.192.78.2:16078 }
impair:
  - { name: odd losses, drop: { every: 10 } }
recovery: { listen: 127.0.0.1:${PORT} }
timeline:
  - { at: 200ms, do: line.down, line: A, for: 100ms }
  - { at: "msg 35", do: impair.off, rule: odd losses, for: 200ms }
  - { at: 600ms, do: feed.pause, for: 100ms }
  - { at: 250ms, do: recovery.restart, down: 400ms } # message 30 is missed at 300 ms
listen: { recover: { backoff: 20ms..100ms } }
`;

/** Whether somebody takes a connection at the recovery server's place. */
function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port: PORT });
    socket.on("connect", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("close", () => resolve(false));
    // Only so that a test that hangs ends: on loopback either answer comes at once.
    setTimeout(() => socket.destroy(), 2000).unref();
  });
}

/** How far from an event a look at the port is trusted, in nanoseconds. */
const MARGIN_NS = 30e6;

void test("a live run does what the timeline says, and refuses", { timeout: 20_000 }, async () => {
  const scenario = loadScenario(text, "timeline.yaml").scenario!;
  const world = openLiveWorld();
  const events: FeedEvent[] = [];
  const looks: { atNs: number; taken: boolean }[] = [];
  const timer = setInterval(() => {
    const atNs = world.clock.now();
    void answers().then((taken) => looks.push({ atNs, taken }));
  }, 25);
  const [run] = await runScenario(scenario, world, {
    seed: "7",
    observe: (event) => void events.push(event),
  }).finally(() => clearInterval(timer));

  const at = (name: FeedEvent["event"]): number =>
    events.find(({ event }) => event === name)?.atNs ?? NaN;
  const [down, up] = [at("recovery-down"), at("recovery-up")];
  assert(down - run.startedNs >= 250e6 && up - down >= 350e6, `${down} ${up}`);
  const during = looks.filter(({ atNs }) => atNs > down + MARGIN_NS && atNs < up - MARGIN_NS);
  assert(during.length > 3 && during.every(({ taken }) => !taken), JSON.stringify(during));
  const after = looks.filter(
    ({ atNs }) => atNs > up + MARGIN_NS && atNs < run.startedNs + run.durationNs - MARGIN_NS,
  );
  assert(after.length > 0 && after.every(({ taken }) => taken), JSON.stringify(after));
  assert(
    events.some(({ event, atNs }) => event === "recovery-unreachable" && atNs > down && atNs < up),
  );

  const planned = planScenario(scenario, "7")[0].rules;
  assertEquals(
    run.hits
      .map(({ line, rule, ranges }) => ({ line, rule, touched: ranges }))
      .toSorted((a, b) => (`${a.rule} ${a.line}` < `${b.rule} ${b.line}` ? -1 : 1)),
    planned
      .filter(({ hits }) => hits > 0)
      .map(({ line, rule, touched }) => ({ line, rule, touched }))
      .toSorted((a, b) => (`${a.rule} ${a.line}` < `${b.rule} ${b.line}` ? -1 : 1)),
  );
  assertEquals(
    run.hits.find(({ rule }) => rule === "line.down A")?.ranges,
    // Of 21..30; the last one was lost to the rule above already.
    [{ from: 21, until: 30 }],
  );
  assertEquals(
    run.timeline.map(({ hits }) => hits > 0),
    [true, true, true],
  );
  assertEquals(run.undelivered, [{ from: 120, until: 121 }].slice(0, run.undelivered.length));
  assertEquals(run.broken, []);
});

void test(
  "a paused listener misses nothing that its buffer holds",
  { timeout: 10_000 },
  async () => {
    const { scenario } = loadScenario(
      `feedlab: 1
name: a pause on real sockets
feed: { messages: 200, rate: 500/s }
lines: { A: { group: 239.192.78.3:16078 } }
timeline: [{ at: 100ms, do: listen.pause, for: 150ms }]
`,
      "pause.yaml",
    );
    const [run] = await runScenario(scenario!, openLiveWorld(), { seed: "7" });
    assertEquals([run.delivered, run.gaps.length], [200, 0]);
    assertEquals(
      run.timeline.map(({ hits }) => hits),
      [1],
    );
    // Those that came first wait for nearly all of it, however late a busy machine begins.
    assert(run.latency.max >= 75_000_000, `${run.latency.max} ns`);
  },
);
