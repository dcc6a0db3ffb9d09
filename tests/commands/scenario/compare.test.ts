import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { main } from "../../../modules/commands/main.ts";
import { FakeShell } from "../../support/fake-shell.ts";

/** What `compare --format json` says, as far as it is looked at here. */
interface Said {
  readonly same: boolean;
  readonly exitCode: number;
  readonly sides: Readonly<Record<string, { readonly seed: string; readonly outcome: string }>>;
  readonly feeds: readonly {
    readonly feed?: string;
    readonly onlyIn?: string;
    readonly sameGaps: boolean;
    readonly gaps: Readonly<Record<string, readonly object[]>>;
    readonly figures: Readonly<Record<string, { readonly sides: object; readonly ratio?: number }>>;
  }[];
}

async function compare(...words: string[]): Promise<{ said: Said; code: number }> {
  const shell = new FakeShell();
  const code = await main(["scenario", "compare", ...words, "--format", "json"], shell);
  return { said: JSON.parse(shell.said) as Said, code };
}

void test("a scenario is the same as itself, with any seed that both have", async () => {
  for (const words of [[], ["--seed", "9"]]) {
    const { said, code } = await compare("demo", "demo", ...words);
    assertEquals([code, said.same, said.exitCode], [0, true, 0]);
    const seeds = Object.values(said.sides).map(({ seed }) => seed);
    assertEquals(seeds[0], seeds[1]);
  }
});

void test("what differs, by its numbers", async () => {
  const { said, code } = await compare("canary", "demo", "--seed", "7");
  const [only] = said.feeds;
  assertEquals([code, said.same, only?.sameGaps], [1, false, false]);
  // The canary loses 4 and 5 for good; the demo every fifth of 22, and gets it back.
  assertEquals(only?.gaps, {
    A: [{ from: 4, until: 6, state: "abandoned" }],
    B: [5, 10, 15, 20].map((seq) => ({ from: seq, until: seq + 1, state: "filled" })),
  });
  assertEquals(only?.figures["delivered"]?.sides, { A: 8, B: 22 });
  assertEquals(only?.figures["delivered"]?.ratio, 22 / 8);
});

void test("feeds are held against those of their name", async () => {
  const { said, code } = await compare("sip-three-tapes", "sip-three-tapes");
  assertEquals(code, 0);
  assertEquals(
    said.feeds.map(({ feed }) => feed),
    ["tapeA", "tapeB", "tapeC"],
  );
  const other = await compare("sip-three-tapes", "demo");
  assertEquals(other.code, 1);
  assertEquals(
    other.said.feeds.map(({ onlyIn }) => onlyIn),
    ["A", "A", "A", "B"],
  );
});
