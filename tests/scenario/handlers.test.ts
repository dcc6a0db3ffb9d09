/** Several handlers of one feed: how they are written, and that none of them moves another. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { isOfListener } from "../../modules/core/journal.ts";
import { toPlain } from "../../modules/core/plain.ts";
import type { Run, Runs } from "../../modules/core/run.ts";
import { MILLISECOND } from "../../modules/core/time.ts";
import type { Judgement } from "../../modules/core/verdict.ts";
import { handlerNames, outlineOf } from "../../modules/scenario/handlers.ts";
import { LISTEN_KEYS } from "../../modules/scenario/listen.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { readStored, writeStored } from "../../modules/scenario/stored.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { aJudgedRun } from "../support/judged-run.ts";

const FEED = `feedlab: 1
name: handlers
feed: { messages: 200, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
recovery: { listen: 127.0.0.1:7000 }
`;

function messages(keys: string): string[] {
  const { problems } = loadScenario(FEED + keys, "handlers.yaml");
  return problems.map(({ path, message, hint }) =>
    [path, message, hint].filter((part) => part !== undefined && part !== "").join(": "),
  );
}

async function run(keys: string, seed = "7"): Promise<{ runs: Runs; judgement: Judgement }> {
  const { scenario, problems } = loadScenario(FEED + keys, "handlers.yaml");
  assert(scenario !== undefined, JSON.stringify(problems));
  const runs = await runScenario(scenario, new SimWorld(), { seed });
  return { runs, judgement: judgeRun(runs, scenario) };
}

void test("a map of maps is several handlers, whatever they are called", () => {
  const names = (listen: unknown): readonly string[] | undefined =>
    handlerNames(outlineOf(listen), LISTEN_KEYS);
  assertEquals(names({ patient: {}, hasty: { gap_timeout: "1ms" } }), ["patient", "hasty"]);
  assertEquals(names({ only: {} }), ["only"]);
  assertEquals(names({ loud: { gap_timeout: "1ms" } }), ["loud"]);
  assertEquals(names({ patient: {}, unwritten: null }), ["patient", "unwritten"]);
  for (const one of [
    undefined,
    null,
    {},
    [],
    "first",
    { gap_timeout: "1ms", recover: { retries: 1 }, load: {} },
    { recovr: { retries: 1 } },
    { gap_timeot: "1ms" },
    { pause: { for: "1ms" } },
  ]) {
    assertEquals(names(one), undefined, JSON.stringify(one));
  }
});

void test("each form is told of its mistakes in its own words", () => {
  const { feeds } = loadScenario(
    `${FEED}listen: { patient: { gap_timeout: 50ms }, hasty: {} }`,
    "handlers.yaml",
  ).scenario!;
  assertEquals(
    feeds[0].handlers.map(({ name, listen }) => [name, listen.gap_timeout, listen.start]),
    [
      ["patient", 50 * MILLISECOND, "first"],
      ["hasty", 0, "first"],
    ],
  );
  const known = "(join, start, silence, gap_timeout, on_abandon, receive_buffer, recover, load)";
  assertEquals(messages("listen: { recovr: { retries: 1 } }"), [
    `listen: unknown key "recovr": did you mean "recover"?  ${known}`,
  ]);
  assertEquals(
    messages("listen: { patient: { recovr: { retries: 1 } }, hasty: { gap_timeout: 5 } }"),
    [
      `listen.patient: unknown key "recovr": did you mean "recover"?  ${known}`,
      'listen.hasty.gap_timeout: "5" has no unit: write 5ms or 5s',
    ],
  );
  assertEquals(messages("listen: { patient: {}, 2nd: {} }"), [
    `listen: unknown key "2nd": a handler's name is a letter, then letters and digits: "2nd" is none`,
  ]);
  assertEquals(messages("listen: { patient: {}, hasty: }"), [
    "listen.hasty: no value after the colon: expected a map: " +
      known.slice(1, -1).replace("join", "have join"),
  ]);
});

void test("a key of a handler beside handlers is one clear mistake", () => {
  assertEquals(messages("listen: { gap_timeout: 1, patient: {}, hasty: {} }"), [
    "listen: gap_timeout stands beside handlers, where nobody can tell which of them is meant: " +
      "move it into each handler, as listen: { patient: { gap_timeout: ... } }",
  ]);
  assertEquals(messages("listen: { patient: {}, recover: { retries: 1 }, join: 1s }"), [
    "listen: join and recover stand beside handlers, where nobody can tell which of them is meant: " +
      "move them into each handler, as listen: { patient: { join: ... } }",
  ]);
});

void test("in feeds with names each has a form of its own", () => {
  const text = (a: string, b: string): string => `feedlab: 1
name: feeds
feeds:
  a:
    feed: { messages: 3 }
    lines: { A: { group: 239.192.1.1:6000 } }
    listen: ${a}
  b:
    feed: { messages: 3 }
    lines: { A: { group: 239.192.2.1:6000 } }
    listen: ${b}
expect: [{ check: delivered == 3, handler: patient }]
`;
  const { scenario, problems } = loadScenario(
    text("{ gap_timeout: 1ms }", "{ patient: {}, hasty: {} }"),
    "feeds.yaml",
  );
  assertEquals(problems, []);
  assertEquals(
    scenario!.feeds.map(({ name, handlers }) => [name, handlers.map((one) => one.name)]),
    [
      ["a", [""]],
      ["b", ["patient", "hasty"]],
    ],
  );
  const wrong = loadScenario(
    text("{ gap_timeot: 1ms }", "{ patient: { jon: 1s }, start: now }").replace("  b:", "  b b:"),
    "feeds.yaml",
  );
  assertEquals(
    wrong.problems.map(({ path, message }) => `${path}: ${message}`),
    [
      'feeds.a.listen: unknown key "gap_timeot"',
      'feeds: unknown key "b b"',
      // What stands below it is read for its form all the same.
      `feeds["b b"].listen: start stands beside handlers, where nobody can tell which of them is ` +
        "meant: move it into each handler, as listen: { patient: { start: ... } }",
    ],
  );
});

void test("an expectation names a handler that there is", () => {
  const expect = "expect: [{ check: delivered == 100%, handler: hasy }]";
  assertEquals(messages(`listen: { patient: {}, hasty: {} }\n${expect}`), [
    'expect[0].handler: no handler "hasy": did you mean "hasty"?',
  ]);
  assertEquals(messages(expect), [
    'expect[0].handler: no handler "hasy": the only handler has no name, so leave it out',
  ]);
});

void test("what is expected is judged for each handler, or for the one that it names", async () => {
  const { runs, judgement } = await run(`
impair: [{ drop: { seq: 20..22 } }, { name: late, reorder: { every: 50, by: 10ms } }]
listen: { patient: { gap_timeout: 50ms }, hasty: {} }
expect:
  - delivered == 100%
  - { check: gaps.detected == 1, handler: patient }
  - { check: gaps.detected == 1, handler: hasty, name: asks for little }
`);
  const [patient, hasty] = runs;
  assertEquals([patient.handler, hasty?.handler], ["patient", "hasty"]);
  assertEquals(
    judgement.verdicts.map(({ text, handler, outcome, got }) => [text, handler, outcome, got]),
    [
      ["patient: delivered == 100%", "patient", "pass", "100% (200 of 200)"],
      ["patient: gaps.detected == 1", "patient", "pass", "1"],
      [`patient: ${INVARIANTS_TEXT}`, "patient", "pass", ""],
      ["hasty: delivered == 100%", "hasty", "pass", "100% (200 of 200)"],
      // It also asks for what is only late.
      ["hasty: asks for little", "hasty", "fail", String(hasty?.gaps.length)],
      [`hasty: ${INVARIANTS_TEXT}`, "hasty", "pass", ""],
    ],
  );
  assert((hasty?.gaps.length ?? 0) > 1);
  assertEquals(judgement.outcome, "fail");
});

const INVARIANTS_TEXT = "exactly once, in order, intact, nothing invented, every gap closed";

void test("what is about the feed is told once, what is about a handler of it", async () => {
  const { judgement } = await run(`
impair: [{ name: never, drop: { every: 2 }, max: 1, seq: 200, type: heartbeat }]
timeline:
  - { at: 50ms, do: listen.pause, for: 5ms }
  - { at: 5s, do: recovery.restart, down: 1ms }
listen: { early: {}, late: { join: 100ms } }
`);
  const wrong = judgement.verdicts.filter(({ outcome }) => outcome !== "pass");
  assertEquals(
    wrong.map(({ text, got }) => `${text}: ${got}`),
    [
      "late: timeline: listen.pause 5ms happens: at 50ms there was nothing for it",
      'impair.never.hits > 0: rule "never" never fired',
      "timeline: recovery.restart 1ms happens: the run was over before 5s",
    ],
  );
});

void test("any handler that cannot pass any more stops the run", async () => {
  const { runs } = await run(`
impair: [{ reorder: { every: 10, by: 20ms } }]
listen: { patient: { gap_timeout: 50ms }, hasty: {} }
expect: [{ check: gaps.detected < 3, abort: true }]
`);
  assertEquals(
    runs.map(({ end }) => end),
    ["aborted", "aborted"],
  );
  assertEquals(runs[0].gaps, []);
});

/** All that is known of a handler, but what the servers tell of everybody. */
function known({ journal, ...rest }: Run): unknown {
  return toPlain({
    ...rest,
    journal: journal.filter((event) => isOfListener(event) || event.event === "dropped"),
  });
}

