import { test } from "node:test";
import { assertEquals, assertNotEquals } from "@std/assert";
import type { Run } from "../../modules/core/run.ts";
import { MILLISECOND } from "../../modules/core/time.ts";
import type { Judgement } from "../../modules/core/verdict.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { batchOf } from "../support/packet-recorder.ts";
import { SIM_LATENCY, SimWorld } from "../../modules/worlds/sim.ts";

/** Runs a scenario in virtual time; `keys` come after the least that one needs. */
async function run(
  keys: string,
  world = new SimWorld(),
  seed = "1",
): Promise<{ run: Run; judgement: Judgement }> {
  const text = `feedlab: 1\nname: a run\nlines:\n  A: { group: 239.192.1.1:6000 }${keys}`;
  const { scenario, problems } = loadScenario(text, "run.yaml");
  assertEquals(
    problems.filter(({ severity }) => severity === "error"),
    [],
  );
  const runs = await runScenario(scenario!, world, { seed });
  return { run: runs[0], judgement: judgeRun(runs, scenario!) };
}

test("an expectation with abort stops the run once it cannot hold any more", async () => {
  const { run: stopped, judgement } = await run(`
feed: { messages: 1k, rate: 100/s }
impair: [{ drop: { every: 10 } }]
recovery: { listen: 127.0.0.1:7000 }
expect:
  - { check: gaps.detected < 5, abort: true }
  - delivered == 100%
  - gaps.detected >= 2
  - gaps.abandoned == 0
`);
  // The fifth gap shows when message 51 comes, at 500 ms; the next look is at 550 ms, and by then
  // message 56 has left.
  assertEquals(stopped.end, "aborted");
  assertEquals(stopped.gaps.length, 5);
  assertEquals(stopped.next, 57);
  assertEquals(judgement.outcome, "fail");
  assertEquals(judgement.exitCode, 1);
  // What the rest of the run would have brought is not known.
  const unknown = ["not-exercised", "the run was cut short"];
  assertEquals(
    judgement.verdicts.map(({ outcome, got }) => [outcome, got]),
    [["fail", "5"], unknown, ["pass", "5"], unknown, unknown],
  );
});

test("an expectation with abort that holds stops nothing", async () => {
  const { run: whole, judgement } = await run(`
feed: { messages: 100, rate: 100/s }
impair: [{ drop: { every: 30 } }]
recovery: { listen: 127.0.0.1:7000 }
expect:
  - { check: gaps.detected <= 3, abort: true, name: few gaps }
`);
  assertEquals(whole.end, "at-rest");
  assertEquals(judgement.verdicts[0], {
    text: "few gaps",
    check: "gaps.detected <= 3",
    metric: "gaps.detected",
    outcome: "pass",
    got: "3",
  });
});

test("a late listener asks for everything before, and the gap says why it is there", async () => {
  const { run: joined } = await run(`
feed: { messages: 40, rate: 100/s }
recovery: { listen: 127.0.0.1:7000 }
listen: { join: 105ms }
`);
  // Messages 1 to 11 left at 0 to 100 ms; message 12 is the first that is heard.
  assertEquals(
    joined.gaps.map(({ from, until, cause }) => [from, until, cause]),
    [[1, 12, "not-joined"]],
  );
  assertEquals(joined.delivered, 40);
});

test("a packet that is under way when the listener joins does not hide the last one", async () => {
  for (const join of ["100ms", "110ms", "120ms"]) {
    const { run: joined, judgement } = await run(`
feed: { messages: 40, rate: 100/s }
recovery: { listen: 127.0.0.1:7000 }
listen: { join: ${join} }
`);
    assertEquals(joined.unexplained, []);
    assertEquals(joined.delivered, 40);
    assertEquals(judgement.outcome, "pass");
  }
});

test("a last packet that cannot be read costs no time", async () => {
  const { run: quick } = await run(`
feed: { messages: 10, rate: 100/s }
impair: [{ truncate: { every: 10, to: 2 bytes } }]
`);
  assertEquals(quick.durationNs, 90 * MILLISECOND + SIM_LATENCY);
});

test("a late listener that starts now wants nothing of before", async () => {
  const { run: joined, judgement } = await run(`
feed: { messages: 40, rate: 100/s }
listen: { join: 105ms, start: now }
`);
  assertEquals(joined.gaps, []);
  assertEquals(joined.delivered, 29);
  assertEquals(joined.unexplained, []);
  assertEquals(judgement.outcome, "pass");
});

test("what the server no longer retains is lost", async () => {
  const { run: forgetful } = await run(`
feed: { messages: 30, rate: 100/s }
impair: [{ drop: { seq: 10..14 } }]
recovery: { listen: 127.0.0.1:7000, retain: 4 messages }
`);
  // When 15 shows the gap, the server has 12 to 15.
  assertEquals(forgetful.undelivered, [{ from: 10, until: 12 }]);
  assertEquals(forgetful.recovery.lost, 2);
});

