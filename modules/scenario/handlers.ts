/**
 * Several handlers of one feed: `listen:` as a map of names. Which of the two forms is meant is found
 * out before anything is checked, so that each mistake is told in the words of its form.
 */
import * as z from "zod";
import { nearest } from "../core/registry.ts";
import { quote } from "../core/units.ts";

/** A value of a file, as far as its form goes. */
export interface Outline {
  /** `map`, `list`, or what kind of a single value. */
  readonly kind: string;
  readonly children: ReadonlyMap<string | number, Outline>;
}

/** The outline of plain data. */
export function outlineOf(value: unknown): Outline {
  if (typeof value !== "object" || value === null) {
    return { kind: value === null ? "null" : typeof value, children: new Map() };
  }
  const kind = Array.isArray(value) ? "list" : "map";
  const below = Object.entries(value).map(([key, inner]) => [key, outlineOf(inner)] as const);
  return { kind, children: new Map<string, Outline>(below) };
}

/** What names of handlers are made of. */
export const HANDLER_NAME = /^[A-Za-z][A-Za-z0-9_-]*$/;

/**
 * The names of the handlers in a `listen:`; undefined where it is one without a name. `keys` are those
 * of a handler, which no handler can be called.
 */
export function handlerNames(
  listen: Outline | undefined,
  keys: readonly string[],
): readonly string[] | undefined {
  const entries = [...(listen?.children ?? [])].map(
    ([key, value]) => [String(key), value] as const,
  );
  if (listen?.kind !== "map" || !entries.some(([name, value]) => isHandler(name, value, keys))) {
    return undefined;
  }
  // Beside others, one without a value is a handler that has yet to be written.
  return entries.flatMap(([name, { kind }]) =>
    (kind === "map" || kind === "null") && HANDLER_NAME.test(name) && !keys.includes(name)
      ? [name]
      : [],
  );
}

function isHandler(name: string, { kind, children }: Outline, keys: readonly string[]): boolean {
  if (kind !== "map" || keys.includes(name)) return false;
  // `recovr: { timeout: 1s }` is a key that was misspelt.
  return (
    nearest(name, keys) === undefined ||
    [...children.keys()].every((key) => keys.includes(`${key}`))
  );
}

/**
 * The schema of a `listen:` with handlers of these names, each of which is `one`. Of the `keys` of a
 * handler beside them is told elsewhere what to do with them.
 */
export function handlersSchema<T>(
  one: z.ZodType<T>,
  names: readonly string[],
  keys: readonly string[],
): z.ZodType<ReadonlyMap<string, T>> {
  const beside = keys.map((key) => [key, z.unknown().optional()] as const);
  return z
    .strictObject(Object.fromEntries([...beside, ...names.map((name) => [name, one] as const)]), {
      error: (issue) => wrongNames(issue, "a handler's name is a letter, then letters and digits"),
    })
    .transform((given) => new Map(names.map((name) => [name, given[name] as T])));
}

/** What is said of keys that cannot be names, with the keys in quotes; nothing of what else is wrong. */
export function wrongNames(
  { code, keys = [] }: { readonly code?: string; readonly keys?: readonly string[] },
  rule: string,
): string | undefined {
  if (code !== "unrecognized_keys") return undefined;
  const wrong = keys.filter((key) => !HANDLER_NAME.test(key));
  return wrong.length === 0 ? undefined : `${rule}: ${wrong.map(quote).join(", ")} is none`;
}
