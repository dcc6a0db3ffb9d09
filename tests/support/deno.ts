/** Where the `deno` package keeps its program: it needs no Node to start, and no install script. */
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PACKAGES = new URL("../../node_modules/@deno/", import.meta.url);

/** The Deno that package.json names, or undefined when there is none for this system. */
export function findDeno(): string | undefined {
  if (!existsSync(PACKAGES)) return undefined;
  return readdirSync(PACKAGES)
    .flatMap((name) => [`${name}/deno`, `${name}/deno.exe`])
    .map((path) => fileURLToPath(new URL(path, PACKAGES)))
    .find((path) => existsSync(path));
}
