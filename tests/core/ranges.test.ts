import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { RangeSet } from "../../modules/core/ranges.ts";
import { SEQ_MAX, type SeqRange } from "../../modules/core/seq.ts";

/** Small enough that ranges meet, overlap and swallow each other all the time. */
const LIMIT = 48;

interface Step {
  readonly act: "add" | "remove";
  readonly from: number;
  readonly until: number;
}

const end = fc.nat(LIMIT);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({ act: fc.constantFrom("add", "remove"), from: end, until: end }),
  { maxLength: 60, size: "max" },
);

/** The ranges of a bitmap: the obvious way. */
function runsOf(bits: readonly boolean[], low = 0, high: number = bits.length): SeqRange[] {
  const runs: { from: number; until: number }[] = [];
  for (let seq = low; seq < high; seq++) {
    if (bits[seq] !== true) continue;
    const last = runs.at(-1);
    if (last?.until === seq) last.until++;
    else runs.push({ from: seq, until: seq + 1 });
  }
  return runs;
}

test("a set of ranges says the same as a bitmap", () =>
  fc.assert(
    fc.property(steps, end, end, (steps, low, high) => {
      const bits = Array.from({ length: LIMIT }, () => false);
      const set = new RangeSet();
      for (const { act, from, until } of steps) {
        set[act](from, until);
        for (let seq = from; seq < until; seq++) bits[seq] = act === "add";
        const runs = runsOf(bits);
        assertEquals([...set], runs);
        assertEquals(set.size, bits.filter(Boolean).length);
        assertEquals(set.first, runs[0]);
        assertEquals(set.last, runs.at(-1));
      }
      bits.forEach((bit, seq) => assertEquals(set.has(seq), bit, `has(${seq})`));
      assertEquals(set.has(-1), false);
      assertEquals(set.within(low, high), runsOf(bits, low, high));
      assertEquals([...RangeSet.of(set)], [...set]);
    }),
  ));

test("neighbours melt into one range, in whatever order they come", () => {
  const set = RangeSet.of([
    { from: 3, until: 4 },
    { from: 1, until: 2 },
    { from: 2, until: 3 },
  ]);
  assertEquals([...set], [{ from: 1, until: 4 }]);
});

test("a range that is empty or backwards changes nothing", () => {
  const set = RangeSet.of([{ from: 1, until: 4 }]);
  set.add(9, 9);
  set.add(9, 7);
  set.remove(2, 2);
  set.remove(3, 1);
  assertEquals([...set], [{ from: 1, until: 4 }]);
});

test("what was handed out does not change when the set does", () => {
  const set = RangeSet.of([{ from: 1, until: 9 }]);
  const before = set.first;
  set.remove(1, 5);
  assertEquals(before, { from: 1, until: 9 });
});

test("numbers at the end of what is safe are exact", () => {
  const set = new RangeSet();
  set.add(1, SEQ_MAX);
  assertEquals(set.size, SEQ_MAX - 1);
  set.remove(SEQ_MAX - 1, SEQ_MAX);
  assert(set.has(SEQ_MAX - 2));
  assert(!set.has(SEQ_MAX - 1));
});
