import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { complain } from "../../modules/commands/complain.ts";
import { main } from "../../modules/commands/main.ts";
import { FakeShell } from "../support/fake-shell.ts";

const LONG =
  "Cannot read the scenario that was named on the command line: there is no such file, " +
  "and none of the bundled ones is called that";

void test("in a pipe a complaint is one line, on a terminal none sticks out", () => {
  const pipe = new FakeShell();
  complain(pipe, LONG);
  assertEquals(pipe.errors, [`feedlab: ${LONG}`]);
  const terminal = new FakeShell("terminal");
  complain(terminal, LONG);
  assertEquals(terminal.errors[0]!.split("\n"), [
    "feedlab: Cannot read the scenario that was named on the command line: there is",
    "  no such file, and none of the bundled ones is called that",
  ]);
});

void test("what is wrong with a scenario stays within a terminal too, its place first", async () => {
  const words = ["serve", "--impair", "drop: { chance: 5 }", "--messages", "1"];
  for (const kind of ["pipe", "terminal"] as const) {
    const shell = new FakeShell(kind);
    assertEquals(await main(words, shell), 2);
    const lines = shell.complained.split("\n");
    assertEquals(lines[0]!.startsWith("--impair:1:17   error  drop.chance: "), true, lines[0]);
    assertEquals(
      lines.some((line) => line.length > 80),
      kind === "pipe",
    );
  }
});
