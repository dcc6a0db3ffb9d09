import { test } from "node:test";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../modules/commands/main.ts";
import { FakeShell } from "../support/fake-shell.ts";

async function complaintsOf(...words: string[]): Promise<string[]> {
  const shell = new FakeShell();
  assertEquals(await main(["recover", "--duration", "1s", ...words], shell), 0);
  return shell.errors.filter((line) => !line.startsWith("Answering"));
}

test("trades that nobody kept have the times of this process, and that is told", async () => {
  const [told, ...others] = await complaintsOf("--protocol", "moldudp64", "--source", "trades");
  assertStringIncludes(told!, "recover --store sqlite:feed.db");
  assertEquals(others, []);
  assertEquals(await complaintsOf("--protocol", "moldudp64", "--source", "counter"), []);
});
