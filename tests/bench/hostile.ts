/**
 * How long the files that mean harm take to be refused. Each once: a file is refused by a program that
 * has just begun, and nothing of it is compiled. Prints JSON.
 */
import { readDocument } from "../../modules/scenario/document/mod.ts";
import { formatProblems } from "../../modules/scenario/document/problem.ts";
import { scenarioSchema } from "../../modules/scenario/scenario.ts";
import { hostileDocuments } from "../support/hostile.ts";

function refuse(name: string, text: string): { name: string; seconds: number } {
  const start = performance.now();
  const { problems } = readDocument(text, "hostile.yaml", scenarioSchema);
  const shown = formatProblems(problems);
  const seconds = (performance.now() - start) / 1000;
  if (shown === "") throw new Error(`${name} was not refused`);
  return { name, seconds };
}

console.log(JSON.stringify(hostileDocuments().map(({ name, text }) => refuse(name, text))));
