import { NO_SKEW } from "../../modules/scenario/skew.ts";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { listenerFamilies, publisherFamilies } from "../../modules/commands/metrics.ts";
import { RecoveryTimes } from "../../modules/commands/recovery-times.ts";
import { SECOND } from "../../modules/core/time.ts";
import { renderPrometheus } from "../../modules/reports/prometheus.ts";
import { endlessFeed } from "../../modules/scenario/feed.ts";
import { noFiles } from "../../modules/scenario/files.ts";
import {
  feedParts,
  openListener,
  openPublisher,
  openRecovery,
} from "../../modules/scenario/open.ts";
import { listen } from "../../modules/scenario/listen.ts";
import { recovery as recoveryKeys } from "../../modules/scenario/scenario.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { nameRules } from "../../modules/scenario/rules.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { readPrometheus } from "../support/prometheus.ts";
import { readRule } from "../support/rules.ts";

void test("the page of a feed with two lines tells what was lost where, and how it came back", async () => {
  const world = new SimWorld();
  const feed = endlessFeed.parse({
    protocol: "moldudp64",
    messages: 10,
    rate: "10/s",
    heartbeat: "1s",
  });
  const lines = ["A", "B"].map((name, i) => {
    const group = { host: `239.192.1.${i + 1}`, port: 6000 };
    return { name, group, interface: "lo", ttl: 1, skew: NO_SKEW, sendBuffer: undefined };
  });
  const rules = nameRules([
    readRule("{ drop: { seq: '3..4' }, line: A }"),
    readRule("{ drop: { seq: 4 }, line: B }"),
  ]);
  const recovery = recoveryKeys.parse({ listen: "127.0.0.1:7000" });
  const parts = feedParts({ feed, open: noFiles, recovery }, "7");
  const store = new MemoryStore(parts.first);
  const times = new RecoveryTimes();
  const watch = { observe: () => {}, observePackets: false };
  const server = await openRecovery(world, recovery, parts, store, () => {}, lines);
  const listener = await openListener(
    world,
    { lines, recovery, listen: listen.parse({ gap_timeout: "1ms" }) },
    parts,
    { deliver: () => {}, ...watch, observe: (event) => times.observe(event) },
  );
  const publisher = await openPublisher(world, { feed, lines, rules }, parts, store, "7", watch);
  publisher.start();
  await world.until(publisher.done);
  await world.until(
    new Promise<void>((resolve) => world.clock.at(world.clock.now() + SECOND, resolve)),
  );

  const watched = { silent: new Set(["B"]), recoveryTimes: times.buckets };
  const page = readPrometheus(renderPrometheus(listenerFamilies(listener, watched)));
  const values = (name: string): Record<string, number> =>
    Object.fromEntries(
      page
        .find((family) => family.name === `feedlab_${name}`)!
        .samples.map(({ name: own, labels, value }) => [Object.values(labels)[0] ?? own, value]),
    );
  assertEquals(values("line_messages_total"), { A: 8, B: 9 });
  assertEquals(values("line_lost_messages"), { A: 2, B: 1 });
  assertEquals(values("line_first_messages_total"), { A: 8, B: 1 });
  assertEquals(values("line_duplicate_messages_total"), { A: 0, B: 8 });
  assertEquals(values("line_heartbeats_total"), { A: 1, B: 1 });
  assertEquals(values("line_silent"), { A: 0, B: 1 });
  assertEquals(values("filled_messages_total"), { line: 0, recovery: 1 });
  assertEquals(values("delivered_messages_total"), { feedlab_delivered_messages_total: 10 });
  assertEquals(values("next_sequence_number"), { feedlab_next_sequence_number: 11 });
  assertEquals(values("recovery_requests_total"), { feedlab_recovery_requests_total: 1 });
  assertEquals(values("recovery_seconds")["feedlab_recovery_seconds_count"], 1);

  const sent = readPrometheus(renderPrometheus(publisherFamilies(publisher, server)));
  const hits = sent.find(({ name }) => name === "feedlab_rule_hits_total")!.samples;
  assertEquals(
    hits.map(({ labels, value }) => [labels["line"], labels["rule"], value]),
    [
      ["A", "drop seq 3..4", 2],
      ["B", "drop seq 4", 1],
    ],
  );
  await Promise.all([listener.close(), publisher.close(), server.close()]);
});
