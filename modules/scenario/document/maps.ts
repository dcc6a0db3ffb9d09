/** What to write where a map belongs and something else stands. */
import * as z from "zod";
import { alternatives, defOf, exampleOf, flow, isOptional, type Schema } from "./shape.ts";
import type { Entry } from "./tree.ts";

/** Keys of which an example is made where none must be there. */
const KEYS_MAX = 3;

/**
 * A map for what stands at `entry`: `{ messages: 5 }` for `5` where one key takes it, otherwise an
 * example with the keys that must be there, or with all where they are few. Undefined: no map that
 * could be named is wanted.
 */
export function mapFor(schemas: readonly Schema[], entry: Entry): string | undefined {
  const shapes = schemas
    .flatMap((schema) => alternatives(schema))
    .map(defOf)
    .flatMap((def) => (def.type === "object" ? [def.shape] : []));
  const [shape] = shapes;
  if (shape === undefined || shapes.length > 1) return undefined;
  const keys = Object.entries(shape);
  const required = keys.filter(([, value]) => !isOptional([value]));
  const [only, ...others] = required.length > 0 ? required : keys;
  const scalar = entry.kind === "number" || entry.kind === "text";
  if (scalar && only !== undefined && others.length === 0 && takes(only[1], entry)) {
    return flow({ [only[0]]: entry.source });
  }
  const shown = required.length > 0 ? required : keys.length > KEYS_MAX ? [] : keys;
  const pairs = shown.map(([key, value]) => [key, wordOf(value)] as const);
  if (pairs.length === 0 || pairs.some(([, word]) => word === undefined)) return undefined;
  return flow(Object.fromEntries(pairs));
}

function takes(schema: Schema, { value }: Entry): boolean {
  return z.core.safeParse(schema, value).success;
}

/** What may stand there: its default, or its example. */
function wordOf(schema: Schema): string | undefined {
  const def = defOf(schema);
  if (def.type === "default" || def.type === "prefault") {
    const value: unknown = def.defaultValue;
    return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
  }
  return exampleOf([schema]);
}
