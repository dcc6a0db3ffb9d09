import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { MICROSECOND, MILLISECOND, type Nanos } from "../../modules/core/time.ts";
import { createImpairment, labelOf, mistakesIn, packetOf, passThrough } from "../support/rules.ts";

/** A payload that, with the 28 bytes of IP and UDP, is 1000 bits on the link. */
const bytes = new Uint8Array(125 - 28);

const at = (...times: Nanos[]) => times.map((dueNs, i) => packetOf(i + 1, { bytes, dueNs }));

test("a packet leaves when its last bit does, and those behind it wait", () => {
  // 1000 bits take 1 ms at 1 Mbit/s.
  const feed = at(0, 0, 1.5 * MILLISECOND, 5 * MILLISECOND);
  assertEquals(passThrough(["throttle: { rate: 1Mbit/s, queue: 10 packets }"], feed).left, [
    [1, 1 * MILLISECOND],
    [2, 2 * MILLISECOND],
    // The link is busy with 2 until 2 ms.
    [3, 3 * MILLISECOND],
    // It has been idle since 3 ms.
    [4, 6 * MILLISECOND],
  ]);
});

test("one that finds the queue full is lost, and there is room again when one begins", () => {
  const feed = at(0, 0, 0, 0, 0.5 * MILLISECOND, 1 * MILLISECOND, 1 * MILLISECOND);
  const { left, dropped, counts } = passThrough(
    ["throttle: { rate: 1Mbit/s, queue: 2 packets }"],
    feed,
  );
  // 1 is on the link until 1 ms, 2 and 3 wait, 4 and 5 find two waiting. At 1 ms 2 begins: 6 fits.
  assertEquals(left, [
    [1, 1 * MILLISECOND],
    [2, 2 * MILLISECOND],
    [3, 3 * MILLISECOND],
    [6, 4 * MILLISECOND],
  ]);
  const rule = "throttle 1Mbit/s";
  assertEquals(dropped, [
    [4, rule],
    [5, rule],
    [7, rule],
  ]);
  assertEquals(counts, [{ name: rule, seen: 7, hits: 7 }]);
});

test("without a queue only an idle link takes a packet", () => {
  const feed = at(0, 0.5 * MILLISECOND, 1 * MILLISECOND);
  const { left } = passThrough(["throttle: { rate: 1Mbit/s, queue: 0 packets }"], feed);
  assertEquals(left, [
    [1, 1 * MILLISECOND],
    [3, 2 * MILLISECOND],
  ]);
});

test("heartbeats take their place on the link", () => {
  const feed = [
    packetOf(1, { bytes, kind: "heartbeat", count: 0, dueNs: 0 }),
    packetOf(1, { bytes, dueNs: 0 }),
  ];
  assertEquals(passThrough(["throttle: { rate: 1Mbit/s }"], feed).left, [
    [1, 1 * MILLISECOND, "heartbeat"],
    [1, 2 * MILLISECOND],
  ]);
});

test("against more than it carries, it carries exactly what it can", () => {
  // 10,000 packets of 1000 bits a second against 3 Mbit/s, for 10 s.
  const impairment = createImpairment("throttle: { rate: 3Mbit/s, queue: 50 packets }");
  let left = 0;
  let last = 0;
  for (let i = 0; i < 100_000; i++) {
    impairment.apply(packetOf(i + 1, { bytes }), i * 100 * MICROSECOND, (_, at) => {
      left++;
      last = at;
    });
  }
  // 3000 packets a second, and at the end those of a full queue with the one on the link.
  assert(Math.abs(left - 30_000 - 51) <= 1, `${left}`);
  assertEquals(last, Math.round((left * 1e9) / 3000));
});

test("what a jitter above mixes up is queued as it arrives", () => {
  const feed = at(...Array.from({ length: 50 }, (_, i) => i * MILLISECOND));
  const jitter = "delay: { by: 10ms, jitter: 10ms }";
  const arrivals = passThrough([jitter], feed).left.map(([msg]) => msg);
  const { left } = passThrough([jitter, "throttle: { rate: 500kbit/s }"], feed);
  assertEquals(
    left.map(([msg]) => msg),
    arrivals,
  );
  for (let i = 1; i < left.length; i++) assert(left[i]![1] - left[i - 1]![1] >= 2 * MILLISECOND);
});

test("labels and mistakes", () => {
  assertEquals(labelOf("throttle: { rate: 1.5Gbit/s }"), "throttle 1.5Gbit/s");
  assertEquals(mistakesIn("throttle: { rate: 10MB/s, queue: 5 }"), [
    'throttle.rate: "10MB/s" is not a bit rate: write 500kbit/s, 10Mbit/s or 1Gbit/s',
    'throttle.queue: "5" has no unit: write 5 packets',
  ]);
  assertEquals(mistakesIn("throttle: { rate: 0Mbit/s }"), [
    'throttle.rate: "0Mbit/s" lets nothing through: write 1kbit/s or more',
  ]);
});
