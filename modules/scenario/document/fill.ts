/** A document with what it leaves out: every default of its schema, as one would write it. */
import * as z from "zod";
import { defOf, type Schema } from "./shape.ts";

/**
 * The value with the defaults of `schema` in it, keys in the order of the schema. It must be one
 * that the schema takes. A default that nobody could write is left out: `prefault` keeps from that.
 */
export function fill(schema: Schema, value: unknown): unknown {
  const def = defOf(schema);
  switch (def.type) {
    case "default": {
      if (value !== undefined) return fill(def.innerType, value);
      // A value as the schema makes it; not always one that could be written.
      const written = z.core.safeParse(def.innerType, def.defaultValue).success;
      return written ? fill(def.innerType, def.defaultValue) : undefined;
    }
    case "prefault":
      return fill(def.innerType, value === undefined ? def.defaultValue : value);
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
    case "catch":
      return value === undefined ? undefined : fill(def.innerType, value);
    case "pipe":
      return fill(def.in, value);
    case "union": {
      const taken = def.options.find((option) => z.core.safeParse(option, value).success);
      return taken === undefined ? value : fill(taken, value);
    }
    case "array":
      return Array.isArray(value) ? value.map((item) => fill(def.element, item)) : value;
    case "record":
      return entriesOf(value, (given) =>
        Object.entries(given).map(([key, inner]) => [key, fill(def.valueType, inner)]),
      );
    case "object":
      return entriesOf(value, (given) =>
        Object.entries(def.shape).map(([key, inner]) => [key, fill(inner, given[key])]),
      );
    default:
      return value;
  }
}

function entriesOf(
  value: unknown,
  filled: (given: Readonly<Record<string, unknown>>) => [string, unknown][],
): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = filled(value as Readonly<Record<string, unknown>>);
  return Object.fromEntries(entries.filter(([, inner]) => inner !== undefined));
}
