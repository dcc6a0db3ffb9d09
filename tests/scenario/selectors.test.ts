import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import { MILLISECOND, type TimeWindow } from "../../modules/core/time.ts";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { emptyOf, mistakesIn, packetOf, passThrough } from "../support/rules.ts";

/** Ten packets, one a millisecond, numbers from 101 on; a heartbeat and an end behind them. */
const feed: readonly PacketRef[] = [
  ...Array.from({ length: 10 }, (_, i) =>
    packetOf(i + 1, { seq: 101 + i, dueNs: i * MILLISECOND }),
  ),
  emptyOf(11, "heartbeat", 10 * MILLISECOND),
  emptyOf(11, "end-of-session", 11 * MILLISECOND),
];

const phases = new Map<string, TimeWindow>([
  ["pre", { from: 0, until: 2 * MILLISECOND }],
  ["open", { from: 2 * MILLISECOND, until: 5 * MILLISECOND }],
  ["close", { from: 8 * MILLISECOND, until: 20 * MILLISECOND }],
]);

/** Ordinals of the packets that a rule which loses all it is for has lost, and how many it saw. */
function lost(selectors: string, line = "A"): { lost: number[]; seen: number | undefined } {
  const rule = `{ drop: { every: 1 }, ${selectors} }`;
  const { dropped, counts } = passThrough([rule], feed, { line, phases });
  return { lost: dropped.map(([msg]) => msg), seen: counts[0]?.seen };
}

/** What is lost is also what is seen. */
function assertLost(selectors: string, wanted: number[], line = "A"): void {
  assertEquals(lost(selectors, line), { lost: wanted, seen: wanted.length });
}

test("line: one or several; the rule is not there on others", () => {
  assertLost("line: A", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertLost("line: [A, B]", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "B");
  assertEquals(lost("line: [A, B]", "C"), { lost: [], seen: undefined });
});

test("phase: one or several, their ends are out", () => {
  assertLost("phase: open", [3, 4, 5]);
  assertLost("phase: [pre, close]", [1, 2, 9, 10]);
});

test("phase: one that is not there is told", () => {
  assertThrows(
    () => passThrough(["{ drop: { every: 1 }, phase: opeen }"], feed, { phases }),
    UserError,
    'no phase "opeen": did you mean "open"?',
  );
  assertThrows(
    () => passThrough(["{ drop: { every: 1 }, phase: open }"], feed),
    UserError,
    'no phase "open": the feed has no phases',
  );
});

test("time: when the packet was due, the end is out", () => {
  assertLost("time: 3ms..5ms", [4, 5]);
  assertLost("time: 8ms..", [9, 10]);
});

test("seq and msg: numbers on the wire, and ordinals over the run", () => {
  assertLost("seq: [102, 105..106]", [2, 5, 6]);
  assertLost("msg: [2, 5..6]", [2, 5, 6]);
});

test("seq and msg: a packet that carries any of them; one without messages never does", () => {
  const batches = [
    packetOf(1, { count: 3 }),
    packetOf(4, { count: 3 }),
    emptyOf(7, "heartbeat"),
    packetOf(7),
  ];
  for (const key of ["seq", "msg"]) {
    const rule = `{ blackout: { time: 0s.. }, ${key}: [3, 7] }`;
    const { dropped } = passThrough([rule], batches);
    assertEquals(
      dropped.map(([msg]) => msg),
      [1, 7],
    );
  }
});

test("type: data alone for what picks packets, unless told otherwise", () => {
  assertLost("max: 100", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertLost("type: data", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  assertLost("type: heartbeat", [11]);
  assertLost("type: end", [11]);
  assertLost("type: [end, heartbeat]", [11, 11]);
});

test("type: everything for what is about the link", () => {
  const kinds = (rule: string) => passThrough([rule], feed).counts[0]!.seen;
  assertEquals(kinds("delay: { by: 1ms }"), 12);
  assertEquals(kinds("throttle: { rate: 1Mbit/s }"), 12);
  assertEquals(kinds("blackout: { time: 0s.. }"), 12);
  assertEquals(kinds("hold: { time: 0s..1s }"), 12);
  assertEquals(kinds("{ delay: { by: 1ms }, type: data }"), 10);
});

test("max: after so many hits the rule is for none", () => {
  assertLost("max: 3", [1, 2, 3]);
  const { dropped, counts } = passThrough(["{ drop: { every: 2 }, max: 3 }"], feed);
  assertEquals(
    dropped.map(([msg]) => msg),
    [2, 4, 6],
  );
  assertEquals(counts, [{ name: "drop every 2", seen: 6, hits: 3 }]);
});

test("counts and chance are moved by selected packets only", () => {
  const { dropped } = passThrough(["{ drop: { every: 3 }, seq: 102.. }"], feed);
  assertEquals(
    dropped.map(([msg]) => msg),
    [4, 7, 10],
  );
  const rule = "drop: { chance: 50% }";
  const all = passThrough([rule], feed.slice(4, 8)).dropped;
  assertEquals(passThrough([`{ ${rule}, time: 4ms..8ms }`], feed).dropped, all);
});

test("all of them together", () => {
  const all =
    "line: [A, B], phase: [open, close], time: 3ms.., seq: 100..109, msg: 4.., type: data, " +
    "max: 3, unit: packet";
  assertLost(all, [4, 5, 9]);
  assertLost(all.replace("max: 3", "max: 2"), [4, 5]);
  assertLost(all.replace("time: 3ms..", "time: 4ms.."), [5, 9]);
});

test("unit: with one message a packet a message is a packet", () => {
  assertLost("unit: message, seq: 103", [3]);
  assertEquals(mistakesIn("{ delay: { by: 1ms }, unit: message }"), [
    "unit: delay acts on packets: remove unit, or write unit: packet",
  ]);
  assertEquals(mistakesIn("{ delay: { by: 1ms }, unit: packet }"), []);
});

test("mistakes", () => {
  const selecting = (selectors: string) => mistakesIn(`{ drop: { every: 5 }, ${selectors} }`);
  assertEquals(selecting("typ: data"), [
    'unknown key "typ"; did you mean "type"?  (drop, delay, reorder, duplicate, corrupt, truncate, ' +
      "throttle, blackout, hold, name, line, phase, time, seq, msg, type, session, max, unit)",
  ]);
  assertEquals(selecting("type: heartbeet"), [
    'type: unknown value "heartbeet"; did you mean "heartbeat"?  (data, heartbeat, end, reset)',
  ]);
  assertEquals(selecting("time: 5s..3s"), ['time: "5s..3s" runs backwards: write 3s..5s']);
  assertEquals(selecting("max: 0"), ['max: "0" is too small: write 1 or more']);
  assertEquals(selecting("line: []"), ["line: has 0 entries: write 1 or more"]);
  assertEquals(mistakesIn("{ drop: { every: 5 }, delay: { by: 1ms } }"), [
    "a rule takes exactly one of: drop, delay, reorder, duplicate, corrupt, truncate, throttle, " +
      "blackout, hold",
  ]);
});