test("on_abandon: stop delivers nothing behind a gap that was given up", async () => {
  const text = (how: string): string => `
feed: { messages: 40, rate: 100/s }
impair: [{ drop: { seq: [5, 10, 12..13, 30] } }]
recovery: { listen: 127.0.0.1:7000, retain: 15 messages }
listen: { on_abandon: ${how}, gap_timeout: 80ms, recover: { timeout: 100ms } }
expect:
  - gaps.abandoned.seqs == [30]
`;
  const { run: skips } = await run(text("skip"));
  assertEquals([skips.delivered, skips.stoppedAt, skips.abandoned], [40, undefined, []]);

  const forgetful = text("stop").replace("15 messages", "2 messages");
  const { run: stops, judgement } = await run(forgetful);
  assertEquals([stops.delivered, stops.stoppedAt, stops.next], [4, 5, 41]);
  assertEquals(stops.undelivered, [{ from: 5, until: 41 }]);
  // The run goes on to the feed's end, and nothing of it is a mystery or an open gap.
  assertEquals([stops.end, stops.unexplained, stops.broken], ["at-rest", [], []]);
  assertEquals(
    stops.gaps.map(({ closedNs }) => closedNs !== undefined),
    stops.gaps.map(() => true),
  );
  assertEquals(judgement.outcome, "fail");
  assertEquals(judgement.notes, [
    "delivery stopped at SEQ:5, which was given up (on_abandon: stop): " +
      "36 messages from there on were not delivered",
  ]);
});

test("a rule that never fires is no pass, and a tail that nobody can notice is told", async () => {
  const { run: quiet, judgement } = await run(`
feed: { messages: 10, rate: 100/s }
impair:
  - drop: { seq: 10 }
  - { name: never, drop: { seq: 11 } }
`);
  assertEquals(quiet.tail, [{ from: 10, until: 11 }]);
  assertEquals(judgement.outcome, "not-exercised");
  assertEquals(judgement.exitCode, 5);
});

test("the same seed gives the same run, another seed another", async () => {
  const scenario = loadScenario(
    "feedlab: 1\nname: x\nfeed: { messages: 500, rate: 1k/s }\n" +
      "lines: { A: { group: 239.192.1.1:6000 } }\nimpair: [{ drop: { chance: 5% } }]\n",
    "x.yaml",
  ).scenario!;
  const losses = async (seed: string): Promise<Run["losses"]> =>
    (await runScenario(scenario, new SimWorld(), { seed }))[0].losses;
  assertEquals(await losses("7"), await losses("7"));
  assertNotEquals(await losses("7"), await losses("8"));
});

test("a copy that comes after recovery was late, and nobody lost it", async () => {
  const { run: skewed, judgement } = await run(`
  B: { group: 239.192.1.2:6000, skew: 5ms }
feed: { messages: 50, rate: 1k/s }
impair: [{ drop: { every: 10 }, line: A }]
recovery: { listen: 127.0.0.1:7000 }
listen: { gap_timeout: 2ms }
`);
  assertEquals(
    skewed.gaps.map(({ from, cause, filledByRecovery }) => [from, cause, filledByRecovery]),
    [10, 20, 30, 40].map((seq) => [seq, "late", 1]),
  );
  assertEquals(
    skewed.lines.map(({ late }) => late),
    [0, 4],
  );
  assertEquals(judgement.outcome, "pass");
});

test("lost are messages of which no copy left, not copies", async () => {
  const lost = async (rules: string): Promise<string | undefined> => {
    const { judgement } = await run(`
feed: { messages: 100, rate: 1k/s }
impair: [{ duplicate: { every: 1 } }, ${rules}]
recovery: { listen: 127.0.0.1:7000 }
expect: [lines.A.lost >= 0]
`);
    return judgement.verdicts[0]?.got;
  };
  assertEquals(await lost("{ drop: { every: 2 } }"), "0");
  assertEquals(await lost("{ drop: { every: 1 }, seq: 11..20 }"), "10");
});

test("another publisher on the group makes a run that proves nothing", async () => {
  const world = new SimWorld();
  const sender = await world.transport.publish(
    { group: { host: "239.192.1.1", port: 6000 }, interface: "lo", ttl: 1 },
    { drained() {}, failed() {} },
  );
  world.clock.at(55 * MILLISECOND, () => sender.send(batchOf(["SEQ:9|PRICE:1"])));
  const { judgement } = await run(
    `
feed: { messages: 20, rate: 100/s }
recovery: { listen: 127.0.0.1:7000 }
`,
    world,
  );
  assertEquals(judgement.outcome, "unverifiable");
  assertEquals(judgement.notes, ["somebody else publishes to 239.192.1.1:6000 (line A)"]);
});

test("what a damaged number makes of the feed is the doing of the rule", async () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 20; seed++) {
    const { run: damaged, judgement } = await run(
      `
feed: { messages: 300, rate: 1k/s }
impair: [{ corrupt: { every: 7 } }]
recovery: { listen: 127.0.0.1:7000 }
`,
      new SimWorld(),
      `${seed}`,
    );
    outcomes.add(judgement.outcome);
    const causes = new Set(damaged.gaps.map(({ cause }) => cause));
    assertEquals(
      [...causes].filter((cause) => cause !== "injected" && cause !== "late"),
      [],
    );
    assertEquals(damaged.foreign, []);
    if (damaged.broken.length > 0) assertEquals(judgement.outcome, "fail");
  }
  assertEquals([...outcomes].toSorted(), ["fail"]);
});
