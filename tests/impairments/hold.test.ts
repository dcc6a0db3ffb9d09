import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MILLISECOND, SECOND } from "../../modules/core/time.ts";
import { emptyOf, labelOf, mistakesIn, packetOf, passThrough } from "../support/rules.ts";

test("what is due in the window leaves at its end, in order, before what is due then", () => {
  const times = [2999, 3000, 3500, 3999, 4000, 4001];
  const feed = times.map((ms, i) => packetOf(i + 1, { dueNs: ms * MILLISECOND }));
  assertEquals(passThrough(["hold: { time: 3s..4s }"], feed).left, [
    [1, 2999 * MILLISECOND],
    [2, 4 * SECOND],
    [3, 4 * SECOND],
    [4, 4 * SECOND],
    [5, 4 * SECOND],
    [6, 4001 * MILLISECOND],
  ]);
});

test("it ends when it ends, though nothing comes any more; heartbeats wait too", () => {
  const feed = [packetOf(1, { dueNs: 0 }), emptyOf(2, "heartbeat", 1)];
  assertEquals(passThrough(["hold: { time: 0s..4s }"], feed).left, [
    [1, 4 * SECOND],
    [2, 4 * SECOND, "heartbeat"],
  ]);
});

test("the rules below see a held packet when it leaves", () => {
  const feed = [packetOf(1, { dueNs: 0 }), packetOf(2, { dueNs: 2 * SECOND })];
  assertEquals(passThrough(["hold: { time: 0s..1s }", "delay: { by: 5ms }"], feed).left, [
    [1, SECOND + 5 * MILLISECOND],
    [2, 2 * SECOND + 5 * MILLISECOND],
  ]);
});

test("labels and mistakes", () => {
  assertEquals(labelOf("hold: { time: 3s..4s }"), "hold 3s..4s");
  assertEquals(mistakesIn("hold: { time: 3s.. }"), [
    "hold.time: has no end, so nothing would ever leave: write an end, like 3s..4s",
  ]);
});
