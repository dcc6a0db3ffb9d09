import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { quotes, withTables } from "../support/readme.ts";

const README = new URL("../../README.md", import.meta.url);

test("the README's tables say what the definitions say (UPDATE=1 writes them)", async () => {
  const text = readFileSync(README, "utf8");
  const made = await withTables(text);
  if (process.env["UPDATE"] === "1") writeFileSync(README, made);
  else assertEquals(squeeze(text), squeeze(made));
});

test("what the README shows of a terminal stands in a golden session", () => {
  const found = quotes(readFileSync(README, "utf8"));
  assert(found.length > 0);
  for (const { file, text } of found) {
    // A session marks what went to standard error.
    const golden = readFileSync(new URL(file, import.meta.url), "utf8").replaceAll(/^2> /gm, "");
    assert(golden.includes(`${text}\n`), `${file} does not hold:\n${text}`);
  }
});

/** The formatter aligns the columns of a table. */
function squeeze(text: string): string {
  return text.replaceAll(/[ -]+\|/g, " |").replaceAll(/\| +/g, "| ");
}
