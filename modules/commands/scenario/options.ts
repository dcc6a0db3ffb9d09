/** Options that more than one verb of `scenario` takes. */
import * as z from "zod";

/** What chance begins with. */
export const SEED_OPTION = {
  seed: {
    value: "<text>",
    summary: "what chance begins with (default: the file's, or fresh)",
    type: z.string().min(1, "is empty: leave it out for a fresh one"),
  },
} as const;

/** Values of the file's variables. */
export const VAR_OPTION = {
  var: {
    value: "<name=value>",
    summary: "set a variable of the file; repeatable",
    type: z.string().transform((word, context): [name: string, value: string] => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
      if (name !== undefined && value !== undefined) return [name, value];
      context.addIssue(`${JSON.stringify(word)} sets nothing: write it like loss=2%`);
      return z.NEVER;
    }),
    many: true,
  },
} as const;

/** One of some words. */
export const oneOfWords = <T extends string>(...words: [T, ...T[]]): z.ZodType<T> =>
  z.enum(words, { error: `is not one of ${words.join(", ")}` });
