/** `--store sqlite:feed.db`: a store of the registry, and what it is called where it is told of. */
import * as z from "zod";
import { UserError } from "../core/errors.ts";
import { nearest } from "../core/registry.ts";
import { quote } from "../core/units.ts";
import type { StoreChoice } from "../scenario/keep.ts";
import { stores } from "../stores/mod.ts";

/** A store, with the word that named it. */
export interface GivenStore extends StoreChoice {
  readonly word: string;
}

const names = stores.map(({ name }) => name);

/** `feed.db`, from an example like `store: { sqlite: feed.db }`. */
function exampleOf(name: string): string {
  const { example } = stores.find((store) => store.name === name)!;
  return example
    .replace(/^store: (?:\{ )?/, "")
    .replace(/ \}$/, "")
    .replace(": ", ":");
}

const storeWord: z.ZodType<GivenStore> = z.string().transform((word, context) => {
  const refuse = (message: string): typeof z.NEVER => {
    context.addIssue(`${quote(word)} ${message}`);
    return z.NEVER;
  };
  const [, name = "", colon, path] = /^([^:]*)(:)?(.*)$/s.exec(word)!;
  const definition = stores.find((store) => store.name === name);
  if (definition === undefined) {
    const near = nearest(name, names);
    const list = names.map(exampleOf).join(", ");
    return refuse(
      `is no store: ${near === undefined ? `write ${list}` : `did you mean "${near}"?`}`,
    );
  }
  const read = definition.options.safeParse(colon === undefined ? {} : path);
  if (!read.success) {
    return refuse(`is not how the ${name} store is written: write ${exampleOf(name)}`);
  }
  return { definition, options: read.data, rest: {}, word };
});

/** Where a feed's messages are kept. */
export const STORE_OPTION = {
  store: {
    value: "<store>",
    summary: `where messages are kept: ${names.map(exampleOf).join(", ")} (default: ${names[0]})`,
    type: storeWord,
  },
} as const;

/** What a store says by itself. */
export const STORE_KNOWS: readonly string[] = [
  "protocol",
  "source",
  "session",
  "seed",
  "first",
  "last",
];

/** Throws a UserError when a flag stands beside `--store` that says what the store does. */
export function checkBesideStore(
  { word }: GivenStore,
  words: Readonly<Record<string, unknown>>,
): void {
  const both = STORE_KNOWS.find((flag) => words[flag] !== undefined);
  if (both === undefined) return;
  throw new UserError(
    `--store ${quote(word)} and --${both} both say what is answered for: leave --${both} out`,
  );
}
