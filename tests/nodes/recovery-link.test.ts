/** Recovery of each kind in virtual time, from the scenario to the last message. */
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Run } from "../../modules/core/run.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

const MESSAGES = 400;

/** A feed that loses one packet in twenty, and recovers them; `recovery` and `recover` are YAML. */
function scenario(feed: string, recovery: string, recover = "", impair = "chance: 5%"): string {
  return `
feedlab: 1
name: recovery
time: virtual
feed: { ${feed}, messages: ${MESSAGES}, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [drop: { ${impair} }]
recovery: { listen: 127.0.0.1:7000, ${recovery} }
listen: { recover: { ${recover} } }
`;
}

async function run(text: string): Promise<Run> {
  const { scenario, problems } = loadScenario(text, "recovery.yaml");
  assert(scenario !== undefined, problems.map(({ message }) => message).join("; "));
  const world = new SimWorld();
  const [run] = await world.until(runScenario(scenario, world, { seed: "7" }));
  return run;
}

const MOLD = "protocol: moldudp64, heartbeat: 100ms";
const XDP = "protocol: nyse_xdp, source: trades, heartbeat: 100ms";
const CTA = "protocol: cta, source: trades, heartbeat: 100ms";
const REPAIRS = "repairs: 239.192.1.9:6009";

const KINDS: Readonly<Record<string, string>> = {
  "a connection for each": scenario("protocol: demo", ""),
  datagrams: scenario(MOLD, ""),
  "datagrams, in blocks and merged": scenario(MOLD, "", "merge: 20ms, jitter: 10%"),
  "a stream": scenario(MOLD, "protocol: soupbintcp"),
  "a group of repairs": scenario(XDP, REPAIRS),
  "a group of repairs, asked for in the lab's own words": scenario(CTA, REPAIRS),
};

for (const [name, text] of Object.entries(KINDS)) {
  test(`${name}: all that was lost comes back, and nothing is asked twice`, async () => {
    const { recovery, end } = await run(text);
    assertEquals(end, "at-rest");
    assertEquals([recovery.retries, recovery.lost, recovery.acceptedWrong], [0, 0, 0]);
    assert(recovery.filled > 10 && recovery.requests <= recovery.filled, String(recovery.filled));
  });
}

test("gaps that open within the window are one request, and without it each is its own", async () => {
  const lost = "seq: [100, 105, 110..112]";
  const alone = await run(scenario(MOLD, "", "", lost));
  assertEquals([alone.recovery.requests, alone.recovery.filled], [3, 5]);
  const merged = await run(scenario(MOLD, "", "merge: 20ms", lost));
  assertEquals([merged.recovery.requests, merged.recovery.filled], [1, 5]);
});

test("a server that sends little for one request is asked for the rest", async () => {
  const text = scenario(MOLD, "max_request: 3 messages", "", "seq: 100..109");
  const { recovery } = await run(text);
  // Ten messages, three at a time, and no failure among them.
  assertEquals([recovery.requests, recovery.retries, recovery.filled], [4, 0, 10]);
});

test("a client with a largest request of its own splits what it asks for", async () => {
  const { recovery } = await run(
    scenario(XDP, REPAIRS, "max_request: 4 messages", "seq: 100..109"),
  );
  assertEquals([recovery.requests, recovery.retries, recovery.filled], [3, 0, 10]);
});

test("repairs need a group where the protocol sends them to one, and only there", () => {
  const wrong = (feed: string, recovery: string): string[] =>
    loadScenario(scenario(feed, recovery), "x.yaml").problems.map(({ message }) => message);
  assertEquals(wrong(XDP, "retain: 10 messages"), [
    "the nyse_xdp protocol sends repairs to a group: add repairs: 239.192.1.9:6009",
  ]);
  assertEquals(wrong(MOLD, REPAIRS), [
    "the moldudp64 protocol sends repairs to whoever asked: remove repairs",
  ]);
});
