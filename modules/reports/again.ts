/** The commands that bring a result back: to copy from a report into a shell. */
import type { JudgedRun } from "../core/result.ts";
import type { Part } from "../core/run.ts";
import type { Seq } from "../core/seq.ts";

/** Runs the same scenario again, with the same chance and in the same time. */
export function againOf(judged: JudgedRun): string {
  const { operand, runs, variables } = judged;
  return `${rerunOf({ operand, variables, seed: runs[0].seed })} --time ${runs[0].time}`;
}

/** Runs a scenario with these values and this chance. */
export function rerunOf({
  operand,
  variables,
  seed,
}: Pick<JudgedRun, "operand" | "variables"> & { readonly seed: string }): string {
  return `feedlab scenario run ${shellWord(operand)} ${setting(variables, seed)}`;
}

/** Tells the life of one message of a feed, as one of its handlers saw it. */
export function lookOf(
  { operand, runs, variables }: JudgedRun,
  seq: Seq,
  { feed = "", handler = "" }: Part = {},
): string {
  const of = `${feed === "" ? "" : ` --feed ${feed}`}${handler === "" ? "" : ` --handler ${handler}`}`;
  const like = setting(variables, runs[0].seed);
  return `feedlab scenario why ${seq} ${shellWord(operand)}${of} ${like}`;
}

/** What chance begins with, and the values that were given from outside. */
function setting(variables: JudgedRun["variables"], seed: string): string {
  const values = Object.entries(variables).map(
    ([name, value]) => `--var ${shellWord(`${name}=${value}`)}`,
  );
  return [`--seed ${shellWord(seed)}`, ...values].join(" ");
}

/** As one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
