/** Late joins with a snapshot, in virtual time, held against what was published. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { FeedEvent } from "../../modules/core/events.ts";
import { RangeSet } from "../../modules/core/ranges.ts";
import type { Run } from "../../modules/core/run.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

/** What came of a scenario, and the numbers in the order in which they were delivered. */
interface Told {
  readonly run: Run;
  readonly delivered: readonly number[];
  readonly events: readonly FeedEvent[];
}

async function play(text: string, seed = "7"): Promise<Told> {
  const { scenario, problems } = loadScenario(
    `feedlab: 1\nname: x\ntime: virtual\n${text}`,
    "x.yaml",
  );
  assert(scenario !== undefined, JSON.stringify(problems));
  const events: FeedEvent[] = [];
  const delivered: number[] = [];
  const observe = (event: FeedEvent): void => {
    if (event.event === "delivered") delivered.push(event.from);
    else events.push(event);
  };
  const [run] = await runScenario(scenario, new SimWorld(), {
    seed,
    observe,
    observePackets: true,
  });
  return { run, delivered, events };
}

/** From its first number on, each is delivered once and in order, or was given up. */
function isWhole({ run, delivered }: Told): void {
  assertEquals(run.broken, []);
  assertEquals(run.unexplained, []);
  assertEquals(
    delivered,
    delivered.toSorted((a, b) => a - b),
  );
  const seen = new RangeSet();
  for (const seq of delivered) {
    assert(!seen.has(seq), `SEQ:${seq} twice`);
    seen.add(seq, seq + 1);
  }
  const from = run.snapshot?.next ?? run.next;
  const wanted = RangeSet.of([{ from, until: run.next }]);
  for (const range of [...run.abandoned, ...run.tail]) wanted.remove(range.from, range.until);
  assertEquals([...seen], [...wanted]);
}

const PROTOCOLS = ["demo", "moldudp64", "{ cta: { feed: quotes } }"];

test("wherever it joins, however old the snapshot: no gap, and nothing twice", async () => {
  const arbitrary = fc.record({
    protocol: fc.constantFrom(...PROTOCOLS),
    join: fc.integer({ min: 0, max: 900 }),
    lag: fc.constantFrom(0, 3, 50, 200),
    every: fc.constantFrom(undefined, 40, 150),
    loss: fc.constantFrom(0, 1, 10),
    reorder: fc.boolean(),
    recovery: fc.boolean(),
    wait: fc.integer({ min: 5, max: 60 }),
    seed: fc.nat(1000),
  });
  await fc.assert(
    fc.asyncProperty(arbitrary, async (given) => {
      const { protocol, join, lag, every, loss, reorder, recovery, wait, seed } = given;
      const rules = [
        ...(loss === 0 ? [] : [`{ drop: { chance: ${loss}% } }`]),
        ...(reorder ? ["{ delay: { by: 5ms, jitter: 4ms } }"] : []),
      ];
      const repairs = protocol.includes("cta") ? ", repairs: 239.192.1.9:6009" : "";
      const heartbeat = protocol === "demo" ? "" : ", heartbeat: 50ms";
      const told = await play(
        `
feed: { protocol: ${protocol}, messages: 400, rate: 400/s${heartbeat} }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [${rules.join(", ")}]
snapshot: { listen: 127.0.0.1:7001, lag: ${lag}ms${every === undefined ? "" : `, every: ${every}ms`} }
${recovery ? `recovery: { listen: 127.0.0.1:7000${repairs} }` : ""}
listen: { join: ${join}ms, start: snapshot, gap_timeout: 20ms, load: { wait: ${wait}ms } }
`,
        String(seed),
      );
      isWhole(told);
      const { run, events } = told;
      if (recovery) assertEquals(run.abandoned, []);
      const loaded = events.filter(({ event }) => event === "snapshot-loaded");
      assertEquals(loaded.length, run.snapshot?.messages === undefined ? 0 : 1);
    }),
    { numRuns: 60 },
  );
});

const LATE = `
feed: { protocol: moldudp64, messages: 100, rate: 100/s, heartbeat: 100ms }
lines: { A: { group: 239.192.1.1:6000 } }
`;

test("with a server that never catches up, it gives up, and begins with what it holds", async () => {
  const told = await play(`${LATE}
snapshot: { listen: 127.0.0.1:7001, lag: 10s }
listen: { join: 205ms, start: snapshot, load: { retries: 2, wait: 10ms } }`);
  isWhole(told);
  const given = told.events.find(({ event }) => event === "snapshot-given-up");
  assert(given?.event === "snapshot-given-up");
  assertEquals([given.next, given.recovery, given.reason], [22, false, "no luck in 3 attempts"]);
  assertEquals(told.run.snapshot, {
    next: 22,
    messages: undefined,
    tookNs: undefined,
    attempts: 3,
  });
  assertEquals(told.delivered.length, 100 - 21);
});

test("with recovery, what lies between an old snapshot and what is held is asked for", async () => {
  const told = await play(`${LATE}
snapshot: { listen: 127.0.0.1:7001, lag: 105ms }
recovery: { listen: 127.0.0.1:7000 }
listen: { join: 505ms, start: snapshot }`);
  isWhole(told);
  const { run } = told;
  assertEquals(run.snapshot!.attempts, 1);
  assertEquals(
    run.gaps.map(({ from, until, cause }) => [from, until, cause]),
    [[run.snapshot!.next, 52, "not-joined"]],
  );
  assertEquals(run.recovery.filled, 52 - run.snapshot!.next);
});

test("a session that begins while it loads: the snapshot is of the new one", async () => {
  const told = await play(`${LATE}
snapshot: { listen: 127.0.0.1:7001, lag: 300ms }
timeline: [{ at: msg 41, do: feed.new_session }]
listen: { join: 205ms, start: snapshot, load: { wait: 20ms } }`);
  isWhole(told);
  const asked = told.events.flatMap((event) =>
    event.event === "snapshot-asked" ? [event.session] : [],
  );
  assertEquals([...new Set(asked)], ["FEEDLAB001", "FEEDLAB002"]);
  // Its first message is 41; by the time of an attempt, one or two of it may be in the snapshot.
  const { next } = told.run.snapshot!;
  assert(next >= 41 && next <= 43, `goes on with SEQ:${next}`);
});

test("what cannot be had is told before anything runs", () => {
  const problems = (text: string): string[] =>
    loadScenario(`feedlab: 1\nname: x\n${text}`, "x.yaml").problems.map(({ message }) => message);
  assertEquals(problems(`${LATE}\nlisten: { start: snapshot }`), [
    "there is nobody to ask for one: add snapshot: { listen: 127.0.0.1:7001 }",
  ]);
  const nyse = LATE.replace("moldudp64", "nyse_xdp");
  assertEquals(problems(`${nyse}\nsnapshot: { listen: 127.0.0.1:7001 }`).slice(0, 1), [
    "nobody here can make a snapshot of what the nyse_xdp protocol carries: remove snapshot",
  ]);
  assertEquals(
    problems(`${LATE}\nsnapshot: { listen: 127.0.0.1:7001 }\nrecovery: { listen: 127.0.0.1:7001 }`),
    ["snapshots are had on 127.0.0.1:7001 too: give each a port of its own"],
  );
});
