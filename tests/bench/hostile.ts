/**
 * How long the files that mean harm take to be refused: figures, not a test.
 *
 *     bun tests/bench/hostile.ts
 *     deno run -A tests/bench/hostile.ts
 */
import process from "node:process";
import { readDocument } from "../../modules/scenario/document/mod.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { scenarioSchema } from "../../modules/scenario/scenario.ts";
import { hostileDocuments } from "../support/hostile.ts";

function refuse(text: string): number {
  const start = performance.now();
  formatProblems(readDocument(text, "hostile.yaml", scenarioSchema).problems);
  return performance.now() - start;
}

// Each once: a file is refused by a program that has just begun, and nothing of it is compiled.
const times = hostileDocuments()
  .map(({ name, text }) => ({ name, ms: refuse(text) }))
  .toSorted((a, b) => b.ms - a.ms);
for (const { name, ms } of times)
  process.stdout.write(`${ms.toFixed(0).padStart(6)} ms  ${name}\n`);
const [worst] = times;
process.stdout.write(`the worst of ${times.length}: ${worst!.ms.toFixed(0)} ms, ${worst!.name}\n`);
