import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { SECOND } from "../../modules/core/time.ts";
import { emptyOf, labelOf, mistakesIn, packetOf, passThrough } from "../support/rules.ts";

test("the beginning is in, the end is out", () => {
  const feed = [3 * SECOND - 1, 3 * SECOND, 5 * SECOND - 1, 5 * SECOND].map((dueNs, i) =>
    packetOf(i + 1, { dueNs }),
  );
  const { left, dropped } = passThrough(["blackout: { time: 3s..5s }"], feed);
  assertEquals(
    left.map(([msg]) => msg),
    [1, 4],
  );
  assertEquals(dropped, [
    [2, "blackout 3s..5s"],
    [3, "blackout 3s..5s"],
  ]);
});

test("at a thousand a second 3s..5s is 3001..5000", () => {
  const feed = Array.from({ length: 6000 }, (_, i) => packetOf(i + 1, { dueNs: i * 1e6 }));
  const { dropped } = passThrough(["blackout: { time: 3s..5s }"], feed);
  assertEquals([dropped[0]![0], dropped.at(-1)![0], dropped.length], [3001, 5000, 2000]);
});

test("heartbeats and ends are lost too, unless type says otherwise", () => {
  const feed = [
    emptyOf(1, "heartbeat", SECOND),
    emptyOf(1, "end-of-session", SECOND),
    packetOf(1, { dueNs: SECOND }),
  ];
  const left = (yaml: string) => passThrough([yaml], feed).left.map(([, , kind]) => kind ?? "data");
  assertEquals(left("blackout: { time: 0s.. }"), []);
  assertEquals(left("{ blackout: { time: 0s.. }, type: data }"), ["heartbeat", "end-of-session"]);
});

test("when a packet was due counts, not when it came", () => {
  // 1 came within the window, but was due before it; 2 was due in it, and comes after.
  const feed = [packetOf(1, { dueNs: 2 * SECOND }), packetOf(2, { dueNs: 4 * SECOND })];
  const { left } = passThrough(["delay: { by: 2s }", "blackout: { time: 3s..5s }"], feed);
  assertEquals(left, [[1, 4 * SECOND]]);
});

test("labels and mistakes", () => {
  assertEquals(labelOf("blackout: { time: 10s.. }"), "blackout 10s..");
  assertEquals(mistakesIn("blackout: { time: 5s..3s }"), [
    'blackout.time: "5s..3s" runs backwards: write 3s..5s',
  ]);
  assertEquals(mistakesIn("blackout: { time: 3s..3s }"), [
    'blackout.time: "3s..3s" holds no time, for its end is out: write a later end',
  ]);
  for (const time of ["3s", "..3s", "1s..2s..3s"]) {
    assertEquals(mistakesIn(`blackout: { time: ${time} }`), [
      `blackout.time: "${time}" is not a time window: write it like 3s..5s or 10s..`,
    ]);
  }
  assertEquals(mistakesIn("blackout: { time: 3..5s }"), [
    'blackout.time: "3" has no unit: write 3ms or 3s',
  ]);
});
