/** What the benchmark ran on. */
import { spawnSync } from "node:child_process";
import { arch, cpus, release, type as system } from "node:os";
import process from "node:process";
import { findDeno } from "../support/deno.ts";

/** What figures depend on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly runtimes: readonly string[];
}

/** A runtime that is there, and how it runs a file. */
export interface Runtime {
  readonly name: "bun" | "deno";
  readonly command: readonly [string, ...string[]];
}

/** The Bun that runs this, and the Deno that package.json names, where it can run. */
export function runtimes(): Runtime[] {
  const bun: Runtime = { name: "bun", command: [process.execPath] };
  const deno = findDeno();
  return deno === undefined
    ? [bun]
    : [bun, { name: "deno", command: [deno, "run", "-A", "--quiet", "--no-check"] }];
}

/** The first line that a program says of itself. */
function versionOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n")[0] : undefined;
}

/** This machine. */
export function thisMachine(): Machine {
  const deno = findDeno();
  const compiler = versionOf("cc");
  return {
    cpu: cpus()[0]?.model.trim() ?? "not known",
    cores: cpus().length,
    system: `${system()} ${release()} ${arch()}`,
    runtimes: [
      `bun ${process.versions["bun"] ?? "not known"}`,
      ...(deno === undefined ? [] : [/^deno \S+/.exec(versionOf(deno) ?? "")?.[0] ?? "deno"]),
      ...(compiler === undefined ? [] : [compiler]),
    ],
  };
}

/** In two or three lines. */
export function describeMachine({ cpu, cores, system, runtimes }: Machine): string {
  return `${cpu}, ${cores} cores, ${system}\n${runtimes.join(", ")}`;
}
