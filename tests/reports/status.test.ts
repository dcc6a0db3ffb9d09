import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { Progress } from "../../modules/core/progress.ts";
import { MILLISECOND, SECOND } from "../../modules/core/time.ts";
import { renderStatus } from "../../modules/reports/status.ts";

const at = (elapsedNs: number, published: number, more: Partial<Progress> = {}): Progress => ({
  elapsedNs,
  published,
  gaps: 0,
  open: 0,
  filled: 0,
  lost: 0,
  ...more,
});
const goal = { messages: 1000, duration: Infinity };

void test("how far, how fast, and what is missing", () => {
  const now = at(1234 * MILLISECOND, 420, { gaps: 3, open: 2, filled: 5 });
  assertEquals(
    renderStatus(now, at(1034 * MILLISECOND, 220), goal, 80),
    " 42%  1000/s  3 gaps  missing 2  filled 5  420 messages  1.2s",
  );
  assertEquals(
    renderStatus({ ...now, gaps: 1, lost: 4 }, undefined, goal, 80),
    " 42%  340.4/s  1 gap  missing 2  filled 5  lost 4  420 messages  1.2s",
  );
});

void test("whichever end comes first counts, and no run is more than done", () => {
  const share = (now: Progress, duration: number, messages = Infinity): string =>
    renderStatus(now, undefined, { messages, duration }, 4);
  assertEquals(share(at(5 * SECOND, 10), 10 * SECOND), " 50%");
  assertEquals(share(at(5 * SECOND, 10), 10 * SECOND, 11), " 90%");
  assertEquals(share(at(20 * SECOND, 10), 10 * SECOND), "100%");
  assertEquals(share(at(0, 0), Infinity), "  0%");
});

void test("never wider than the terminal, however narrow", () => {
  for (let columns = -1; columns <= 100; columns++) {
    const line = renderStatus(at(SECOND, 123_456), at(0, 0), goal, columns);
    assert(line.length <= Math.max(0, columns));
    assert(!/[\n\r]/.test(line));
  }
});
