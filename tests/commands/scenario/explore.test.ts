import { test } from "node:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../modules/commands/main.ts";
import { loadScenario } from "../../../modules/scenario/load.ts";
import { FakeShell } from "../../support/fake-shell.ts";

const FILE = `feedlab: 1
name: x
feed: { messages: 60, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - { name: one, drop: { seq: 5 } }
  - { name: two, drop: { seq: 20..22 } }
recovery: { listen: 127.0.0.1:7000 }
expect: [gaps.size.max <= 2, gaps.detected == 2]
`;

/** Explores a scenario in a folder of its own; `small` is what `--output` was given. */
async function explore(
  text: string,
  ...words: string[]
): Promise<{ shell: FakeShell; code: number; small: string | undefined }> {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-explore-"));
  try {
    const file = join(folder, "x.yaml");
    const output = join(folder, "small.yaml");
    writeFileSync(file, text);
    const shell = new FakeShell("terminal");
    const named = words.map((word) => (word === "OUTPUT" ? output : word));
    const code = await main(["scenario", "explore", file, ...named], shell);
    const small = words.includes("OUTPUT") ? readFileSync(output, "utf8") : undefined;
    return { shell, code, small };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void test("the smaller scenario stands alone, and needs what it keeps", async () => {
  const { code, small } = await explore(FILE, "--seed", "7", "--output", "OUTPUT");
  assertEquals(code, 1);
  const { scenario, problems } = loadScenario(small!, "small.yaml");
  assertEquals(problems, []);
  const { feeds, expectations, seed, time } = scenario!;
  assertEquals([seed, time], ["7-1", "virtual"]);
  assertEquals(
    expectations.map(({ text }) => text),
    ["gaps.size.max <= 2"],
  );
  assertEquals(
    feeds[0].rules.map(({ name }) => name),
    ["two"],
  );
  // SEQ:20..22 are missed as soon as SEQ:23 comes.
  assertEquals(feeds[0].feed.messages, 23);
});

void test("on standard output it is a scenario file too, the report its comments", async () => {
  const { shell } = await explore(FILE);
  const { scenario, problems } = loadScenario(shell.said, "small.yaml");
  assertEquals([scenario?.name, problems], ["x", []]);
  assertStringIncludes(shell.said, '\n# left out rule "one"\n');
});

void test("one status line tells how far it is, and is taken away at the end", async () => {
  const { shell } = await explore(FILE.replace("<= 2", "<= 3"), "--seeds", "3");
  assertEquals(shell.statuses, [
    "  1 of 3 seeds, 0 not passed",
    "  2 of 3 seeds, 0 not passed",
    "  3 of 3 seeds, 0 not passed",
    "",
  ]);
  assertStringIncludes(shell.said, "all of 3 seeds passed: 5eed-1 to 5eed-3");
});

void test("all seeds are counted when asked, and the worst of them decides", async () => {
  const { shell, code } = await explore(FILE, "--all", "--seeds", "4", "--format", "json");
  const said = JSON.parse(shell.said) as {
    tried: number;
    passed: number;
    failed: { seed: string }[];
    first: { verdicts: object[] };
    smaller: { messages: object[] };
  };
  assertEquals([code, said.tried, said.passed], [1, 4, 0]);
  assertEquals(
    said.failed.map(({ seed }) => seed),
    ["5eed-1", "5eed-2", "5eed-3", "5eed-4"],
  );
  assertEquals(said.smaller.messages, [{ feed: "", from: 60, to: 23 }]);
});

void test("an interruption ends it with what was found by then", async () => {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-explore-"));
  try {
    const file = join(folder, "x.yaml");
    writeFileSync(file, FILE);
    const shell = new FakeShell();
    shell.interrupted = Promise.resolve();
    assertEquals(await main(["scenario", "explore", file], shell), 130);
    assert(shell.said.includes("interrupted"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
