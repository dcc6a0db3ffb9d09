/** What a zod schema wants at a path: its alternatives, the keys it knows, its examples. */
// oxlint-disable no-underscore-dangle -- zod publishes what is inside a schema as `_zod`
import * as z from "zod";
import { invariant } from "../../core/errors.ts";
import { type Entry, entryAt } from "./tree.ts";
import type { Path } from "./path.ts";

/** Any schema, as zod's internals hold them. */
export type Schema = z.core.$ZodType;

/** `schema` with all that it wraps, and every alternative of its unions, outermost first. */
export function alternatives(schema: Schema, entry?: Entry): Schema[] {
  const found: Schema[] = [];
  const visit = (layer: Schema): void => {
    if (found.includes(layer)) return;
    found.push(layer);
    for (const inner of innerOf(layer, entry)) visit(inner);
  };
  visit(schema);
  return found;
}

/** Zod's own schemas are all of this union; custom ones have a `type` that no case matches. */
function isKnown(schema: Schema): schema is z.core.$ZodTypes {
  return "type" in schema._zod.def;
}

/** What zod says that a schema is. */
export function defOf(schema: Schema): z.core.$ZodTypes["_zod"]["def"] {
  invariant(isKnown(schema), "a schema is not one of zod's");
  return schema._zod.def;
}

function innerOf(schema: Schema, entry: Entry | undefined): readonly Schema[] {
  const def = defOf(schema);
  switch (def.type) {
    case "optional":
    case "nullable":
    case "nonoptional":
    case "default":
    case "prefault":
    case "catch":
    case "readonly":
    case "success":
    case "promise":
      return [def.innerType];
    case "lazy":
      return [def.getter()];
    case "pipe":
      // A preprocess is a pipe whose first half takes anything.
      return [def.in._zod.def.type === "transform" ? def.out : def.in];
    case "intersection":
      return [def.left, def.right];
    case "union":
      return chosenOptions(def, entry);
    default:
      return [];
  }
}

/** The options of a union; of a discriminated one only those that the entry's word chooses. */
function chosenOptions(def: z.core.$ZodUnionDef, entry: Entry | undefined): readonly Schema[] {
  const word = "discriminator" in def ? String(def.discriminator) : undefined;
  const said = word === undefined ? undefined : entry?.children.get(word)?.value;
  if (word === undefined || said === undefined) return def.options;
  const chosen = def.options.filter((option) => option._zod.propValues?.[word]?.has(said));
  return chosen.length > 0 ? chosen : def.options;
}

/** The schemas that could hold for the value at `path` below a value of `schemas`. */
export function schemasAt(
  schemas: readonly Schema[],
  entry: Entry | undefined,
  path: Path,
): Schema[] {
  return path.reduce<Schema[]>(
    (at, part, index) => {
      const here = entry === undefined ? undefined : entryAt(entry, path.slice(0, index));
      const below = at.flatMap((s) => alternatives(s, here)).flatMap((s) => childOf(s, part));
      return [...new Set(below)];
    },
    [...schemas],
  );
}

function childOf(schema: Schema, part: string | number): readonly Schema[] {
  const def = defOf(schema);
  switch (def.type) {
    case "object": {
      const child = Object.hasOwn(def.shape, part) ? def.shape[part] : def.catchall;
      return child === undefined ? [] : [child];
    }
    case "record":
      return [def.valueType];
    case "array":
      return [def.element];
    case "tuple": {
      const child = typeof part === "number" ? (def.items[part] ?? def.rest) : undefined;
      return child === undefined || child === null ? [] : [child];
    }
    default:
      return [];
  }
}

/** The keys that any of `schemas` has a place for, in the order in which they are declared. */
export function knownKeys(schemas: readonly Schema[], entry?: Entry): string[] {
  const keys = schemas
    .flatMap((schema) => alternatives(schema, entry))
    .flatMap((schema) => {
      const def = defOf(schema);
      if (def.type === "object") return Object.keys(def.shape);
      if (def.type === "record") return [...(def.keyType._zod.values ?? [])].map(String);
      return [];
    });
  return [...new Set(keys)];
}

/** The first example that the metadata of any of `schemas` has, as it is written in a scenario. */
export function exampleOf(schemas: readonly Schema[]): string | undefined {
  for (const schema of schemas.flatMap((s) => alternatives(s))) {
    const examples: unknown = z.globalRegistry.get(schema)?.examples;
    if (Array.isArray(examples) && examples.length > 0) return flow(examples[0]);
  }
  return undefined;
}

/** Whether the key of a value may be left out. */
export function isOptional(schemas: readonly Schema[]): boolean {
  return schemas.some((schema) => schema._zod.optin !== undefined);
}

/** The options of the one union at `schemas` that has `count` of them, in its issues' order. */
export function optionsOf(
  schemas: readonly Schema[],
  count: number,
): readonly Schema[] | undefined {
  const found = schemas
    .flatMap((schema) => alternatives(schema))
    .map(defOf)
    .filter((def) => def.type === "union")
    .filter((def) => def.options.length === count);
  return found.length === 1 ? found[0]?.options : undefined;
}

/** A value in one line of YAML. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${key}: ${flow(inner)}`);
    return pairs.length === 0 ? "{}" : `{ ${pairs.join(", ")} }`;
  }
  return String(value);
}
