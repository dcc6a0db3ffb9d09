/** Keys of the scenario language that stand on the command line, each in a flag of its own. */
import type { ZodType } from "zod";
import * as z from "zod";
import { UserError } from "../core/errors.ts";
import { quote } from "../core/units.ts";
import { readDocument } from "./document/mod.ts";
import type { Problem } from "./document/problem.ts";

/** A flag that was given, and the key that it stands for. */
export interface Flag {
  /** As it was typed, without the dashes. */
  readonly flag: string;
  /** What was typed after it. */
  readonly word: string;
  readonly key: string;
  /** What stands behind the key in a scenario. */
  readonly yaml: string;
}

/** A scalar, whatever is in it. */
export function scalar(word: string): string {
  return JSON.stringify(word);
}

/** A name, or a key with its options, with or without the braces around it. A comment ends with it. */
export function choice(word: string): string {
  const line = word.replaceAll(/\s*\n\s*/g, " ").trim();
  return /^[[{"']/.test(line) || !/:(?:\s|$)/.test(line) ? line : `{ ${line}\n}`;
}

/**
 * Reads flags as the keys of a map. Throws a UserError for the first mistake: the flag, what was given
 * to it, and what a scenario would be told of it.
 */
export function readFlags<T>(flags: readonly Flag[], schema: ZodType<T>): T {
  for (const flag of flags) checkSyntax(flag);
  const text = `{\n${flags.map(({ key, yaml }) => `${key}: ${yaml}`).join("\n,")}\n}`;
  const { value, problems } = readDocument(text, "", schema);
  const problem = firstError(problems);
  if (problem === undefined) return value!;
  const flag = flags.find(({ key }) => problem.path.split(/[.[]/)[0] === key);
  if (flag === undefined) throw new UserError(messageOf(problem));
  const within = problem.path.slice(flag.key.length).replace(/^\./, "");
  // A flag may stand for a key further down, which nobody has typed.
  const typed = flag.word.includes(within.split(".").at(-1)!);
  throw wrong(flag, within !== "" && typed ? `${within}: ${messageOf(problem)}` : messageOf(problem));
}

/** By itself, so that a brace that is left open does not swallow the next flag. */
function checkSyntax(flag: Flag): void {
  if (!flag.word.includes(":") || flag.yaml === scalar(flag.word)) return;
  const { problems } = readDocument(flag.word, "", z.record(z.string(), z.unknown()));
  const problem = firstError(problems);
  if (problem !== undefined) throw wrong(flag, messageOf(problem));
}

function firstError(problems: readonly Problem[]): Problem | undefined {
  return problems.find(({ severity }) => severity === "error");
}

function messageOf({ message, hint = "" }: Problem): string {
  const text = hint === "" ? message : `${message}: ${hint}`;
  return text.replaceAll(/ {2,}/g, " ");
}

function wrong({ flag, word }: Flag, message: string): UserError {
  // Our own types begin with the value.
  const subject = message.startsWith(`${quote(word)} `) ? "" : ` ${quote(word)}:`;
  return new UserError(`--${flag}${subject} ${message}`);
}
