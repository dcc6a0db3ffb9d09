/** The commands that bring a result back: to copy from a report into a shell. */
import type { JudgedRun } from "../core/result.ts";
import type { Seq } from "../core/seq.ts";

/** Runs the same scenario again, with the same chance and in the same time. */
export function againOf(judged: JudgedRun): string {
  const { operand, run } = judged;
  return `feedlab scenario run ${shellWord(operand)} ${setting(judged)} --time ${run.time}`;
}

/** Tells the life of one message. */
export function lookOf(judged: JudgedRun, seq: Seq): string {
  return `feedlab scenario why ${seq} ${shellWord(judged.operand)} ${setting(judged)}`;
}

/** What chance begins with, and the values that were given from outside. */
function setting({ run, variables }: JudgedRun): string {
  const values = Object.entries(variables).map(
    ([name, value]) => `--var ${shellWord(`${name}=${value}`)}`,
  );
  return [`--seed ${shellWord(run.seed)}`, ...values].join(" ");
}

/** As one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
