import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { test } from "node:test";
import * as z from "zod";
import { demo } from "../../modules/codecs/demo.ts";
import { SECOND } from "../../modules/core/time.ts";
import { factsOf } from "../../modules/reports/facts.ts";
import { readDocument } from "../../modules/scenario/document/mod.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { type AnyProtocol, feedSchema, type FeedPlan } from "../../modules/scenario/feed.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { frames } from "../support/frames.ts";

/** The demo's protocol, and one with batches and heartbeats. */
const known = feedSchema([
  demo,
  {
    ...demo,
    name: "frames",
    create: () => ({ ...demo.create({}, { epochMs: 0 }), packets: frames(16) }),
  },
] as readonly AnyProtocol[]);
const file = z.strictObject({ feed: known });

/** Reads what stands below `feed:`, a line each, which must be right. */
function read(...lines: string[]): FeedPlan {
  const { value, problems } = readDocument(`feed:\n  ${lines.join("\n  ")}\n`, "f.yaml", file);
  assert(value !== undefined, formatProblems(problems));
  return value.feed;
}

/** The problems of what stands below `feed:`, each as `path: message`. */
function wrong(...lines: string[]): string[] {
  const { problems } = readDocument(`feed:\n  ${lines.join("\n  ")}\n`, "f.yaml", file);
  return problems.map(({ path, message }) => `${path.replace(/^feed\.?/, "")}: ${message}`);
}

test("without phases a feed is one, as long as it lasts", () => {
  const { phases, windows, messages, perSecond, end } = read("messages: 22");
  const [phase] = phases;
  assertEquals([phases.length, windows.size, messages, perSecond], [1, 0, 22, 2]);
  assertEquals([phase!.arrivals, phase!.burst, phase!.length], ["constant", 1, 11 * SECOND]);
  assertEquals(end, { messages: 22, duration: Infinity });
  const timed = read("rate: 10/s", "duration: 2s", "messages: 5");
  assertEquals([timed.messages, timed.end.duration], [5, 2 * SECOND]);
  assertEquals(read("rate: 10/s", "duration: 2s").messages, 20);
  assertEquals(read("rate: 10/s", "duration: 2s", "arrivals: poisson").messages, undefined);
  assertEquals(read("rate: 10/s", "messages: 9", "arrivals: poisson").messages, 9);
  assertEquals(read("interval: 20ms", "duration: 1s").perSecond, 50);
  assertEquals(read("rate: { from: 0/s, to: 20/s }", "duration: 10s").messages, 100);
  assertEquals(read("burst: { messages: 50, every: 1s }", "duration: 10s").messages, 500);
});

test("phases follow each other, each with its window", () => {
  const feed = read(
    "phases:",
    "  - { name: pre,    for: 5s,  rate: 200/s }",
    "  - { name: open,   for: 2s,  rate: 20k/s, arrivals: poisson }",
    "  - { name: quiet,  for: 1s,  rate: 0/s }",
    "  - { name: settle, for: 10s, rate: { from: 20k/s, to: 2k/s } }",
    "  - { name: last,   messages: 30, interval: 100ms }",
    "  - { name: bursts, messages: 100, burst: { messages: 50, every: 1s } }",
  );
  assertEquals(
    [...feed.windows].map(([name, { from, until }]) => [name, from / SECOND, until / SECOND]),
    [
      ["pre", 0, 5],
      ["open", 5, 7],
      ["quiet", 7, 8],
      ["settle", 8, 18],
      ["last", 18, 21],
      ["bursts", 21, 23],
    ],
  );
  assertEquals(feed.messages, undefined, "the open phase is left to chance");
  assertEquals(feed.end, { messages: Infinity, duration: 23 * SECOND });
  assertEquals(feed.perSecond, (1000 + 40_000 + 110_000 + 130) / 23);
});

test("arrivals hold for every phase without its own, and messages cut the whole short", () => {
  const feed = read(
    "arrivals: poisson",
    "messages: 15",
    "phases:",
    "  - { name: a, for: 1s, rate: 10/s }",
    "  - { name: b, for: 1s, rate: 10/s, arrivals: constant }",
  );
  assertEquals(
    feed.phases.map(({ arrivals }) => arrivals),
    ["poisson", "constant"],
  );
  assertEquals(feed.end.messages, 15);
  const known = read("messages: 15", "phases: [{ name: a, for: 2s, rate: 10/s }]");
  assertEquals(known.messages, 15);
});

