import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import { bundledNames, readScenarioText } from "../../../modules/commands/scenario/files.ts";
import type { FeedScenario } from "../../../modules/scenario/feed-scenario.ts";
import { noFiles } from "../../../modules/scenario/files.ts";
import { loadScenario } from "../../../modules/scenario/load.ts";
import { planFeed } from "../../../modules/scenario/plan.ts";
import {
  fromPortable,
  NotPortable,
  toPortable,
} from "../../../modules/scenario/thread/portable.ts";

function feedOf(text: string): FeedScenario {
  const { scenario, problems } = loadScenario(text, "s.yaml");
  assert(scenario !== undefined, problems.map(({ message }) => message).join("; "));
  return scenario.feeds[0];
}

/** The feed as another thread has it. */
function sent(feed: FeedScenario): FeedScenario {
  return { ...feed, ...fromPortable(structuredClone(toPortable(feed)), () => noFiles) };
}

const RICH = `feedlab: 1
name: all that there is
feed:
  protocol: moldudp64
  source: { trades: { symbols: [IBM, KSS] } }
  batch: { messages: 4 }
  heartbeat: 1s
  phases:
    - { name: calm, for: 1s, rate: 1k/s, arrivals: poisson }
    - { name: open, messages: 500, rate: max }
lines:
  A: { group: 239.192.1.1:6000 }
  B: { group: 239.192.1.2:6000, skew: 1ms..3ms }
impair:
  - { drop: { chance: 5% }, seq: "10..400", type: [data, heartbeat], max: 9 }
  - { drop: { gilbert_elliott: { loss: 2%, burst: 6 } }, phase: calm }
  - { drop: { seq: [3, 5..9] }, line: B }
  - { drop: { trace: "0001100" }, unit: message }
  - { delay: { by: 1ms, jitter: 200us, distribution: normal } }
  - { blackout: { time: 100ms..120ms } }
recovery:
  listen: 127.0.0.1:7000
  protocol: soupbintcp
  faults: [{ seq: 150..151, attempt: 1, silent: true }]
timeline:
  - { at: 500ms, do: line.down, line: A, for: 20ms }
  - { at: "msg 900", do: feed.pause, for: 100ms }
`;

const texts: readonly (readonly [string, string])[] = [
  ["one with everything", RICH],
  ...bundledNames().map((name) => [name, readScenarioText(name).text] as const),
];

for (const [name, text] of texts) {
  void test(`${name}: in another thread the same packets leave, and the same are lost`, () => {
    const feed = feedOf(text);
    for (const seed of ["7", "8"]) assertEquals(planFeed(sent(feed), seed), planFeed(feed, seed));
  });
}

void test("what nobody else knows is named, and not guessed", () => {
  const feed = feedOf(RICH);
  const own = { ...feed.feed.protocol.definition };
  const unknown = {
    ...feed,
    feed: { ...feed.feed, protocol: { ...feed.feed.protocol, definition: own } },
  };
  const error = assertThrows(() => toPortable(unknown), NotPortable);
  assert(error.message.startsWith("feed.protocol.definition"), error.message);
});

void test("files are opened where the scenario stands, if it stands anywhere", () => {
  const feed = feedOf(RICH);
  const definition = { ...feed.feed.source.definition, file: "path" };
  const filed = { ...feed, feed: { ...feed.feed, source: { ...feed.feed.source, definition } } };
  assertEquals(assertThrows(() => toPortable(filed), NotPortable).message, "open");
  assertEquals(toPortable(feed).folder, undefined);
  assertEquals(
    toPortable({ ...feed, open: Object.assign((path: string) => noFiles(path), { folder: "f" }) })
      .folder,
    "f",
  );
});
