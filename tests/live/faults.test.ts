/**
 * Every fault, with every recovery protocol that can have it, in virtual time and on real sockets:
 * the listener comes to the same end.
 */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Run } from "../../modules/core/run.ts";
import { formatRanges } from "../../modules/core/seq.ts";
import { faults } from "../../modules/faults/mod.ts";
import { runIsolated } from "../../modules/library/isolate.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

const watchdog = { timeout: 60_000 };
const SEED = "7";

/** Runs on real sockets at once: a machine that is too busy would lose packets of its own. */
const AT_ONCE = 4;

/** What is published, and how it is asked for. */
const PROTOCOLS = {
  demo: { feed: "demo", recovery: "protocol: demo" },
  soupbintcp: { feed: "moldudp64", recovery: "protocol: soupbintcp" },
  moldudp64: { feed: "moldudp64", recovery: "protocol: moldudp64" },
  nyse_xdp: { feed: "nyse_xdp", recovery: "protocol: nyse_xdp, repairs: 239.192.1.9:6009" },
  cta: { feed: "cta", recovery: "protocol: cta, repairs: 239.192.1.9:6009" },
} as const;

type Name = keyof typeof PROTOCOLS;

/** What comes of a fault that the listener can notice, or wait out: nothing but time is lost. */
const MENDED = "all delivered";
/** The server has said that it has none: nobody asks again. */
const GIVEN_UP = "given up 20..21";
/** What no client of that protocol can notice. */
const FOOLED = "not intact";

/** Entries below `faults:`, and what comes of each: of all protocols alike, or of some. */
const CASES: Readonly<Record<string, Partial<Record<Name | "others", string>>>> = {
  "{ time: 0s..250ms, down: true }": { others: MENDED },
  "{ connection: 1, reset: { after: accept } }": { others: MENDED },
  "{ request: 1, reset: { after: request } }": { others: MENDED },
  "{ request: 1, reset: { after: 10 bytes } }": { others: MENDED },
  "{ request: 1, latency: 60ms }": { others: MENDED },
  "{ request: 1, latency: 400ms }": { others: MENDED },
  "{ request: 1, silent: true }": { others: MENDED },
  "{ seq: 20, attempt: 1..2, silent: true }": { others: MENDED },
  "{ request: 1, partial: 0 messages }": { others: MENDED },
  "{ request: 1, partial: 1 message }": { others: MENDED },
  // Where there is no word for it, nothing comes, and asking again helps.
  "{ seq: 20..21, attempt: 1, not_found: true }": { moldudp64: MENDED, others: GIVEN_UP },
  "{ request: 1, wrong_seq: +1 }": { others: MENDED },
  "{ request: 1, wrong_seq: -1 }": { others: MENDED },
  "{ request: 1, stale_session: true }": { others: MENDED },
  "{ request: 1, ahead: 1 message }": { others: MENDED },
  // The copy counts as the message after it.
  "{ request: 1, duplicate: true }": { soupbintcp: FOOLED, others: MENDED },
  "{ request: 1, corrupt: frame }": { others: MENDED },
  "{ request: 1, corrupt: payload }": { others: FOOLED },
  "{ request: 1, trickle: { chunk: 8 bytes, every: 5ms } }": { others: MENDED },
  "{ request: 1, slow_close: 50ms }": { others: MENDED },
};

/** One fault with one protocol that can have it. */
interface Ran {
  readonly title: string;
  readonly expected: string;
  readonly sim: Run;
  readonly live: Promise<Run>;
}

const all: { name: string; protocol: Name; entry: string; scenario: Scenario }[] = [];
for (const entry of Object.keys(CASES)) {
  for (const protocol of Object.keys(PROTOCOLS) as Name[]) {
    const { scenario, problems } = loadScenario(textOf(protocol, entry), "faults.yaml");
    const unfit = problems.every(({ message }) => message.startsWith("no "));
    assert(scenario !== undefined || unfit, problems.map(({ message }) => message).join("\n"));
    if (scenario === undefined) continue;
    all.push({ name: `${protocol}: ${entry}`, protocol, entry, scenario });
  }
}

let running: Promise<ReadonlyMap<string, Ran>> | undefined;

for (const { name } of all) {
  void test(name, watchdog, async () => {
    running ??= runAll();
    const { expected, sim, live: waiting } = (await running).get(name)!;
    assertEquals(endOf(sim), { what: expected, met: true }, "in virtual time");
    const live = await waiting;
    assertEquals([sim.time, live.time], ["virtual", "real"]);
    assertEquals(endOf(live), endOf(sim), "on real sockets");
  });
}

void test("every fault is here, and each protocol has some of them", () => {
  const texts = Object.keys(CASES);
  for (const { name } of faults)
    assert(
      texts.some((text) => text.includes(`${name}:`)),
      name,
    );
  for (const protocol of Object.keys(PROTOCOLS)) {
    assert(all.filter((one) => one.protocol === protocol).length >= 9, protocol);
  }
});

/** All in virtual time, then on real sockets, a few at once. */
async function runAll(): Promise<ReadonlyMap<string, Ran>> {
  const ran = new Map<string, Ran>();
  const queue: (() => Promise<void>)[] = [];
  for (const { name, protocol, entry, scenario } of all) {
    const [sim] = await runScenario(scenario, new SimWorld(), { seed: SEED });
    const { promise, resolve } = Promise.withResolvers<Run>();
    const expected = CASES[entry]![protocol] ?? CASES[entry]!.others!;
    ran.set(name, { title: name, expected, sim, live: promise });
    queue.push(async () => {
      const run = runIsolated(scenario, (here) =>
        runScenario(here, openLiveWorld(), { seed: SEED }),
      ).then(([own]) => own);
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

function textOf(protocol: Name, entry: string): string {
  const { feed, recovery } = PROTOCOLS[protocol];
  return `feedlab: 1
name: one fault
feed: { protocol: ${feed}, messages: 40, rate: 200/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [drop: { seq: 20..21 }]
recovery: { ${recovery}, listen: 127.0.0.1:7000, faults: [${entry}] }
listen: { recover: { timeout: 200ms, retries: 8, backoff: 20ms..50ms } }
`;
}

/** What came of it, whatever the clock says; a wrong message is never called right. */
function endOf(run: Run): object {
  const { broken, recovery, abandoned } = run;
  const fooled = broken.length > 0 && broken.every(({ invariant }) => invariant === "intact");
  assertEquals(recovery.acceptedWrong > 0, fooled, broken.map(({ what }) => what).join("; "));
  const given = formatRanges(abandoned);
  const what = fooled ? FOOLED : given === "" ? MENDED : `given up ${given}`;
  return { what, met: recovery.faults.every(({ hits }) => hits > 0) };
}