test("batches, heartbeats and ends of session are for protocols that have them", () => {
  const feed = read(
    "protocol: frames",
    "messages: 1",
    "batch: { messages: 8 }",
    "heartbeat: 1s",
    "end_of_session: {}",
  );
  assertEquals([feed.batch, feed.heartbeat], [8, SECOND]);
  assertEquals(feed.endOfSession, { count: 3, every: SECOND });
  const plain = read("messages: 1");
  assertEquals([plain.batch, plain.heartbeat, plain.endOfSession], [1, undefined, undefined]);
  assertEquals(
    wrong("messages: 1", "batch: { messages: 8 }", "heartbeat: 1s", "end_of_session: {}"),
    [
      "batch.messages: the demo protocol carries one message in a packet: leave batch out",
      "heartbeat: the demo protocol has no heartbeat: leave it out; loss at the tail stays unseen",
      "end_of_session: the demo protocol has no end of session: leave it out; " +
        "loss at the tail stays unseen",
    ],
  );
  assertEquals(wrong("protocol: frames", "messages: 1", "batch: { messages: 20 }"), [
    "batch.messages: the frames protocol carries at most 16 messages in a packet: " +
      "write 16 or less",
  ]);
});

test("what contradicts itself is told in its place", () => {
  assertEquals(wrong("rate: 5/s"), [": the feed never ends: add messages: 22 or duration: 10s"]);
  assertEquals(wrong("messages: 5", "rate: 0/s"), [
    "rate: 0/s never sends anything: write 1/s or more",
  ]);
  assertEquals(wrong("messages: 5", "rate: 5/s", "interval: 1s"), [
    ": both interval and rate say how fast: keep one of them",
  ]);
  assertEquals(
    wrong(
      "rate: 5/s",
      "duration: 3s",
      "phases:",
      "  - { name: open, for: 2s, rate: 20k/s }",
      "  - { name: open, for: 2s, rate: 20k/s }",
    ),
    [
      "rate: the phases say how fast: remove rate",
      "duration: the phases say how long: remove duration",
      'phases[1].name: there is a phase "open" already: give each a name of its own',
    ],
  );
  assertEquals(wrong("phases: [{ name: a, for: 1s, rate: 0/s }]"), [
    "phases: no phase ever sends anything: give one a rate",
  ]);
  assertEquals(wrong("phases: []"), ["phases: no phases: add one, or remove the key"]);
});

test("a phase must have a rate and a length, and one of each", () => {
  assertEquals(
    wrong(
      "phases:",
      "  - { name: a, rate: 5/s }",
      "  - { name: b, for: 1s }",
      "  - { name: c, for: 1s, messages: 5, rate: 5/s }",
      "  - { name: d, for: 1s, interval: 5ms, rate: 5/s }",
      "  - { name: e, messages: 5, rate: 0/s }",
      "  - { name: f g, for: 1s, rate: { from: 0/s, to: 0/s } }",
      "  - { name: h, for: 1s, rate: 20 }",
      "  - { name: i, for: 1s, rate: { from: 20/s, tu: 2/s } }",
    ),
    [
      "phases[0]: the phase has no length: add for: 5s or messages: 100",
      "phases[1]: the phase has no rate: add rate: 100/s, or rate: 0/s for none",
      "phases[2]: both for and messages say how long: keep one of them",
      "phases[3]: both rate and interval say how fast: keep one of them",
      "phases[4]: at 0/s there will never be 5 messages: write for: 5s",
      "phases[5].name: a phase's name is a letter, then letters and digits",
      "phases[5].rate: it never leaves 0/s: write rate: 0/s",
      'phases[6].rate: "20" has no unit: write 20/s, or interval: 20ms',
      'phases[7].rate: unknown key "tu"',
    ],
  );
});

const PHASED = `
feedlab: 1
name: phased
feed:
  phases:
    - { name: pre, for: 2s, rate: 50/s }
    - { name: quiet, for: 1s, rate: 0/s }
    - { name: open, for: 1s, rate: 500/s, arrivals: poisson }
lines: { A: { group: 239.192.1.1:6000 } }
recovery: { listen: 127.0.0.1:7000 }
impair:
  - drop: { every: 7 }
`;

test("as fast as it goes needs a number of messages", () => {
  const feed = read("messages: 500", "rate: max");
  assertEquals([feed.perSecond, feed.messages], [Infinity, 500]);
  assertEquals(read("messages: 500", "duration: 2s", "rate: max").messages, 500);
  const phases = read("phases:", "  - { name: a, for: 1s, rate: 1/s }", BURST);
  assertEquals(phases.windows.get("open"), { from: SECOND, until: SECOND + 1 });
  const never =
    "at rate: max all is due at once, and no time ends it: give messages: 100k, or --messages 100k";
  assertEquals(wrong("rate: max", "duration: 1s"), [`duration: ${never}`]);
  assertEquals(wrong("rate: max"), [": the feed never ends: add messages: 100k"]);
  const timed = "phases: [{ name: a, for: 1s, rate: max }]";
  assertEquals(wrong(timed), [`phases[0]: ${never}`]);
  assertEquals(wrong("messages: 5", "rate: { from: max, to: 1/s }").length, 1);
});

