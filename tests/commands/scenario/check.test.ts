import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../modules/commands/main.ts";
import { FakeShell } from "../../support/fake-shell.ts";

let file = "";
before(() => {
  file = join(mkdtempSync(join(tmpdir(), "feedlab-check-")), "bad.yaml");
  writeFileSync(file, "feedlab: 1\nname: bad\nfeed: { mesages: 3 }\nlines: {}\n");
});
after(() => rmSync(join(file, ".."), { recursive: true, force: true }));

async function check(...words: string[]): Promise<FakeShell & { code: number }> {
  const shell = new FakeShell();
  const code = await main(["scenario", "check", ...words], shell);
  return Object.assign(shell, { code });
}

void test("for people: mistakes on standard error, what is well on standard output", async () => {
  const shell = await check("demo", file);
  assertEquals(shell.code, 2);
  assertEquals(shell.said, "✓ demo: original demo");
  assertStringIncludes(shell.complained, 'did you mean "messages"?');
  assertStringIncludes(shell.complained, "nothing was sent (exit 2)");
});

void test("for programs: one object with every file", async () => {
  const shell = await check("demo", file, "gone.yaml", "--format", "json");
  assertEquals(shell.code, 2);
  const found = JSON.parse(shell.said) as {
    errors: number;
    files: { ok: boolean; problems: Record<string, unknown>[] }[];
  };
  assertEquals(found.errors, 3);
  assertEquals(
    found.files.map(({ ok, problems }) => [ok, problems.length]),
    [
      [true, 0],
      [false, 2],
      [false, 1],
    ],
  );
  const { line, column, severity, path } = found.files[1]!.problems[0]!;
  assertEquals(
    { line, column, severity, path },
    { line: 3, column: 9, severity: "error", path: "feed" },
  );
});

void test("for GitHub: an annotation each, and silence when all is well", async () => {
  const shell = await check("demo", file, "--format", "github");
  assertEquals(shell.code, 2);
  const lines = shell.said.split("\n");
  assertEquals(lines.length, 2);
  for (const line of lines) assertStringIncludes(line, "::error file=");
  assertStringIncludes(lines[0]!, 'unknown key "mesages": did you mean "messages"?');
  const well = await check("demo", "--format", "github");
  assertEquals([well.code, well.said], [0, ""]);
});
