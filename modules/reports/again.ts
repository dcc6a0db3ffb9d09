/** The commands that bring a result back: to copy from a report into a shell. */
import type { JudgedRun } from "../core/result.ts";
import type { Part } from "../core/run.ts";
import type { Seq } from "../core/seq.ts";

/** Runs the same scenario again, with the same chance and in the same time. */
export function againOf(judged: JudgedRun): string {
  const { operand, runs } = judged;
  return `feedlab scenario run ${shellWord(operand)} ${setting(judged)} --time ${runs[0].time}`;
}

/** Tells the life of one message of a feed, as one of its handlers saw it. */
export function lookOf(
  judged: JudgedRun,
  seq: Seq,
  { feed = "", handler = "" }: Part = {},
): string {
  const of = `${feed === "" ? "" : ` --feed ${feed}`}${handler === "" ? "" : ` --handler ${handler}`}`;
  return `feedlab scenario why ${seq} ${shellWord(judged.operand)}${of} ${setting(judged)}`;
}

/** What chance begins with, and the values that were given from outside. */
function setting({ runs, variables }: JudgedRun): string {
  const values = Object.entries(variables).map(
    ([name, value]) => `--var ${shellWord(`${name}=${value}`)}`,
  );
  return [`--seed ${shellWord(runs[0].seed)}`, ...values].join(" ");
}

/** As one word of a POSIX shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
