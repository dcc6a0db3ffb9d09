import { test } from "node:test";
import { assertEquals } from "@std/assert";
import type { Runs } from "../../modules/core/run.ts";
import type { Judgement } from "../../modules/core/verdict.ts";
import { handlersBeside, renderBeside } from "../../modules/reports/beside.ts";
import { gapOf, histogramOf, runOf } from "../support/run-fixture.ts";

const runs: Runs = [
  runOf({ handler: "patient", gaps: [], latency: histogramOf([5]) }),
  runOf({ handler: "hasty", gaps: [gapOf({ from: 5, until: 6 })], latency: histogramOf([5]) }),
];

const judgement: Judgement = {
  outcome: "fail",
  exitCode: 1,
  verdicts: [
    { text: "patient: gaps.detected == 0", handler: "patient", outcome: "pass", got: "0" },
    { text: "hasty: gaps.detected == 0", handler: "hasty", outcome: "fail", got: "1" },
    { text: "patient: delivered == 100%", handler: "patient", outcome: "pass", got: "100%" },
    { text: "hasty: delivered == 100%", handler: "hasty", outcome: "pass", got: "100%" },
    { text: "impair.r.hits > 0", outcome: "not-exercised", got: "never" },
  ],
  notes: [],
};

void test("a column for each handler, a row for what differs", () => {
  assertEquals(renderBeside({ runs, judgement }, 80), [
    "",
    "                          patient   hasty",
    "  gaps.detected == 0      ✓ 0       ✗ 1",
    "  gaps not on each side   -         5",
    "  gaps                    none      1: 1 filled",
  ]);
});

void test("who follows a feed alone has nobody beside him", () => {
  assertEquals(handlersBeside({ runs: [runs[0]], judgement }), []);
  const feeds: Runs = [
    runOf({ ...runs[0], feed: "tapeA" }),
    runOf({ ...runs[1], feed: "tapeB" }),
    runOf({ ...runs[0], feed: "tapeB" }),
  ];
  assertEquals(
    handlersBeside({ runs: feeds, judgement }).map(({ feed, comparison }) => [
      feed,
      comparison.labels,
    ]),
    [["tapeB", ["hasty", "patient"]]],
  );
  assertEquals(renderBeside({ runs: feeds, judgement })[1], "tapeB");
});

void test("of handlers that are the same there is nothing to show", () => {
  const same: Runs = [runs[0], { ...runs[0], handler: "other" }];
  assertEquals(renderBeside({ runs: same, judgement: { ...judgement, verdicts: [] } }), []);
});
