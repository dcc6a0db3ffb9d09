import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { readInlineFaults } from "../../modules/scenario/inline.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { demo } from "../../modules/codecs/demo.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

const HEAD = `feedlab: 1
name: faults
feed: { messages: 30, rate: 100/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [drop: { seq: [10, 20] }]
`;

function problemsOf(recovery: string): string {
  return formatProblems(loadScenario(`${HEAD}${recovery}`, "f.yaml").problems, 200);
}

/** What came of a run in virtual time. */
async function ran(rest: string, seed = "7"): Promise<string[]> {
  const { scenario, problems } = loadScenario(`${HEAD}${rest}`, "f.yaml");
  if (scenario === undefined) throw new Error(problems.map(({ message }) => message).join("\n"));
  const runs = await runScenario(scenario, new SimWorld(), { seed });
  const { verdicts, exitCode } = judgeRun(runs, scenario);
  return [
    ...runs[0].recovery.faults.map(({ name, hits }) => `${name}: ${hits}`),
    ...verdicts
      .filter(({ outcome }) => outcome !== "pass")
      .map(({ text, got }) => {
        const place = scenario.places[text];
        return `${place?.line}:${place?.column} ${text}: ${got}`;
      }),
    `exit ${exitCode}`,
  ];
}

test("what nobody knows yet cannot be selected, and the place says which fault", () => {
  const told = problemsOf(`recovery:
  listen: 127.0.0.1:7000
  faults:
    - { seq: 10, down: true }
    - { request: 2, reset: { after: accept } }
    - { chance: 5%, down: true }
    - { time: 0s..1s, connection: 1, reset: { after: accept } }
`);
  const lines = told.split("\n").filter((line) => line.includes("error"));
  assertEquals(lines, [
    'f.yaml:9:7    error  recovery.faults[0]: "down" cannot take "seq": ' +
      "a refused connection never says what it wanted",
    'f.yaml:10:7   error  recovery.faults[1]: "reset after accept" cannot take "request": ' +
      "a connection that is reset at once never says what it wanted",
    'f.yaml:11:7   error  recovery.faults[2]: "down" cannot take "chance": ' +
      "the port is closed for everybody: write a time",
  ]);
});

test("an unknown fault or selector is told with what there is", () => {
  const told = problemsOf(
    "recovery: { listen: 127.0.0.1:7000, faults: [{ silnt: true }, { request: 0, silent: true }] }",
  );
  assertStringIncludes(told, 'did you mean "silent"?');
  assertStringIncludes(told, "0 is none: they are counted from 1");
});

test("warns of a fault that changes nothing, or that nobody can meet", () => {
  const told = problemsOf(
    "recovery: { listen: 127.0.0.1:7000, faults: [{ partial: 2 messages }, { seq: 90, silent: true }] }",
  );
  assertStringIncludes(
    told,
    'fault "partial 2 messages" changes nothing: demo never answers with more than 1 message',
  );
  assertStringIncludes(told, 'fault "silent (seq 90)" is never met: the feed ends at 30');
});

test("a fault that nobody met is not exercised, with its place in the file", async () => {
  const told = await ran(`recovery:
  listen: 127.0.0.1:7000
  faults:
    - { request: 1, latency: 5ms }
    - { name: never, request: 9, silent: true }
`);
  assertEquals(told, [
    "latency 5ms (request 1): 1",
    "never: 0",
    '10:7 recovery.faults: never is met: fault "never" was never met',
    "exit 5",
  ]);
});

test("the server is away for the window alone, and met is who found it so", async () => {
  const server = (window: string): string =>
    `recovery: { listen: 127.0.0.1:7000, faults: [{ time: ${window}, down: true }] }\n`;
  assertEquals((await ran(server("0s..150ms")))[0], "down (0ns..150ms): 1");
  const late = await ran(server("250ms..270ms"));
  assertEquals(late.at(-1), "exit 5");
});

test("chance begins with the seed, and each seed has its own", async () => {
  const rest = (more: string): string =>
    `recovery:
  listen: 127.0.0.1:7000
  faults: [${more}{ name: c, chance: 50%, latency: 1ms }]
`;
  const seeds = Array.from({ length: 8 }, (_, i) => String(i));
  const alone = await Promise.all(seeds.map(async (seed) => (await ran(rest(""), seed))[0]));
  assertEquals(new Set(alone).size > 1, true, alone.join(", "));
  const again = await Promise.all(seeds.map(async (seed) => (await ran(rest(""), seed))[0]));
  assertEquals(again, alone);
  const other = "{ seq: 29, chance: 50%, silent: true }, ";
  const beside = await Promise.all(seeds.map(async (seed) => (await ran(rest(other), seed))[1]));
  assertEquals(beside, alone);
});

test("each of several servers has faults of its own, and names that no other has", async () => {
  const told = await ran(`recovery:
  listen: 127.0.0.1:7000
  faults: [{ silent: true }]
  others:
    - { listen: 127.0.0.1:7001, faults: [{ request: 1, latency: 1ms }] }
    - { listen: 127.0.0.1:7002, faults: [{ silent: true }] }
listen: { recover: { timeout: 50ms, backoff: 10ms..20ms } }
`);
  assertEquals(told, [
    "silent: 1",
    "latency 1ms (request 1): 1",
    "silent 2: 0",
    '11:42 recovery.faults: silent 2 is met: fault "silent 2" was never met',
    "exit 5",
  ]);
});

test("two servers on one address cannot be, and no third one can be restarted of two", () => {
  const two = "recovery: { listen: 127.0.0.1:7000, others: [{ listen: 127.0.0.1:7000 }] }";
  assertStringIncludes(problemsOf(two), "give each a port of its own");
  const third = `recovery: { listen: 127.0.0.1:7000, others: [{ listen: 127.0.0.1:7001 }] }
timeline: [{ at: 100ms, do: recovery.restart, down: 10ms, server: 3 }]
`;
  assertStringIncludes(problemsOf(third), "no recovery server 3: there are 2");
});

test("outside of a file, a fault is a text of its own", () => {
  const codec = demo.create({}, { epochMs: 0 }).recovery;
  const feed = { first: 1, messages: Infinity, untilNs: Infinity, batch: 1, heartbeats: false };
  const read = (...texts: string[]) => readInlineFaults(texts, "--fault", codec, "demo", feed);
  const { faults, problems } = read("down: true", "{ request: 2, silent: true }");
  assertEquals(
    faults?.map(({ name }) => name),
    ["down", "silent (request 2)"],
  );
  assertEquals(problems, []);
  const wrong = read("down: true", "{ seq: 1, down: true }");
  assertEquals(wrong.faults, undefined);
  assertStringIncludes(formatProblems(wrong.problems, 200), "--fault 2:1:1");
  const unfit = read("stale_session: true");
  assertEquals(unfit.faults, undefined);
  assertStringIncludes(formatProblems(unfit.problems, 200), "names no session");
});
