import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../modules/commands/main.ts";
import { loadScenario } from "../../../modules/scenario/load.ts";
import { FakeShell } from "../../support/fake-shell.ts";

async function plan(...words: string[]): Promise<string> {
  const shell = new FakeShell();
  assertEquals(await main(["scenario", "plan", "demo", ...words], shell), 0);
  assertEquals(shell.errors, []);
  return shell.said;
}

void test("what will be hit, and how to run it", async () => {
  assertEquals((await plan("--seed", "7")).split("\n"), [
    "original demo: 22 messages, SEQ:1..22 in 10.5s, seed 7",
    "line A: 18 packets will leave",
    "  drop every 5: 4 of 22 packets: SEQ:5, 10, 15, 20",
    "on no line: 4 messages: SEQ:5, 10, 15, 20",
    "plan b287fcdac9db14fc",
    "run  feedlab scenario run demo --seed 7",
  ]);
  assertStringIncludes(await plan(), "seed 5eed");
});

void test("for programs, the same as one object", async () => {
  const { hash, rules, scenario } = JSON.parse(
    await plan("--seed", "7", "--format", "json", "--full"),
  ) as { hash: string; rules: { hits: number }[]; scenario: { seed: string } };
  assertEquals([hash, rules[0]!.hits, scenario.seed], ["b287fcdac9db14fc", 4, "7"]);
});

void test("the scenario in full is a scenario, with its plan below it", async () => {
  const full = await plan("--seed", "7", "--full");
  const { scenario, problems } = loadScenario(full, "full.yaml");
  assertEquals(problems, []);
  assertEquals([scenario!.name, scenario!.seed], ["original demo", "7"]);
  assertStringIncludes(full, "\n# plan b287fcdac9db14fc\n");
});
