import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import type { FeedEvent } from "../../../modules/core/events.ts";
import { UserError } from "../../../modules/core/errors.ts";
import { toPlain } from "../../../modules/core/plain.ts";
import type { Run } from "../../../modules/core/run.ts";
import { loadScenario, type Scenario } from "../../../modules/scenario/load.ts";
import { runScenario, type RunOptions } from "../../../modules/scenario/run.ts";
import { SimWorld } from "../../../modules/worlds/sim.ts";
import { ThreadedSim } from "../../support/sim-threads.ts";

const FAST = `feedlab: 1
name: fast
feed:
  protocol: moldudp64
  batch: { messages: 2 }
  heartbeat: 100ms
  phases:
    - { name: calm, for: 500ms, rate: 4k/s, arrivals: poisson }
    - { name: open, messages: 1000, rate: max }
    - { name: settle, for: 500ms, rate: 4k/s }
lines:
  A: { group: 239.192.1.1:6000 }
  B: { group: 239.192.1.2:6000, skew: 1ms }
impair:
  - { drop: { chance: 2% } }
  - { delay: { by: 100us, jitter: 50us }, line: B }
  - { corrupt: { chance: 1% }, line: A }
  - { drop: { seq: 500..520 } }
recovery: { listen: 127.0.0.1:7000 }
timeline: [{ at: "msg 300", do: feed.pause, for: 50ms }]
`;

function scenarioOf(text: string): Scenario {
  const { scenario, problems } = loadScenario(text, "s.yaml");
  assert(scenario !== undefined, problems.map(({ message }) => message).join("; "));
  return scenario;
}

async function run(text: string, world: SimWorld, options: Partial<RunOptions> = {}): Promise<Run> {
  const [run] = await runScenario(scenarioOf(text), world, { seed: "7", ...options });
  return run;
}

/** What a run came to, but for when it began, and in which order two threads told of one instant. */
function tell(run: Run): unknown {
  return toPlain(story(run));
}

function story({ threads: _threads, startedNs, journal, gaps, ...rest }: Run): object {
  const since = (at: number): number => at - startedNs;
  const events = journal.map((event) => {
    const silent = "sinceNs" in event ? { sinceNs: since(event.sinceNs) } : {};
    return JSON.stringify({ ...event, ...silent, atNs: since(event.atNs) });
  });
  const plain = gaps.map((gap) => ({
    ...gap,
    scheduledNs: since(gap.scheduledNs),
    detectedNs: since(gap.detectedNs),
    closedNs: since(gap.closedNs!),
    passedNs: since(gap.passedNs!),
  }));
  return { ...rest, journal: events.toSorted(), gaps: plain };
}

void test("a publisher in a thread of its own does what it does in the thread of the others", async () => {
  const world = new ThreadedSim();
  const own = await run(FAST, world);
  const shared = await run(FAST, new SimWorld());
  assertEquals(own.threads, {
    own: ["publisher", "recovery"],
    reason: "as fast as it goes",
  });
  assertEquals(tell(own), tell(shared));
  assert(own.gaps.length > 10 && own.journal.length > 100);
  assertEquals(world.open, 0, "a thread was left behind");
});

void test("recovery servers in a thread of their own go wrong as they do here", async () => {
  const faults = `recovery:
  listen: 127.0.0.1:7000
  faults:
    - { time: 100ms..200ms, down: true }
    - { request: 3, silent: true }
    - { request: 900000, silent: true }
`;
  const other = `recovery:
  listen: 127.0.0.1:7000
  protocol: soupbintcp
  faults: [{ time: 100ms..300ms, down: true }, { connection: 1, reset: { after: accept } }]
  others: [{ listen: 127.0.0.1:7001 }]
`;
  for (const servers of [faults, other]) {
    const text = FAST.replace("recovery: { listen: 127.0.0.1:7000 }\n", servers).replace(
      "timeline: [",
      "timeline: [{ at: 400ms, do: recovery.restart, down: 50ms, store: empty }, ",
    );
    const world = new ThreadedSim();
    const [own, shared] = [await run(text, world), await run(text, new SimWorld())];
    assertEquals(own.threads?.own, ["publisher", "recovery"]);
    assertEquals(tell(own), tell(shared));
    assert(own.recovery.faults.some(({ hits }) => hits > 0));
    assertEquals(world.open, 0);
  }
});

void test("what it did is told in the order in which it happened", async () => {
  const told: FeedEvent[] = [];
  const { journal } = await run(FAST, new ThreadedSim(), { observe: (event) => told.push(event) });
  const times = journal.map(({ atNs }) => atNs);
  assertEquals(
    times,
    times.toSorted((a, b) => a - b),
  );
  assertEquals(told.length, journal.length);
});

void test("whoever stops a run early knows all that was sent", async () => {
  for (const end of ["timeout: 300ms", "expect: [{ check: gaps.detected < 5, abort: true }]"]) {
    const stopped = await run(`${FAST}${end}\n`, new ThreadedSim());
    assertEquals(stopped.end, end.startsWith("timeout") ? "timed-out" : "aborted");
    assertEquals(stopped.foreign, []);
    for (const { packetsSent, packetsReceived } of stopped.lines)
      assert(packetsSent >= packetsReceived);
    // One may have its number and wait for its packet to fill.
    const waiting = stopped.phases[0]!.messages - (stopped.next - stopped.first);
    assert(waiting === 0 || waiting === 1, `${waiting} wait for a packet of two`);
  }
});

void test("where it is slow, or must be watched, it shares the thread, and says so", async () => {
  const slow = FAST.replaceAll("4k/s", "100/s").replace("rate: max", "rate: 10/s");
  const cases: readonly [string, string, Partial<RunOptions>?][] = [
    [slow, "50 packets/s need no other"],
    [
      FAST,
      "every packet is recorded",
      { departures: { left: () => undefined, dropped: () => undefined } },
    ],
    [
      FAST.replace("feed.pause, for: 50ms", "feed.new_session").replace("seq: 500", "msg: 500"),
      "its sessions begin while others listen",
    ],
  ];
  for (const [text, reason, options] of cases) {
    assertEquals((await run(text, new ThreadedSim(), options)).threads, { own: [], reason });
  }
  const world = new ThreadedSim();
  world.refusal = "there are none today";
  const { threads, delivered } = await run(FAST, world);
  assertEquals([threads, delivered > 1000], [{ own: [], reason: "there are none today" }, true]);
  assertEquals((await run(FAST, new SimWorld())).threads, undefined);
});

void test("a thread that cannot publish fails as a publisher here does", async () => {
  const world = new ThreadedSim();
  const { transport } = world;
  const error = new UserError("Cannot publish: no such interface", "environment");
  Object.assign(transport, { publish: () => Promise.reject(error) });
  const caught = await assertRejects(() => run(FAST, world), UserError, error.message);
  assertEquals([caught.kind, world.open], ["environment", 0]);
});

void test("a thread that breaks ends the run with what broke it", async () => {
  const world = new ThreadedSim();
  let begun = false;
  const observe = (): void => {
    if (!begun) world.latest!.failed(new Error("it broke"));
    begun = true;
  };
  await assertRejects(() => run(FAST, world, { observe }), Error, "it broke");
  assertEquals(world.open, 0);
});
