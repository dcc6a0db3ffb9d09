import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { wallTime } from "../../modules/core/time.ts";

/** 2023-11-14 22:13:20 UTC. */
const EPOCH_MS = 1_700_000_000_000;

test("the time on the wall is when the run began, and what has passed", () => {
  assertEquals(wallTime(EPOCH_MS, 0), { seconds: 1_700_000_000, nanos: 0 });
  assertEquals(wallTime(EPOCH_MS, 500), { seconds: 1_700_000_000, nanos: 500 });
  assertEquals(wallTime(EPOCH_MS + 999, 1_000_000), { seconds: 1_700_000_001, nanos: 0 });
  assertEquals(wallTime(EPOCH_MS + 999, 2_000_999_999), {
    seconds: 1_700_000_002,
    nanos: 999_999_999,
  });
});

test("a run may begin within a millisecond", () =>
  assertEquals(wallTime(EPOCH_MS + 0.5, 1), { seconds: 1_700_000_000, nanos: 500_001 }));

test("no nanosecond is lost, though a double cannot count them since 1970", () =>
  fc.assert(
    fc.property(fc.nat(4_000_000_000_000), fc.nat(9_000_000_000_000_000), (epochMs, atNs) => {
      const exact = BigInt(epochMs) * 1_000_000n + BigInt(atNs);
      const { seconds, nanos } = wallTime(epochMs, atNs);
      assertEquals(
        [seconds, nanos],
        [Number(exact / 1_000_000_000n), Number(exact % 1_000_000_000n)],
      );
    }),
  ));
