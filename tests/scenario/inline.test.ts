import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { formatInline, readInlineRules } from "../../modules/scenario/inline.ts";
import { readRule } from "../support/rules.ts";

const context = {
  lines: ["A"],
  phases: new Map(),
  feed: { first: 1, messages: 100, untilNs: 1e9, batch: 1, heartbeats: false },
};

/** The names of the rules, or what is wrong with them. */
function read(texts: readonly string[], above: readonly string[] = []): string[] | string {
  const { rules, problems } = readInlineRules(texts, "--impair", above.map(readRule), context);
  if (rules === undefined) return formatInline(problems, 100);
  return [...rules.map(({ name }) => name), ...problems.map(({ message }) => message)];
}

test("rules in the grammar of the file, below those that were there", () => {
  assertEquals(read(["drop: { chance: 1% }", "{ drop: { every: 5 }, line: A, name: mine }"]), [
    "drop chance 1%",
    "mine",
  ]);
  assertEquals(read(["drop: { every: 5 }"], ["drop: { every: 5 }"]), [
    "drop every 5",
    "drop every 5 2",
  ]);
});

test("the mistakes of all of them, each with its text", () => {
  assertEquals(
    read(["drop: { evry: 5 }", "drop: { every: 5 }", "drop: every"]),
    `--impair 1:1:9   error  drop: unknown key "evry"
  1 | drop: { evry: 5 }
    |         ^^^^
    | did you mean "every"?  (every, seq, msg, chance, gilbert_elliott, markov4, trace, correlation)
--impair 3:1:7   error  drop: expected a map, got text "every"
  1 | drop: every
    |       ^^^^^  have every, seq, msg, chance, gilbert_elliott, markov4, trace, correlation`,
  );
  assertEquals(
    read(["{ drop: { every: 5 }, line: B }"]),
    `--impair:1:29   error  line: no line "B": have A
  1 | { drop: { every: 5 }, line: B }
    |                             ^`,
  );
});

test("a warning comes with the rules; one about a rule above has no place here", () => {
  assertEquals(read(["drop: { seq: 900 }"], ["drop: { seq: 800 }"]), [
    "drop seq 800",
    "drop seq 900",
    'rule "drop seq 900" never fires: the feed ends at 100',
  ]);
});
