import leven from "leven";
import type { ZodType } from "zod";
import { UserError } from "./errors.ts";

/**
 * A variant that a name stands for: one file each, listed once in its folder's `mod.ts`. The YAML
 * key, its checks, the command-line help and the schema all come from here.
 */
export interface Definition<Options, Thing, Deps = void> {
  readonly name: string;
  /** One sentence without a full stop. */
  readonly summary: string;
  /** As it is written in a scenario. */
  readonly example: string;
  readonly options: ZodType<Options>;
  create(options: Options, deps: Deps): Thing;
}

/** The entry called `name`; a UserError that lists what there is when there is none. */
export function lookUp<T extends { readonly name: string }>(
  registry: readonly T[],
  name: string,
  what: string,
): T {
  const found = registry.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const names = registry.map((entry) => entry.name);
  throw new UserError(`no ${what} ${JSON.stringify(name)}${didYouMean(name, names)}`);
}

/** `: did you mean "every"?` when one is near, otherwise `: have every, seq`. */
export function didYouMean(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near !== undefined ? `: did you mean "${near}"?` : `: have ${known.join(", ")}`;
}

/** The nearest known word, if one is near enough to have been meant. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  return known
    .map((candidate) => ({ candidate, distance: leven(word, candidate) }))
    .filter(({ candidate, distance }) => isNear(word, candidate, distance))
    .toSorted((a, b) => a.distance - b.distance)[0]?.candidate;
}

/** One slip in four letters, and one in any; letters in another order are one slip. */
function isNear(word: string, candidate: string, distance: number): boolean {
  const longest = Math.max(word.length, candidate.length);
  if (distance === 2 && sorted(word) === sorted(candidate)) return longest > 2;
  return distance <= Math.max(1, Math.floor(longest / 4)) && distance < candidate.length;
}

function sorted(word: string): string {
  return word.split("").toSorted().join("");
}
