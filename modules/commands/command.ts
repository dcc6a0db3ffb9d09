/** What a command is to the shell: its options, and what it does. */
import type * as z from "zod";
import { type ExitCode, UserError } from "../core/errors.ts";
import type { Shell } from "./shell.ts";

/** One option. Its word is read by `type`; without one it takes no value. */
export interface Option<T = unknown> {
  /** How the value is shown in the help: `<group:port>`, or `[format]` where it may be left out. */
  readonly value?: string;
  readonly summary: string;
  readonly type?: z.ZodType<T>;
  /** What is read when the option is not given. */
  readonly fallback?: string;
  /** What is read when the option is given without a value, where that can be. */
  readonly alone?: string;
  /** May be given any number of times, and is read as a list. */
  readonly many?: true;
}

/** Options by their name, without the dashes. */
export type OptionMap = Readonly<Record<string, Option>>;

/** What the options of a map are read as. */
export type Values<O extends OptionMap> = {
  readonly [K in keyof O]: O[K] extends { readonly type: z.ZodType<infer T> }
    ? O[K] extends { readonly many: true }
      ? readonly T[]
      : O[K] extends { readonly fallback: string }
        ? T
        : T | undefined
    : boolean;
};

/** Words as they came from the command line, by option. */
export type Words = Readonly<Record<string, string | readonly string[] | boolean | undefined>>;

/** What a command takes and does. Its name and summary stand in the list of commands. */
export interface Command {
  readonly options: OptionMap;
  readonly examples: readonly string[];
  run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode>;
}

/** Reads the words of a command's options, or throws a UserError that names the option. */
export function readOptions<O extends OptionMap>(options: O, words: Words): Values<O> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries<Option>(options)) {
    const word = words[name];
    const { type } = option;
    if (type === undefined) values[name] = word === true;
    else if (option.many === true) {
      const given = word === undefined ? [] : [word].flat();
      values[name] = given.map((one) => read(name, type, one));
    } else if (Array.isArray(word)) {
      throw new UserError(`--${name} was given ${word.length} times: give it once`);
    } else {
      const given = word ?? option.fallback;
      if (given !== undefined) values[name] = read(name, type, given);
    }
  }
  return values as Values<O>;
}

function read(name: string, type: z.ZodType, word: unknown): unknown {
  const result = type.safeParse(word);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const message = issue?.message ?? "cannot be read";
  // Messages of our own types begin with the value; zod's own do not.
  if (message.startsWith('"')) throw new UserError(`--${name} ${message}`);
  const colon = message.startsWith("is ") ? "" : ":";
  throw new UserError(`--${name} ${JSON.stringify(word)}${colon} ${message}`);
}
