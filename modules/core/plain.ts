/**
 * Values as JSON can hold them, and back: what JSON would lose is tagged. Whatever plain fields a
 * run gains are stored without a word here.
 */
import { invariant } from "./errors.ts";
import { Histogram, type PlainHistogram } from "./histogram.ts";

/** What JSON can hold. */
export type Plain =
  null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Marks what stands for something else; an object of the user's that has this key is wrapped. */
const TAG = "$";

/** As JSON can hold it. Takes plain data and histograms. */
export function toPlain(value: unknown): Plain {
  if (value === null || typeof value === "boolean" || typeof value === "string") return value;
  if (typeof value === "number") {
    const exact = Number.isFinite(value) && !Object.is(value, -0);
    return exact ? value : tagged("number", Object.is(value, -0) ? "-0" : String(value));
  }
  if (value === undefined) return tagged("undefined", null);
  if (Array.isArray(value)) return value.map(toPlain);
  if (value instanceof Histogram) return tagged("histogram", toPlain(value.toPlain()));
  invariant(
    typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype,
    `a value that is no plain data cannot be stored: ${Object.prototype.toString.call(value)}`,
  );
  const object = Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, toPlain(inner)]),
  );
  return Object.hasOwn(object, TAG) ? tagged("object", object) : object;
}

/** What `toPlain` was given. */
export function fromPlain(plain: Plain): unknown {
  if (plain === null || typeof plain !== "object") return plain;
  if (isList(plain)) return plain.map(fromPlain);
  if (!Object.hasOwn(plain, TAG)) return untagged(plain);
  const { [TAG]: kind, value = null } = plain;
  switch (kind) {
    case "number":
      return Number(value);
    case "undefined":
      return undefined;
    case "histogram":
      return Histogram.from(fromPlain(value) as PlainHistogram);
    case "object":
      return untagged(value as { readonly [key: string]: Plain });
  }
  throw new Error(`unknown tag ${JSON.stringify(kind)}`);
}

function tagged(kind: string, value: Plain): Plain {
  return { [TAG]: kind, value };
}

function untagged(object: { readonly [key: string]: Plain }): object {
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, fromPlain(inner)]));
}

/** `Array.isArray` does not narrow a list that cannot be written to. */
function isList(plain: Plain): plain is readonly Plain[] {
  return Array.isArray(plain);
}
