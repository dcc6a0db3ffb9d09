/**
 * All checks in a row, each with its output, then a table and, as the last line, what came of it.
 * Tests that open sockets run after all others and on one runtime at a time: they share the
 * machine's ports and its few cores.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { findDeno } from "./deno.ts";
import { type Counts, judge, type Reader, readBun, readDeno, verdict } from "./summary.ts";

interface Step {
  readonly name: string;
  readonly command: readonly string[];
  /** Set when the step is a run of tests, which reports more than good or bad. */
  readonly read?: Reader;
}

interface Outcome {
  readonly name: string;
  readonly counts: Counts;
  readonly seconds: number;
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A step that takes longer hangs. */
const STEP_LIMIT_MS = 15 * 60 * 1000;

/** The Bun that runs this file, so that every step has the same one, on the PATH or not. */
const bun = process.execPath;
const deno = findDeno() ?? "deno";

const bunTest = [bun, "test", "--timeout=30000"];
const denoTest = [deno, "test", "--allow-all", "--no-check"];

/** House tests look at the source text: once, on Bun, is enough. */
const steps: readonly Step[] = [
  { name: "format", command: [bun, "fmt", "--check"] },
  { name: "lint", command: [bun, "run", "lint"] },
  { name: "types", command: [bun, "check"] },
  { name: "house tests", command: [...bunTest, "./tests/house"], read: readBun },
  {
    name: "tests",
    command: [
      ...bunTest,
      "--path-ignore-patterns=tests/house/**",
      "--path-ignore-patterns=tests/live/**",
    ],
    read: readBun,
  },
  { name: "types, deno", command: [deno, "check"] },
  {
    name: "tests, deno",
    command: [...denoTest, "--ignore=tests/house,tests/live"],
    read: readDeno,
  },
  { name: "live tests", command: [...bunTest, "./tests/live"], read: readBun },
  { name: "live tests, deno", command: [...denoTest, "./tests/live"], read: readDeno },
];

const outcomes: Outcome[] = [];
for (const step of steps) outcomes.push(await run(step));

const failed = outcomes.some(({ counts }) => counts.failed > 0);
// Not process.exit: it would cut off what a pipe has not yet taken.
process.exitCode = failed ? 1 : 0;
process.stdout.write(`\n${table(outcomes)}\n\n${verdict(outcomes.map(({ counts }) => counts))}\n`);

async function run({ name, command, read }: Step): Promise<Outcome> {
  process.stdout.write(`\n== ${name}\n`);
  const start = performance.now();
  const { code, output } = await execute(command);
  const counts =
    read !== undefined
      ? judge(code, read(output))
      : { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
  return { name, counts, seconds: (performance.now() - start) / 1000 };
}

/** Runs a program to its end, showing and keeping what it prints. */
function execute([program = "", ...args]: readonly string[]): Promise<{
  code: number;
  output: string;
}> {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(program, args, {
      cwd: ROOT,
      env: { ...process.env, DENO_NO_UPDATE_CHECK: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const show = (text: string): void => {
      output += text;
      process.stdout.write(text);
    };
    const limit = setTimeout(() => {
      show(`\nstopped after ${STEP_LIMIT_MS / 60_000} minutes\n`);
      child.kill("SIGKILL");
      // A grandchild may still hold the other ends.
      child.stdout.destroy();
      child.stderr.destroy();
    }, STEP_LIMIT_MS);
    const end = (code: number): void => {
      clearTimeout(limit);
      resolve({ code, output });
    };
    child.stdout.setEncoding("utf8").on("data", show);
    child.stderr.setEncoding("utf8").on("data", show);
    child.on("error", (error) => {
      show(`${error.message}\n`);
      end(1);
    });
    child.on("close", (code) => end(code ?? 1));
  });
}

/** One line a step: how it went, its name, how long it took, and what its tests did. */
function table(rows: readonly Outcome[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  return rows
    .map(({ name, counts, seconds }) => {
      const mark = counts.failed > 0 ? "FAIL" : "ok  ";
      const time = `${seconds.toFixed(1).padStart(6)} s`;
      return `${mark}  ${name.padEnd(width)}  ${time}  ${verdict([counts])}`;
    })
    .join("\n");
}
