/**
 * Builds dist/: the command line and the library with all that they import, for any runtime.
 *
 * Split, so that what both need is there once, and so that code behind an `import()` is read only
 * when it is wanted. Not minified: a stack trace is part of a bug report.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const CLI = `${ROOT}dist/cli.js`;
const TYPES = `${ROOT}dist/types`;

/**
 * Read by a shell, starts the file with Bun or, where there is none, with Node; read as JavaScript,
 * is a string and a comment. With `env node`, Bun would hand the feed to the slower sockets of
 * Node wherever both are installed, and with `env bun` `npx feedlab` would need Bun.
 */
const START = `#!/bin/sh
":" //; exec "$(command -v bun || echo node)" "$0" "$@"
`;

rmSync(`${ROOT}dist`, { recursive: true, force: true });
bun([
  "build",
  "--target=node",
  "--splitting",
  "--outdir=dist",
  "--entry-naming=[name].js",
  "cli.ts",
  "modules/mod.ts",
  "modules/commands/thread.ts",
]);
// Bun carries over the first line of cli.ts, and adds a mark that the shell would run.
const code = readFileSync(CLI, "utf8").replace(/^#!.*\n(?:\/\/ @bun.*\n)?/, "");
writeFileSync(CLI, START + code, { mode: 0o755 });

// Declarations: sources would be checked with the options of whoever imports them. They name each
// other as sources do, which not every resolver follows to a declaration.
bun(["node_modules/typescript/bin/tsc", "--project", "tests/support/tsconfig.types.json"]);
for (const entry of readdirSync(TYPES, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile()) continue;
  const path = join(entry.parentPath, entry.name);
  const text = readFileSync(path, "utf8");
  writeFileSync(path, text.replace(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"'));
}

/** Runs Bun, the one that runs this file; ends the build when it fails. */
function bun(args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}
