import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { formatFirstRanges, formatRange, formatRanges, SEQ_MAX } from "../../modules/core/seq.ts";

test("one number is written alone, more with both ends in", () => {
  assertEquals(formatRange({ from: 7, until: 8 }), "7");
  assertEquals(formatRange({ from: 7, until: 10 }), "7..9");
  assertEquals(formatRange({ from: SEQ_MAX - 1, until: SEQ_MAX }), "9007199254740990");
});

test("ranges stand with commas between, and none is nothing", () => {
  const ranges = [
    { from: 1, until: 2 },
    { from: 5, until: 8 },
  ];
  assertEquals(formatRanges(ranges), "1, 5..7");
  assertEquals(formatRanges(new Set(ranges)), "1, 5..7");
  assertEquals(formatRanges([]), "");
});

test("the largest number is 2^53 - 1", () => assertEquals(SEQ_MAX, 2 ** 53 - 1));

test("in a name, the first ranges stand for all", () => {
  const ranges = [1, 3, 5, 7].map((from) => ({ from, until: from + 1 }));
  assertEquals(formatFirstRanges(ranges), "1, 3, 5 and 1 more");
  assertEquals(formatFirstRanges(ranges.slice(1)), "3, 5, 7");
});
