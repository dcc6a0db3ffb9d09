import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { FeedEvent } from "../../modules/core/events.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { renderLife } from "../../modules/reports/life.ts";
import { lifeOf } from "../../modules/scenario/life.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";

function scenario(recovery: boolean, more = ""): Scenario {
  const text = `feedlab: 1
name: lives
feed: { messages: 10, interval: 100ms }
lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000 } }
impair:
  - drop: { seq: [5, 10] }
${recovery ? "recovery: { listen: 127.0.0.1:7000 }" : ""}
${more}
`;
  return loadScenario(text, "lives.yaml").scenario!;
}

/** The life as it is told, from all that is known or from what a journal keeps. */
async function life(seq: number, stored: boolean, recovery = true): Promise<string[]> {
  const events: FeedEvent[] = [];
  const lived = scenario(recovery);
  const [run] = await runScenario(lived, new SimWorld(), {
    seed: "7",
    observePackets: true,
    observe: (event) => {
      events.push(event);
    },
  });
  const moments = lifeOf(seq, { run, scenario: lived.feeds[0], ...(stored ? {} : { events }) });
  return renderLife(seq, run, moments, PLAIN).split("\n");
}

void test("a message that nothing happened to", async () => {
  assertEquals(await life(3, false), [
    "SEQ:3 of lives, seed 7",
    "  0.200000s  due",
    "  0.200000s  leaves on line A",
    "  0.200000s  leaves on line B",
    "  0.200010s  arrives on line A",
    "  0.200010s  delivered, brought by a line",
    "  0.200010s  arrives on line B",
    "  0.200010s  arrives again on line B, and changes nothing",
  ]);
});

void test("a message that was dropped everywhere and asked for", async () => {
  assertEquals(await life(5, true), [
    "SEQ:5 of lives, seed 7",
    "  0.400000s  due",
    '  0.400000s  dropped by "drop seq 5, 10" on line A',
    '  0.400000s  dropped by "drop seq 5, 10" on line B',
    "  0.500010s  missed: gap SEQ:5 is noticed",
    "  0.500010s  recovery is to ask (attempt 1)",
    "  0.500020s  asked for: GET SEQ:5",
    "  0.500040s  answered: Recovered data for SEQ:5",
    "  0.500040s  filled by recovery",
    "  0.500040s  delivered in its order",
  ]);
});

void test("a message that nobody could bring", async () => {
  assertEquals((await life(5, true, false)).slice(-2), [
    "  0.500010s  missed: gap SEQ:5 is noticed",
    "  0.500010s  given up: there is no recovery server",
  ]);
});

void test("a message that nobody missed", async () => {
  assertEquals(
    (await life(10, true)).at(-1),
    "             missed by nobody: nothing came after it",
  );
});

void test("a stored run without its scenario still tells what its journal knows", async () => {
  const lived = scenario(true);
  const [run] = await runScenario(lived, new SimWorld(), { seed: "7" });
  const texts = lifeOf(5, { run, scenario: undefined }).map(({ text }) => text);
  assertEquals(texts.slice(0, 3), [
    'dropped by "drop seq 5, 10" on line A',
    'dropped by "drop seq 5, 10" on line B',
    "missed: gap SEQ:5 is noticed",
  ]);
});

void test("a message from before the listener's start was never delivered", async () => {
  const lived = scenario(true, "listen: { start: 4 }");
  const [run] = await runScenario(lived, new SimWorld(), { seed: "7" });
  assertEquals(
    lifeOf(3, { run, scenario: undefined }).at(-1)?.text,
    "not wanted: the listener starts after it",
  );
});

void test("a message that was given up is told as such, though the journal was full", async () => {
  const [run] = await runScenario(scenario(false), new SimWorld(), { seed: "7" });
  const full = { ...run, journal: [] };
  assertEquals(
    lifeOf(5, { run: full, scenario: undefined }).map(({ text }) => text),
    ["given up"],
  );
});

void test("a copy that comes after recovery is no second one", async () => {
  const text = `feedlab: 1
name: lives
feed: { messages: 10, interval: 100ms }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [{ delay: { by: 150ms }, seq: 5 }, { duplicate: { every: 1 } }]
recovery: { listen: 127.0.0.1:7000 }
`;
  const [run] = await runScenario(loadScenario(text, "x.yaml").scenario!, new SimWorld(), {
    seed: "7",
  });
  assertEquals(
    lifeOf(5, { run, scenario: undefined })
      .map(({ text }) => text)
      .slice(-4),
    [
      "filled by recovery",
      "delivered in its order",
      "came on line A after it was no longer wanted",
      "arrives again on line A, and changes nothing",
    ],
  );
});
