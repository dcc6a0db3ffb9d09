import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { SECOND } from "../../modules/core/time.ts";
import { type FeedStats, ratesOf, renderLine, renderStats } from "../../modules/reports/stats.ts";

const LINE = {
  name: "A",
  packets: 120,
  messages: 300,
  malformed: 0,
  heartbeats: 0,
  lost: 3,
  first: 290,
  duplicates: 10,
  late: 2,
};
const BEFORE: FeedStats = {
  atNs: SECOND,
  delivered: 100,
  lines: [{ ...LINE, packets: 40 }],
  open: 0,
  filled: 0,
  lost: 0,
};
const NOW: FeedStats = { ...BEFORE, atNs: 3 * SECOND, delivered: 290, lines: [LINE], open: 1 };

void test("rates are those since the look before, counts those since the beginning", () => {
  assertEquals(ratesOf(NOW, BEFORE), { messagesPerSecond: 95, packetsPerSecond: 40 });
  assertEquals(
    renderStats(NOW, BEFORE),
    "3s: 95/s messages, 40/s packets; " +
      "A 120 packets, 3 lost, 290 first, 10 duplicates, 2 late; gaps 1 open, 0 filled, 0 lost",
  );
});

void test("heartbeats and what could not be read are told where there are any", () => {
  assertEquals(
    renderLine({ ...LINE, heartbeats: 1, malformed: 4 }),
    "120 packets, 3 lost, 290 first, 10 duplicates, 2 late, 1 heartbeat, 4 malformed",
  );
});

void test("where the columns end before the line does, each line of the feed has one of its own", () => {
  const two = { ...NOW, lines: [LINE, { ...LINE, name: "B", heartbeats: 12, malformed: 4 }] };
  const shown = renderStats(two, BEFORE, two.atNs, 80).split("\n");
  assertEquals(shown, [
    "3s: 95/s messages, 100/s packets; gaps 1 open, 0 filled, 0 lost",
    "  A 120 packets, 3 lost, 290 first, 10 duplicates, 2 late",
    "  B 120 packets, 3 lost, 290 first, 10 duplicates, 2 late, 12 heartbeats, 4",
    "    malformed",
  ]);
  assertEquals(renderStats(NOW, BEFORE, NOW.atNs, 110).split("\n").length, 2);
  assertEquals(renderStats(NOW, BEFORE, NOW.atNs, 150).split("\n").length, 1);
});
