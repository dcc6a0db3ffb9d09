import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { RecoveryTimes } from "../../modules/commands/recovery-times.ts";
import { MILLISECOND, SECOND } from "../../modules/core/time.ts";

void test("each part that recovery brought is timed from its gap", () => {
  const times = new RecoveryTimes();
  times.observe({ event: "gap", atNs: 0, from: 5, until: 10, recovery: true });
  times.observe({ event: "gap", atNs: SECOND, from: 20, until: 21, recovery: true });
  times.observe({ event: "filled", atNs: 2 * MILLISECOND, from: 5, until: 8, via: "recovery" });
  times.observe({ event: "filled", atNs: 3 * MILLISECOND, from: 8, until: 9, via: "line" });
  times.observe({ event: "lost", atNs: 4 * MILLISECOND, from: 9, until: 10, reason: "gone" });
  times.observe({ event: "filled", atNs: 5 * MILLISECOND, from: 9, until: 10, via: "recovery" });
  times.observe({ event: "filled", atNs: 21 * SECOND, from: 20, until: 21, via: "recovery" });
  const { bounds, counts, sum } = times.buckets;
  const filled = counts.flatMap((count, i) => (count === 0 ? [] : [[bounds[i], count]]));
  assertEquals(filled, [
    [0.0025, 1],
    [undefined, 1],
  ]);
  assertEquals(sum, 20.002);
});
