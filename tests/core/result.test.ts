import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { exitCodeOf, worstOf } from "../../modules/core/result.ts";
import { aJudgedRun, aNotRun } from "../support/judged-run.ts";

void test("the less is known of what was to be proven, the worse", () => {
  assertEquals(worstOf([]), 0);
  assertEquals(worstOf([0, 5, 0]), 5);
  assertEquals(worstOf([1, 5]), 1);
  assertEquals(worstOf([1, 124, 5]), 124);
  assertEquals(worstOf([3, 124]), 3);
  assertEquals(worstOf([2, 3, 1]), 2);
  assertEquals(worstOf([130, 2]), 130);
});

void test("a result has one exit code, run or not", () => {
  assertEquals(exitCodeOf(aJudgedRun()), 1);
  assertEquals(exitCodeOf(aNotRun()), 2);
});
