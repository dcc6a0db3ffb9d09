/** The project as it is on disk, for the rules to look at. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SourceFile } from "./source.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What .gitignore names, and git itself. */
const IGNORED = /^(?:\.git|node_modules|dist|.*\.tgz)$/;

/** Every text file of the project. */
export const files: readonly SourceFile[] = read("").toSorted((a, b) => (a.path < b.path ? -1 : 1));

/** What ships: the command line and the modules. */
export const shipped: readonly SourceFile[] = files.filter(
  ({ path }) => path === "cli.ts" || /^modules\/.*\.ts$/.test(path),
);

/** All TypeScript of ours; the stand-in for @std/assert follows the package it stands in for. */
export const typescript: readonly SourceFile[] = files.filter(
  ({ path }) => path.endsWith(".ts") && !path.startsWith("tests/support/std-assert/"),
);

function read(folder: string): SourceFile[] {
  return readdirSync(ROOT + folder, { withFileTypes: true })
    .filter(({ name }) => !IGNORED.test(name))
    .flatMap((entry) => {
      const path = folder + entry.name;
      if (entry.isDirectory()) return read(`${path}/`);
      if (!entry.isFile()) return [];
      const text = readFileSync(ROOT + path, "utf8");
      return text.includes("\0") ? [] : [{ path, text }];
    });
}
