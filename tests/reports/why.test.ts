import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { whyOf } from "../../modules/reports/why.ts";
import { aRun } from "../support/judged-run.ts";

const failed = (text: string) => ({ text, outcome: "fail" as const, got: "" });
const none = { gaps: [], tail: [], hits: [], losses: [], journal: [] };

void test("a count of gaps is explained by those that ended badly, then the others", () => {
  assertEquals(whyOf([aRun()], failed("gaps.detected == 6")), {
    lines: [
      'gap SEQ:10..11 (made by "drop every 5"): noticed after 200ms, 1 came late, ' +
        "1 given up 200ms later",
      "gap SEQ:20 (late): noticed after 100ms, still open at the end",
      'gap SEQ:5 (made by "drop every 5"): noticed after 100ms, filled by recovery 1ms later',
      'SEQ:30 was dropped by "drop every 5" but nothing came after: ' +
        "without a heartbeat tail loss is invisible",
      "recovery: 4 requests, 2 of them retries; 1 message filled, 1 given up",
      "what went wrong: the server does not have it",
    ],
    seq: 10,
  });
});

void test("a time is explained by the gaps that took longest", () => {
  const first = (text: string): number | undefined => whyOf([aRun()], failed(text)).seq;
  assertEquals(first("gaps.detect_latency.max <= 1ms"), 10);
  assertEquals(first("gaps.open_time.max <= 1ms"), 20);
  assertEquals(first("recovery.fill_time.p99 <= 1ms"), 20);
  assertEquals(first("gaps.size.max == 1"), 10);
});

void test("more gaps than anybody reads are counted", () => {
  const [gap] = aRun().gaps;
  const gaps = Array.from({ length: 9 }, () => gap!);
  const { lines } = whyOf([aRun({ ...none, gaps })], failed("gaps.detected == 1"));
  assertEquals(lines[3], "and 6 more gaps");
});

void test("a line, a rule and the pacing are explained by what was counted of them", () => {
  assertEquals(whyOf([aRun()], failed("lines.B.received == 30")).lines, [
    "line B: 30 packets sent, 29 received, 1 malformed, 23 duplicate messages",
  ]);
  assertEquals(whyOf([aRun()], failed("impair.drop_every_5.hits == 12")).lines, [
    '"drop every 5" on line A: 6 of 30 packets',
    '"drop every 5" on line B: 0 of 30 packets',
  ]);
  assertEquals(whyOf([aRun()], failed("pacing.achieved >= 10/s")).lines, [
    "rate 9.98/s (wanted 10/s)",
    "late p50 40us, p99 2ms, max 2ms",
  ]);
});

void test("an expectation with a name of its own is explained by its metric", () => {
  const verdict = { ...failed("the opening is on time"), metric: "pacing.achieved" };
  assertEquals(whyOf([aRun()], verdict).lines.length, 2);
});

void test("without gaps there was nothing to measure, and that has a reason", () => {
  const idle = { text: "gaps.size.max == 1", outcome: "not-exercised" as const, got: "" };
  assertEquals(whyOf([aRun(none)], idle).lines, [
    "no rule touched a packet, so nothing was missed",
  ]);
  const { tail, losses, hits } = aRun();
  assertEquals(whyOf([aRun({ ...none, tail, losses, hits })], idle).lines, [
    'SEQ:30 was dropped by "drop every 5" but nothing came after: ' +
      "without a heartbeat tail loss is invisible",
  ]);
});

void test("what a rule damaged at the very end was spoiled, not dropped", () => {
  const { tail, hits } = aRun();
  assertEquals(
    whyOf([aRun({ ...none, tail, hits })], failed("delivered == 30")).lines[0],
    [
      'SEQ:30 was spoiled by "drop every 5" but nothing came after: ',
      "without a heartbeat tail loss is invisible",
    ].join(""),
  );
});

void test("of a phase, only its own gaps explain", () => {
  const { lateness } = aRun();
  const phase = { wanted: 10, achieved: 10, lateness, from: 0, until: 0 };
  const phases = [
    { ...phase, name: "open", messages: 9 },
    { ...phase, name: "settle", messages: 21 },
  ];
  const { lines, seq } = whyOf([aRun({ phases })], {
    ...failed("gaps.detected == 6"),
    phase: "open",
  });
  assertEquals(seq, 5);
  assertEquals(lines.length, 3);
});
