import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { bundledNames, readScenarioText } from "../../modules/commands/scenario/files.ts";
import { formatScenario, fullScenario, pinnedScenario } from "../../modules/scenario/full.ts";
import { type Loaded, loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { planScenario } from "../../modules/scenario/plan.ts";

const SMALL = `feedlab: 1
name: small
vars: { loss: 5% }
feed: { messages: 22 }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - drop: { chance: "\${loss}" }
`;

function full(text: string, loaded: Loaded): string {
  return formatScenario(fullScenario(text, "x.yaml", {}, loaded.scenario!, "7"));
}

void test("every default is there as one would write it", () => {
  assertEquals(
    full(SMALL, loadScenario(SMALL, "x.yaml")),
    `feedlab: 1
name: small
tags: []
seed: "7"
time: real
requires: []
feed:
  interval: 500ms
  source: price
  first: 1
  protocol: demo
  messages: 22
  arrivals: constant
  batch:
    messages: 1
lines:
  A:
    group: 239.192.1.1:6000
    interface: lo
    ttl: 1
    skew: 0ms
impair:
  - name: drop chance 5%
    drop:
      chance: 5%
timeline: []
listen:
  join: 0ms
  start: first
  gap_timeout: 0ns
  on_abandon: skip
  recover:
    max_in_flight: 4
    timeout: 1s
    retries: 10
    backoff: 100ms..2s
    give_up: 15s
  load:
    timeout: 1s
    retries: 20
    wait: 250ms
    max: 1000000 messages
expect: []
allow: []`,
  );
});

for (const name of bundledNames()) {
  const { text } = readScenarioText(name);
  const loaded = loadScenario(text, "x.yaml");
  void test(`${name} in full says what ${name} says`, () => {
    const whole = full(text, loaded);
    const again = loadScenario(whole, "x.yaml");
    const errors = again.problems.filter(({ severity }) => severity === "error");
    assertEquals(errors, []);
    assertEquals(full(whole, again), whole);
    assertEquals(planScenario(again.scenario!, "7"), planScenario(loaded.scenario!, "7"));
    const facts = ({ time, timeout, feeds }: Scenario): object => ({
      time,
      timeout,
      feeds: feeds.map(({ name, lines, handlers, recovery, feed, rules }) => ({
        name,
        lines,
        handlers,
        recovery,
        end: feed.end,
        rules: rules.length,
      })),
    });
    assertEquals(facts(again.scenario!), facts(loaded.scenario!));
  });

  void test(`${name} with its seed pinned hits what ${name} hits`, () => {
    const pinned = pinnedScenario(text, "x.yaml", {}, loaded.scenario!, "7");
    const { scenario } = loadScenario(formatScenario(pinned), "x.yaml");
    assertEquals([scenario!.seed, scenario!.time], ["7", "virtual"]);
    assertEquals(planScenario(scenario!, "7"), planScenario(loaded.scenario!, "7"));
  });
}
