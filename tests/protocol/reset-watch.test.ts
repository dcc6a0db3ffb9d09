import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { createView } from "../../modules/codecs/codec.ts";
import { AGAIN_MIN, LATE_MAX, ResetWatch } from "../../modules/protocol/reset-watch.ts";

/** What the watch says of data packets with these numbers, one message each. */
function said(watch: ResetWatch, ...seqs: number[]): boolean[] {
  return seqs.map((seq) => watch.onPacket({ ...createView(1), kind: "data", seq, count: 1 }));
}

test("numbers begin again with the first that is there again, and without a reset never", () => {
  const watch = new ResetWatch();
  assertEquals(said(watch, 1, 2, 3, 1), [false, false, false, false]);
  watch.hold(1);
  assertEquals(said(watch, 1), [true]);
});

test("data that goes on shows that the reset was late", () => {
  const watch = new ResetWatch();
  said(watch, 1, 2, 3);
  watch.hold(1);
  assertEquals(said(watch, 4, 1, 2, 3), [false, false, false, false]);
  assertEquals(watch.pending, undefined);
});

test("what the line never brought may be late too, unless it lies far behind", () => {
  const near = new ResetWatch();
  said(near, 2, 3);
  near.hold(1);
  assertEquals(said(near, 1, 4), [false, false]);
  const far = new ResetWatch();
  said(far, LATE_MAX + 2);
  far.hold(1);
  assertEquals(said(far, 1), [true]);
});

test("where the first one is lost, others in a row show it; copies of one do not", () => {
  const watch = new ResetWatch();
  said(watch, 1, 2, 3, 4, 5, 6, 7, 8);
  watch.hold(1);
  assertEquals(said(watch, 3, 3, 3, 3), [false, false, false, false]);
  assertEquals(said(watch, 4, 5), [false, true]);
  assertEquals(AGAIN_MIN, 3);
});

test("neither heartbeats nor what is sent again say anything", () => {
  const watch = new ResetWatch();
  said(watch, 1, 2);
  watch.hold(1);
  const packet = { ...createView(1), seq: 1, count: 1 };
  assertEquals(watch.onPacket({ ...packet, kind: "heartbeat", count: 0 }), false);
  assertEquals(watch.onPacket({ ...packet, kind: "data", repair: true }), false);
  assertEquals(watch.pending, 1);
});
