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
  /** `source`, or `source.speed` for one that stands beside the name of the source. */
  readonly key: string;
  /**
   * What stands behind the key. Without it, the word does: a name, or a key with its options, with or
   * without the braces around it.
   */
  readonly value?: unknown;
}

/**
 * Reads flags as the keys of a map. Throws a UserError for the first mistake: the flag, what was given
 * to it, and what a scenario would be told of it.
 */
export function readFlags<T>(flags: readonly Flag[], schema: ZodType<T>): T {
  for (const flag of flags) checkSyntax(flag);
  const keys = [...new Set(flags.map(({ key }) => topOf(key)))];
  const text = `{\n${keys.map((key) => `${key}: ${yamlOf(key, flags)}`).join("\n,")}\n}`;
  const { value, problems } = readDocument(text, "", schema);
  const problem = firstError(problems);
  if (problem === undefined) return value!;
  const flag =
    flags.find(({ key }) => key.includes(".") && isAt(problem.path, key)) ??
    flags.find(({ key }) => isAt(problem.path, topOf(key)));
  if (flag === undefined) throw new UserError(messageOf(problem));
  const within = problem.path.slice(flag.key.length).replace(/^\./, "");
  throw wrong(flag, within === "" ? messageOf(problem) : `${within}: ${messageOf(problem)}`);
}

function topOf(key: string): string {
  return key.split(".")[0]!;
}

function isAt(path: string, key: string): boolean {
  return path === key || path.startsWith(`${key}.`) || path.startsWith(`${key}[`);
}

/** What stands behind a key, in one line of YAML or, where there is a comment, two. */
function yamlOf(top: string, flags: readonly Flag[]): string {
  const own = flags.find(({ key }) => key === top);
  const beside = flags.filter(({ key }) => key.startsWith(`${top}.`));
  if (beside.length === 0) return own?.value === undefined ? choice(own!.word) : json(own.value);
  const rest = beside.map(({ key, value }) => `${key.slice(top.length + 1)}: ${json(value)}`);
  if (own === undefined) return `{ ${rest.join(", ")} }`;
  const map = choice(own.word);
  const inner = map.startsWith("{") ? map.slice(1, map.lastIndexOf("}")) : ` ${map}: {}`;
  return `{${inner}, ${rest.join(", ")} }`;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

function choice(word: string): string {
  const line = oneLine(word);
  return /^[[{"']/.test(line) || !isMap(line) ? line : `{ ${line}\n}`;
}

function oneLine(word: string): string {
  return word.replaceAll(/\s*\n\s*/g, " ").trim();
}

function isMap(line: string): boolean {
  return /:(?:\s|$)/.test(line);
}

/** By itself, so that a brace that is left open does not swallow the next flag. */
function checkSyntax(flag: Flag): void {
  const line = oneLine(flag.word);
  if (flag.value !== undefined || !isMap(line)) return;
  const { problems } = readDocument(line, "", z.record(z.string(), z.unknown()));
  const problem = firstError(problems);
  if (problem !== undefined) throw wrong(flag, messageOf(problem));
}

function firstError(problems: readonly Problem[]): Problem | undefined {
  return problems.find(({ severity }) => severity === "error");
}

function messageOf({ message, hint = "" }: Problem): string {
  const text = hint === "" ? message : `${message}: ${hint}`;
  return (
    text
      .replaceAll(/ {2,}/g, " ")
      // A remedy names a key; here it is a flag.
      .replace(/\bwrite (source|protocol): \{ (.+) \}$/, "write --$1 '$2'")
      .replaceAll(/\b(write|add|or) (source|messages|duration|rate|interval): /g, "$1 --$2 ")
  );
}

function wrong({ flag, word }: Flag, message: string): UserError {
  // Our own types begin with the value.
  const subject = message.startsWith(`${quote(word)} `) ? "" : ` ${quote(word)}:`;
  return new UserError(`--${flag}${subject} ${message}`);
}
