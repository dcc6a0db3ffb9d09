/** Commands that are about one run, given a file whose matrix makes several. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../modules/commands/main.ts";
import { FakeShell } from "../../support/fake-shell.ts";

const TEXT = `feedlab: 1
name: m
time: virtual
matrix: { every: [5, 2], seed: 1..3 }
feed: { messages: 21, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - drop: { every: "\${every}" }
`;

async function say(...words: string[]): Promise<{ code: number; shell: FakeShell }> {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-matrix-"));
  try {
    const path = join(folder, "m.yaml");
    writeFileSync(path, TEXT);
    const shell = new FakeShell();
    const code = await main(
      words.map((word) => word.replace("m.yaml", path)),
      shell,
    );
    const clean = (lines: string[]): string[] =>
      lines.map((line) => line.replaceAll(path, "m.yaml"));
    shell.printed.splice(0, Infinity, ...clean(shell.printed));
    shell.errors.splice(0, Infinity, ...clean(shell.errors));
    return { code, shell };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

void test("a plan is that of the first run, which it names, with how to have another", async () => {
  const { shell } = await say("scenario", "plan", "m.yaml");
  assertEquals(shell.said.split("\n"), [
    "the first of 6 runs: every=5, seed 1; for another: --var every=... --seed ...",
    "m: 21 messages, SEQ:1..21 in 20ms, seed 1",
    "line A: 17 packets will leave",
    "  drop every 5: 4 of 21 packets: SEQ:5, 10, 15, 20",
    "on no line: 4 messages: SEQ:5, 10, 15, 20",
    shell.said.split("\n").find((line) => line.startsWith("plan ")),
    "run  feedlab scenario run m.yaml --seed 1 --var every=5",
  ]);
});

void test("what is set from outside chooses the run", async () => {
  const { shell } = await say("scenario", "plan", "m.yaml", "--var", "every=2", "--seed", "3");
  assertStringIncludes(shell.said, "10 of 21 packets");
  assertStringIncludes(shell.said, "run  feedlab scenario run m.yaml --seed 3 --var every=2");
  assertEquals(shell.said.includes("the first of"), false);
});

void test("for programs the plan has the values of its run", async () => {
  const { shell } = await say("scenario", "plan", "m.yaml", "--format", "json");
  const { seed, variables, runs } = JSON.parse(shell.said) as Record<string, unknown>;
  assertEquals([seed, variables, runs], ["1", { every: "5" }, 6]);
});

void test("the life of a message is that of the first run, too", async () => {
  const { shell } = await say("scenario", "why", "5", "m.yaml");
  assertEquals(shell.said.split("\n").slice(0, 2), [
    "the first of 6 runs: every=5, seed 1; for another: --var every=... --seed ...",
    "SEQ:5 of m, seed 1",
  ]);
});

void test("what has room for one run says how to choose it", async () => {
  const { code, shell } = await say("scenario", "run", "m.yaml", "--save", "never.ndjson");
  assertEquals(code, 2);
  assertEquals(shell.errors, [
    "feedlab: --save stores one run, and the matrix makes 6: choose one with " +
      "--var every=... --seed ...",
  ]);
});
