import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { slug } from "../../modules/core/run.ts";

test("a rule's name becomes a word that a metric can carry", () => {
  const names: readonly (readonly [string, string])[] = [
    ["burst loss", "burst_loss"],
    ["drop every 5", "drop_every_5"],
    ["drop chance 0.01%", "drop_chance_0_01"],
    ["drop seq 10, 15..20", "drop_seq_10_15_20"],
    ["  Line A: loss!  ", "line_a_loss"],
    ["already_fine", "already_fine"],
    ["a__b", "a_b"],
    ["ünïcode", "n_code"],
    ["!!", ""],
  ];
  for (const [name, word] of names) assertEquals(slug(name), word, name);
});