void test("one handler more changes nothing for the others", async () => {
  const handler = fc.record({
    gap_timeout: fc.constantFrom("0ms", "1ms", "3ms", "50ms"),
    join: fc.constantFrom("0ms", "0ms", "30ms"),
    start: fc.constantFrom("first", "now"),
    on_abandon: fc.constantFrom("skip", "stop"),
    recover: fc.record({
      max_in_flight: fc.integer({ min: 1, max: 4 }),
      timeout: fc.constantFrom("5ms", "1s"),
      retries: fc.integer({ min: 0, max: 3 }),
      merge: fc.constantFrom("0ms", "2ms"),
      jitter: fc.constantFrom("0%", "50%"),
    }),
  });
  const rules = fc.subarray([
    "{ drop: { chance: 3% } }",
    "{ delay: { by: 1ms, jitter: 1ms } }",
    "{ reorder: { chance: 5%, by: 3 packets } }",
    "{ duplicate: { chance: 5%, after: 2ms } }",
    "{ corrupt: { chance: 1% } }",
  ]);
  const cases = fc.asyncProperty(
    fc.tuple(handler, handler, handler),
    rules,
    fc.boolean(),
    fc.integer(),
    async ([one, two, three], impair, down, seed) => {
      const rest = `
impair: [${impair.join(", ")}]
timeline:
  - { at: 80ms, do: listen.pause, for: 5ms }
${down ? "  - { at: 60ms, do: recovery.restart, down: 20ms }" : ""}
allow: [intact, invented, in_order, once]
`;
      const of = async (listen: object): Promise<ReadonlyMap<string, unknown>> => {
        const { runs } = await run(`${rest}listen: ${JSON.stringify(listen)}\n`, String(seed));
        return new Map(runs.map((own) => [own.handler ?? "", known(own)]));
      };
      const alone = await of({ one });
      const together = await of({ one, two, three });
      const turned = await of({ three, two, one });
      assertEquals(together.get("one"), alone.get("one"));
      for (const name of ["one", "two", "three"]) {
        assertEquals(turned.get(name), together.get(name), name);
      }
    },
  );
  await fc.assert(cases, { numRuns: 25 });
});

void test("a run of several handlers is stored once, and read as it was", async () => {
  const { runs, judgement } = await run(`
impair: [{ drop: { seq: [20, 40..42] } }]
listen: { patient: { gap_timeout: 50ms }, hasty: {} }
`);
  const judged = aJudgedRun({ runs, judgement });
  const text = writeStored(judged);
  assertEquals(toPlain(readStored(text, "run.ndjson")), toPlain(judged));
  const lines = text.split("\n").filter((line) => line.includes('"event":"dropped"'));
  assertEquals(lines.length, 4);
  const gaps = text.split("\n").filter((line) => line.includes('"event":"gap"'));
  assertEquals(gaps.map((line) => (JSON.parse(line) as { handler: string }).handler).toSorted(), [
    "hasty",
    "hasty",
    "patient",
    "patient",
  ]);
});
