/**
 * The benchmark: one command, one table. README.md, "Benchmark", says what the columns mean.
 *
 *     bun run bench [GROUP...] [--quick] [--rounds N] [--json FILE]
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { cac } from "cac";
import { reasonOf } from "../../modules/core/errors.ts";
import { parseCount, quote } from "../../modules/core/units.ts";
import type { Group, Setting } from "./group.ts";
import { groups } from "./groups/mod.ts";
import { describeMachine, thisMachine } from "./machine.ts";
import { formatGroup, type Measured, standingOf, summaryOf, toJson } from "./table.ts";

const ROUNDS = 5;
const QUICK_ROUNDS = 1;

interface Options {
  readonly quick?: boolean;
  readonly rounds?: string | number;
  readonly json?: string;
}

/** Measures what was asked for, in the order of the list, and shows each group when it is done. */
async function bench(names: readonly string[], options: Options): Promise<void> {
  const chosen = choose(names);
  const { quick = false } = options;
  const usual = quick ? QUICK_ROUNDS : ROUNDS;
  const rounds = options.rounds === undefined ? usual : parseCount(String(options.rounds));
  if (rounds === 0) throw new Error("--rounds 0 measures nothing: write 1 or more");
  const machine = thisMachine();
  const began = new Date();
  const folder = mkdtempSync(join(tmpdir(), "feedlab-bench-"));
  const measured: Measured[] = [];
  print(`${describeMachine(machine)}\nmedians of ${rounds} rounds${quick ? ", quick" : ""}`);
  try {
    for (const group of chosen) {
      const done = await measure(group, { rounds, quick, folder, say: progress(group.name) });
      measured.push(done);
      print(`\n${formatGroup(done)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  print(`\n${summaryOf(measured)}; ${seconds(measured).toFixed(0)} s`);
  if (options.json !== undefined) {
    const results = { began, machine, rounds, quick, groups: measured.map(toJson) };
    writeFileSync(options.json, `${JSON.stringify(results, undefined, 2)}\n`);
  }
  // What is slower than it must be is told and is no failure: what came out wrong is.
  const failed = measured.some(({ rows }) => rows.some((row) => standingOf(row) === "error"));
  process.exitCode = failed ? 1 : 0;
}

function choose(names: readonly string[]): readonly Group[] {
  const unknown = names.find((wanted) => !groups.some(({ name }) => name === wanted));
  if (unknown !== undefined) {
    const known = groups.map(({ name }) => name).join(", ");
    throw new Error(`Cannot measure ${quote(unknown)}: there is no such group, but ${known}`);
  }
  return names.length === 0 ? groups : groups.filter(({ name }) => names.includes(name));
}

/** A group that fails as a whole is one row that says why. */
async function measure(group: Group, setting: Setting): Promise<Measured> {
  const { name, summary } = group;
  const start = performance.now();
  const failure = (error: unknown): Measured["rows"] => [
    { what: name, unit: "times", ours: reasonOf(error) },
  ];
  const rows = await group.measure(setting).catch(failure);
  return { name, summary, seconds: (performance.now() - start) / 1000, rows };
}

function seconds(measured: readonly Measured[]): number {
  return measured.reduce((sum, { seconds }) => sum + seconds, 0);
}

function progress(name: string): (text: string) => void {
  return (text) => void process.stderr.write(`${name}: ${text}\n`);
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const cli = cac("bun run bench");
cli
  .command("[...groups]", `What to measure, of ${groups.map(({ name }) => name).join(", ")}`)
  .option("--quick", "Little work and one round: under 90 s")
  .option("--rounds <n>", `How often each takes its turn (default: ${ROUNDS})`)
  .option("--json <file>", "Write all figures to a file")
  .action(bench);
cli.help();
try {
  cli.parse(process.argv, { run: false });
  await cli.runMatchedCommand();
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 2;
}
