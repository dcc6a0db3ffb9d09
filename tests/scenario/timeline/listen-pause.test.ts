import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { FeedEvent } from "../../../modules/core/events.ts";
import type { Run } from "../../../modules/core/run.ts";
import { formatRange, formatRanges } from "../../../modules/core/seq.ts";
import { MILLISECOND, SECOND } from "../../../modules/core/time.ts";
import type { Judgement } from "../../../modules/core/verdict.ts";
import { lifeOf } from "../../../modules/scenario/life.ts";
import { loadScenario } from "../../../modules/scenario/load.ts";
import { runScenario } from "../../../modules/scenario/run.ts";
import { judgeRun } from "../../../modules/scenario/verdict.ts";
import { SIM_LATENCY, SimWorld } from "../../../modules/worlds/sim.ts";

interface Ran {
  readonly run: Run;
  readonly judgement: Judgement;
  readonly events: readonly FeedEvent[];
}

/** Runs 2000 messages in 2 s, message n being due n - 1 ms after the start. */
async function run(timeline: string, more = ""): Promise<Ran> {
  const text = `feedlab: 1
name: pauses
feed: { messages: 2k, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
timeline:
  ${timeline}
${more}`;
  const { scenario, problems } = loadScenario(text, "x.yaml");
  assertEquals(problems, []);
  const events: FeedEvent[] = [];
  const runs = await runScenario(scenario!, new SimWorld(), {
    seed: "7",
    observe: (event) => events.push(event),
  });
  return { run: runs[0], judgement: judgeRun(runs, scenario!), events };
}

const RECOVERY = "recovery: { listen: 127.0.0.1:7000 }";

void test("what comes in a pause is handled when it ends, and nothing is missed", async () => {
  const { run: result, judgement } = await run("- { at: 500ms, do: listen.pause, for: 300ms }");
  assertEquals([result.delivered, result.gaps.length], [2000, 0]);
  assertEquals(judgement.outcome, "pass");
  assertEquals(result.timeline, [{ name: "listen.pause 300ms", from: 500 * MILLISECOND, hits: 1 }]);
  // What was due as it began waited for the whole of it.
  assertEquals(result.latency.max, 300 * MILLISECOND);
  assertEquals(result.lines[0]!.kernelDrops, 0);
});

void test("what finds no room is lost by the pause's doing, like in a system's buffer", async () => {
  const {
    run: result,
    judgement,
    events,
  } = await run(
    "- { at: 1s, do: listen.pause, for: 400ms }",
    `${RECOVERY}
listen: { receive_buffer: 4KiB }
expect:
  - delivered == 100%
  - gaps.detected == 1
  - gaps.detected.seqs == [1216..1400]
  - kernel.drops == 185`,
  );
  // 1001 to 1400 come meanwhile, and each has this length.
  const length = "SEQ:1001|PRICE:1101".length;
  const kept = Math.floor(4096 / length);
  assertEquals(1000 + kept, 1215);
  assertEquals(
    result.gaps.map((gap) => [formatRange(gap), gap.cause, gap.rules]),
    [["1216..1400", "injected", ["listen.pause 400ms"]]],
  );
  assertEquals(events.filter(({ event }) => event === "overflowed").length, 400 - kept);
  assertEquals(judgement.notes, []);
  assertEquals(judgement.outcome, "pass");
  const life = lifeOf(1300, { run: result, scenario: undefined }).map(({ text }) => text);
  assert(
    life.includes('lost on line A: its buffer was full in "listen.pause 400ms"'),
    life.join("\n"),
  );
});

void test("what a pause costs at the very end is missed by nobody", async () => {
  const { run: result, judgement } = await run(
    "- { at: 1s, do: listen.pause, for: 2s }",
    "listen: { receive_buffer: 4KiB }",
  );
  assertEquals(result.delivered, 1215);
  assertEquals(formatRanges(result.tail), "1216..2000");
  assertEquals(result.unexplained, []);
  assert(judgement.notes[0]!.includes('by "listen.pause 2s" and nothing came after'));
});

void test("a run does not end while packets wait for the listener", async () => {
  const { run: result, judgement } = await run("- { at: 1s, do: listen.pause, for: 9s }");
  assertEquals(result.delivered, 2000);
  assertEquals(judgement.outcome, "pass");
  assertEquals(result.durationNs, 10 * SECOND);
});

void test("pauses that overlap are one", async () => {
  const { run: result, judgement } = await run(`- { at: 500ms, do: listen.pause, for: 200ms }
  - { at: 600ms, do: listen.pause, for: 200ms }`);
  assertEquals(result.latency.max, 300 * MILLISECOND);
  assertEquals(judgement.outcome, "pass");
});

void test("both lines of a feed wait", async () => {
  const text = `feedlab: 1
name: two lines
feed: { messages: 200, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000, skew: 2ms } }
impair: [{ drop: { every: 10 }, line: A }]
listen: { gap_timeout: 5ms }
timeline: [{ at: 50ms, do: listen.pause, for: 50ms }]
`;
  const { scenario } = loadScenario(text, "x.yaml");
  const [result] = await runScenario(scenario!, new SimWorld(), { seed: "7" });
  assertEquals([result.delivered, result.gaps.length], [200, 0]);
  // The 50th was due a millisecond before, and is lost on A: B brings it in the pause.
  assertEquals(result.latency.max, 51 * MILLISECOND);
  // B is as late as its skew, and brings what A lost.
  assertEquals(
    result.lines.map(({ first }) => first),
    [180, 20],
  );
});

void test("a pause before the listener came has nothing to act on", async () => {
  const { run: result, judgement } = await run(
    "- { at: 100ms, do: listen.pause, for: 50ms }",
    "listen: { join: 500ms, start: now }",
  );
  assertEquals(
    result.timeline.map(({ hits }) => hits),
    [0],
  );
  assertEquals(judgement.outcome, "not-exercised");
  assert(result.latency.max <= SIM_LATENCY);
});

void test("below listen the timeline's pause is pointed out", () => {
  const text = `feedlab: 1
name: x
feed: { messages: 1 }
lines: { A: { group: 239.192.1.1:6000 } }
listen: { pause: [{ at: 2s, for: 50ms }], strat: first }
`;
  assertEquals(
    loadScenario(text, "x.yaml").problems.map(({ message, hint }) => [message, hint]),
    [
      [
        'unknown key "pause"',
        '"pause" goes below timeline: { at: 2s, do: listen.pause, for: 50ms }',
      ],
      [
        'unknown key "strat"',
        'did you mean "start"?  ' +
          "(join, start, silence, gap_timeout, on_abandon, receive_buffer, recover, load)",
      ],
    ],
  );
});
