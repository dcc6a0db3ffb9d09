import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { BEHIND_MIN, RestartWatch } from "../../modules/nodes/restart-watch.ts";

/** What the watch told of packets with one message each, and after how many. */
function told(seqs: readonly number[]): [after: number, from: number, until: number][] {
  const watch = new RestartWatch();
  return seqs.flatMap((seq, i): [number, number, number][] => {
    const range = watch.onPacket(seq, 1);
    return range === undefined ? [] : [[i + 1, range.from, range.until]];
  });
}

const count = (from: number, length: number): number[] =>
  Array.from({ length }, (_, i) => from + i);

test("a feed that begins again is told once, when ten packets have come again", () => {
  assertEquals(BEHIND_MIN, 10);
  assertEquals(told([...count(1, 50), ...count(1, 40)]), [[60, 1, 11]]);
  // With losses of its own, too.
  assertEquals(told([...count(1, 50), 1, 2, 4, 5, 7, 8, 9, 11, 12, 13, 14]), [[60, 1, 14]]);
});

test("late packets and copies are not a feed that begins again", () => {
  assertEquals(told([...count(1, 20), 5, 6, 7, ...count(21, 20), 30, 31]), []);
  assertEquals(told(count(1, 50).flatMap((seq) => [seq, seq])), []);
  assertEquals(told([...count(1, 50), ...count(1, 9), 51, ...count(1, 9)]), []);
});

test("a feed that begins again twice is told twice", () => {
  assertEquals(told([...count(1, 50), ...count(1, 20), ...count(1, 20)]).length, 2);
});

test("heartbeats only say what comes next, however many there are", () => {
  const watch = new RestartWatch();
  for (const seq of count(1, 20)) watch.onPacket(seq, 1);
  const told = Array.from({ length: 40 }, () => watch.onPacket(21, 0));
  assertEquals(
    told.filter((range) => range !== undefined),
    [],
  );
});
