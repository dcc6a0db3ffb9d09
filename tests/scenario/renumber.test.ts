import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { formatRanges } from "../../modules/core/seq.ts";
import { Sessions } from "../../modules/protocol/sessions.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { Renumber } from "../../modules/scenario/renumber.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { judgeRun } from "../../modules/scenario/verdict.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

function sessionsOf(
  ...all: readonly (readonly [name: string, from: number, first: number])[]
): Sessions {
  const sessions = new Sessions();
  for (const session of all) sessions.begin(...session);
  return sessions;
}

test("a listener that has missed the end of a session counts the next one from too early", () => {
  const heard = sessionsOf(["S1", 0, 0], ["S2", 48, 1]);
  const published = sessionsOf(["S1", 1, 1], ["S2", 50, 1]);
  const numbers = new Renumber(() => heard, published);
  assertEquals(
    [47, 48, 49, 60].map((seq) => numbers.seq(seq)),
    [47, 50, 51, 62],
  );
  assertEquals(numbers.event({ event: "gap", atNs: 7, from: 50, until: 53, recovery: true }), {
    event: "gap",
    atNs: 7,
    from: 52,
    until: 55,
    recovery: true,
  });
});

test("sessions without names are matched by their order", () => {
  const heard = sessionsOf(["", 0, 0], ["", 48, 1]);
  const published = sessionsOf(["", 1, 1], ["", 50, 1]);
  assertEquals(new Renumber(() => heard, published).seq(48), 50);
});

test("with one session, or before there is a listener, numbers are the same", () => {
  const published = sessionsOf(["S1", 1, 1]);
  assertEquals(new Renumber(() => undefined, published).seq(5), 5);
  assertEquals(new Renumber(() => sessionsOf(["S1", 0, 0]), published).seq(5), 5);
});

for (const protocol of ["moldudp64", "cta", "nyse_xdp"]) {
  test(`${protocol}: a session whose end is lost takes nothing of the next one with it`, async () => {
    const { scenario, problems } = loadScenario(
      `feedlab: 1
name: tail of a session lost
feed: { protocol: ${protocol}, messages: 100, rate: 1k/s, heartbeat: 100ms }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - { name: tail, drop: { msg: 48..49 } }
  - { name: end, drop: { chance: 100% }, type: [end, heartbeat], time: 0ms..60ms }
timeline: [{ at: msg 50, do: feed.new_session }]
`,
      "x.yaml",
    );
    assertEquals(problems, []);
    const runs = await runScenario(scenario!, new SimWorld(), { seed: "7" });
    const [run] = runs;
    assertEquals([run.delivered, run.gaps.length, run.broken], [98, 0, []]);
    const first = protocol === "nyse_xdp" ? 2 : 1;
    // Nobody could notice, but nothing else took them.
    assertEquals(formatRanges(run.tail), `${first + 47}..${first + 48}`);
    assertEquals([run.unexplained, judgeRun(runs, scenario!).outcome], [[], "pass"]);
  });
}

for (const protocol of ["cta", "nyse_xdp"]) {
  test(`${protocol}: resets that come behind their data begin no third session`, async () => {
    const { scenario, problems } = loadScenario(
      `feedlab: 1
name: late resets
feed: { protocol: ${protocol}, messages: 100, rate: 1k/s, heartbeat: 100ms }
lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000, skew: 1ms } }
impair: [{ delay: { by: 3ms }, type: reset }]
timeline: [{ at: msg 50, do: feed.new_session }]
recovery: { listen: 127.0.0.1:7000, repairs: 239.192.1.9:6009 }
`,
      "x.yaml",
    );
    assertEquals(problems, []);
    const began: number[] = [];
    const runs = await runScenario(scenario!, new SimWorld(), {
      seed: "7",
      observe: (event) => {
        if (event.event === "session-began") began.push(event.from);
      },
    });
    assertEquals([began.length, runs[0].broken], [1, []]);
    assertEquals(runs[0].delivered, 100);
  });
}
