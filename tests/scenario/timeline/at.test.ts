import { test } from "node:test";
import { assertEquals, assertThrows } from "@std/assert";
import { MILLISECOND, SECOND } from "../../../modules/core/time.ts";
import { UnitError } from "../../../modules/core/units.ts";
import { parseAt } from "../../../modules/scenario/timeline/at.ts";

void test("a time, a phase with and without an offset, a message", () => {
  assertEquals(parseAt("5s"), { time: 5 * SECOND });
  assertEquals(parseAt("0ms"), { time: 0 });
  assertEquals(parseAt("open"), { phase: "open", offset: 0 });
  assertEquals(parseAt("open+500ms"), { phase: "open", offset: 500 * MILLISECOND });
  assertEquals(parseAt("pre-open + 1.5s"), { phase: "pre-open", offset: 1.5 * SECOND });
  assertEquals(parseAt("msg 20k"), { msg: 20_000 });
  assertEquals(parseAt("msg"), { phase: "msg", offset: 0 });
});

void test("what is no moment says why", () => {
  const wrong = ["5", "", "-1s", "open+", "open+5", "msg 0", "msg x", "5s+open"];
  for (const text of wrong) assertThrows(() => parseAt(text), UnitError, undefined, text);
});
