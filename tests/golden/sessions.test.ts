/** What people see, to the letter. `UPDATE=1` rewrites the files; then read them. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals } from "@std/assert";
import { replay } from "../support/replay.ts";
import { formatBlock, parseSession, type SessionFile } from "../support/session.ts";

const FOLDER = fileURLToPath(new URL("./", import.meta.url));
const UPDATE = (process.env["UPDATE"] ?? "") !== "";

for (const name of readdirSync(FOLDER).filter((name) => name.endsWith(".session"))) {
  void test(`session ${name}`, async () => {
    const path = join(FOLDER, name);
    const text = readFileSync(path, "utf8");
    const session = parseSession(text);
    const replayed = await inFolderOf(session.files, () => replay(session));
    if (UPDATE) return writeFileSync(path, session.rewrite(replayed));
    const expected = session.terminals.flat();
    assert(expected.length > 0, "the session has no commands");
    for (const [i, block] of replayed.entries()) {
      assertEquals(formatBlock(block), formatBlock(expected[i]!), name);
    }
  });
}

/** Runs in a folder that has these files and no others. */
async function inFolderOf<T>(files: readonly SessionFile[], run: () => Promise<T>): Promise<T> {
  if (files.length === 0) return run();
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "feedlab-session-"));
  try {
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
    process.chdir(folder);
    return await run();
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true, force: true });
  }
}
