import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MILLISECOND, SECOND } from "../../modules/core/time.ts";
import { figuresOf } from "../../modules/scenario/figures.ts";
import { histogramOf, runOf } from "../support/run-fixture.ts";

void test("every metric is a figure, for each line and rule that the run has", () => {
  const figures = new Map(figuresOf(runOf()).map(({ name, ...rest }) => [name, rest]));
  // From the fixture's own description: 25 messages in 11 s, four gaps, lines a and b.
  assertEquals(figures.get("published"), { unit: "count", value: 25 });
  assertEquals(figures.get("duration"), { unit: "time", value: 11 * SECOND });
  assertEquals(figures.get("delivered"), { unit: "count", value: 23 });
  assertEquals(figures.get("gaps.detected"), { unit: "count", value: 4 });
  assertEquals(figures.get("gaps.size.max"), { unit: "count", value: 3 });
  assertEquals(figures.get("delivery.latency.max"), { unit: "time", value: 100 * MILLISECOND });
  assertEquals(figures.get("lines.a.malformed"), { unit: "count", value: 1 });
  assertEquals(figures.get("lines.b.sent"), { unit: "count", value: 22 });
  assertEquals(figures.get("impair.burst_loss.hits"), { unit: "count", value: 5 });
});

void test("what had nothing to measure is left out", () => {
  const names = figuresOf(runOf({ gaps: [], latency: histogramOf([]) })).map(({ name }) => name);
  assertEquals(
    names.filter((name) => /^(?:gaps\.size|delivery|recovery\.fill_time)/.test(name)),
    [],
  );
});