const BURST = "  - { name: open, messages: 500, rate: max }";

test("what is due at once is judged by its speed, and not by how late it was", async () => {
  const text = `feedlab: 1
name: burst
feed:
  phases:
    - { name: calm, for: 1s, rate: 10/s }
  ${BURST}
    - { name: after, for: 1s, rate: 10/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [{ drop: { every: 5 }, phase: open }]
`;
  const { scenario } = loadScenario(text, "burst.yaml");
  const [run] = await runScenario(scenario!, new SimWorld(), { seed: "7" });
  const [calm, open, after] = run.phases;
  assertEquals([calm!.messages, open!.messages, after!.messages], [10, 500, 10]);
  assertEquals([open!.wanted, open!.lateness.count], [Infinity, 0]);
  assertEquals(run.lateness.count, 20);
  assertEquals(run.rules, [{ name: "drop every 5", line: "A", hits: 100, seen: 500 }]);
  const shown = factsOf([run]).filter(([label]) => label.startsWith("phase"));
  assertEquals(shown[1], ["phase open", "? (wanted max)"]);
});

test("a run tells how each phase was kept, the same for the same seed", async () => {
  const { scenario, problems } = loadScenario(PHASED, "phased.yaml");
  assert(scenario !== undefined, formatProblems(problems));
  const [run] = await runScenario(scenario, new SimWorld(), { seed: "7" });
  const [pre, quiet, open] = run.phases;
  assertEquals([pre!.messages, pre!.wanted, pre!.achieved, pre!.lateness.max], [100, 50, 50, 0]);
  assertEquals([quiet!.messages, quiet!.wanted, quiet!.achieved], [0, 0, NaN]);
  assertEquals([open!.name, open!.from, open!.until], ["open", 3 * SECOND, 4 * SECOND]);
  assertEquals(open!.messages, run.next - run.first - 100);
  assert(Math.abs(open!.messages - 500) <= 3 * Math.sqrt(500), `${open!.messages} messages`);
  assert(Math.abs(open!.achieved - open!.messages) < 5, `${open!.achieved}/s`);
  assertEquals(run.rateWanted, 150);

  const [again] = await runScenario(scenario, new SimWorld(), { seed: "7" });
  assertEquals(again.gaps, run.gaps);
  const [other] = await runScenario(scenario, new SimWorld(), { seed: "8" });
  assert(other.gaps.some(({ detectedNs }, i) => detectedNs !== run.gaps[i]?.detectedNs));
});

test("a scenario with a bad phase is not loaded, and the place is shown", () => {
  const { scenario, problems } = loadScenario(PHASED.replace("for: 2s, ", ""), "phased.yaml");
  assertEquals(scenario, undefined);
  assertStringIncludes(
    formatProblems(problems),
    "phased.yaml:6:7   error  feed.phases[0]: the phase has no length: add for: 5s or messages: 100",
  );
});

test("symbols are those of made-up trades", () => {
  const options = (...lines: string[]): unknown => read(...lines).source.options;
  const own = { symbols: ["IBM", "KSS"] };
  assertEquals(options("messages: 1", "symbols: [IBM, KSS]"), own);
  assertEquals(
    options("messages: 1", "symbols: [IBM, KSS]", "source: { trades: { quotes: 50% } }"),
    { ...own, quotes: 0.5 },
  );
  assertEquals(wrong("messages: 1", "symbols: IBM", "source: price"), [
    "symbols: the source price has no symbols: write source: trades, or remove this",
  ]);
});

test("a rate beyond one message a nanosecond is told, wherever it stands", () => {
  const tooFast = (text: string): string =>
    `${JSON.stringify(text)} is faster than a clock of nanoseconds can tell: write 1G/s or less`;
  assertEquals(wrong("messages: 2", "rate: 5G/s"), [`rate: ${tooFast("5G/s")}`]);
  assertEquals(wrong("duration: 1s", "rate: { from: 1/s, to: 2G/s }"), [
    `rate.to: ${tooFast("2G/s")}`,
  ]);
  assertEquals(wrong("phases: [{ name: a, messages: 1, rate: 1001M/s }]"), [
    `phases[0].rate: ${tooFast("1001M/s")}`,
  ]);
  assertEquals(read("messages: 1", "rate: 1G/s").messages, 1);
  assertEquals(read("messages: 1", "rate: 1G/s").phases[0]!.length, 1);
});
