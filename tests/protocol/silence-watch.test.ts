import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { NEVER } from "../../modules/core/time.ts";
import { SilenceWatch, type SilenceSink } from "../../modules/protocol/silence-watch.ts";
import { record } from "../support/record.ts";

test("a line that says nothing for too long is silent, once, until it speaks", () => {
  const told = record<SilenceSink>();
  const { sink, calls } = told;
  const watch = new SilenceWatch(30, 2, 0, sink);
  watch.onPacket(0, 10);
  watch.onPacket(1, 20);
  assertEquals(watch.deadline(), 40);
  watch.onDeadline(39);
  assertEquals(calls, []);
  watch.onDeadline(40);
  assertEquals(told.take(), [["silent", 0, 10, 40]]);
  assertEquals(watch.deadline(), 50);
  watch.onDeadline(45);
  watch.onPacket(1, 46);
  assertEquals(told.take(), []);
  watch.onPacket(0, 60);
  assertEquals(told.take(), [["back", 0, 10, 60]]);
  assertEquals(watch.deadline(), 76);
});

test("a line that never spoke is silent from the start", () => {
  const { sink, calls } = record<SilenceSink>();
  const watch = new SilenceWatch(30, 1, 5, sink);
  watch.onDeadline(35);
  assertEquals(calls, [["silent", 0, 5, 35]]);
  assertEquals(watch.deadline(), NEVER);
});

test("after the end of a session silence is nothing strange, until another begins", () => {
  const { sink, calls } = record<SilenceSink>();
  const watch = new SilenceWatch(30, 1, 0, sink);
  watch.onPacket(0, 10);
  watch.onEnd();
  assertEquals(watch.deadline(), NEVER);
  watch.onDeadline(1000);
  watch.onBegin(2000);
  assertEquals(watch.deadline(), 2030);
  watch.onDeadline(2030);
  assertEquals(calls, [["silent", 0, 2000, 2030]]);
});
