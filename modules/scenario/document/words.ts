/** What a schema wants and what the document has, in the words of somebody who writes YAML. */
import type * as z from "zod";
import { nearest } from "../../core/registry.ts";
import { quote } from "../../core/units.ts";
import type { Entry } from "./tree.ts";

const TYPES: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  null: "null",
  array: "a list",
  tuple: "a list",
  object: "a map",
  record: "a map",
};

/** `a list`, `one of uniform, pareto`, `text or a list`; nothing for other kinds of issues. */
export function expected(issue: z.core.$ZodIssue): string | undefined {
  const own = /^expected (.+)$/s.exec(issue.message)?.[1];
  if (own !== undefined) return own;
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return oneOf(issue.values.map(String));
    case "invalid_union": {
      const options = issue.errors.map((errors) => errors.find(({ path }) => path.length === 0));
      const words = options.map((option) => option && expected(option));
      return orList([...new Set(words.filter((word) => word !== undefined))]) || undefined;
    }
    default:
      return undefined;
  }
}

/** `text "x"`, `the number 0x10`, `a list`. */
export function got({ kind, value, source }: Entry): string {
  switch (kind) {
    case "map":
    case "list":
      return `a ${kind}`;
    case "text":
      return `text ${quote(String(value))}`;
    case "number":
      return `the number ${source}`;
    case "boolean":
      return source;
    default:
      return source === "" ? "nothing" : source;
  }
}

/** What to write instead, where the mistake is a well-known one. */
export function remedy(issue: z.core.$ZodIssue, { kind, value, source }: Entry): string {
  const wanted = expectedTypes(issue);
  if (issue.code === "invalid_value" && !issue.values.includes(source)) return "";
  if (wanted.includes("string") && (kind === "number" || kind === "boolean")) {
    return `: put it in quotes, "${source}"`;
  }
  if (kind === "text" && (wanted.includes("number") || wanted.includes("int"))) {
    // Only quotes keep such text from being a number.
    if (/^[-+]?\d+(\.\d+)?$/.test(String(value))) return ": remove the quotes";
  }
  if (wanted.includes("array")) {
    if (kind === "map") return ': begin each entry with "- "';
    if (kind === "text" || kind === "number") return `: write [${source}]`;
  }
  if (wanted.includes("object") && kind === "text" && /^\w+:\S/.test(source)) {
    return ": put a space after the colon";
  }
  return "";
}

/** The types that would do at the place of an issue. */
export function expectedTypes(issue: z.core.$ZodIssue): string[] {
  if (issue.code === "invalid_type") return [issue.expected];
  if (issue.code === "invalid_value") return issue.values.map((value) => typeof value);
  if (issue.code !== "invalid_union") return [];
  return issue.errors
    .flat()
    .filter(({ path }) => path.length === 0)
    .flatMap(expectedTypes);
}

/** A number, text or list beyond its bounds; `undefined` for other issues. */
export function beyondBounds(issue: z.core.$ZodIssue, entry: Entry): string | undefined {
  const shown = entry.kind === "text" ? quote(String(entry.value)) : entry.source;
  const list = entry.kind === "list" || entry.kind === "map";
  switch (issue.code) {
    case "too_small": {
      const least = Number(issue.minimum);
      if (list)
        return `has ${plural(entry.children.size, "entry", "entries")}: write ${least} or more`;
      if (entry.kind === "text") {
        return least === 1 && entry.value === ""
          ? "is empty: write at least one character"
          : `${shown} is too short: write ${plural(least, "character")} or more`;
      }
      const bound = issue.inclusive === false ? `more than ${least}` : `${least} or more`;
      return `${shown} is too small: write ${bound}`;
    }
    case "too_big": {
      const most = Number(issue.maximum);
      if (list)
        return `has ${plural(entry.children.size, "entry", "entries")}: write ${most} or fewer`;
      if (entry.kind === "text") {
        return `${shown} is too long: write ${plural(most, "character")} or fewer`;
      }
      const bound = issue.inclusive === false ? `less than ${most}` : `${most} or less`;
      return `${shown} is too large: write ${bound}`;
    }
    case "not_multiple_of":
      return `${shown} is not a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

/** `did you mean "every"?  (every, seq)`, or `have every, seq` when nothing is near. */
export function suggestion(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const near = nearest(word, known);
  const list = known.join(", ");
  return near === undefined ? `have ${list}` : `did you mean "${near}"?  (${list})`;
}

/** `every, seq or chance`, with one more comma where the words have some themselves. */
export function orList(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  const or = words.some((word) => word.includes(",")) ? ", or" : " or";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")}${or} ${last}`;
}

/** `1`, or `one of 1, 2`. */
export function oneOf(words: readonly string[]): string {
  return words.length === 1 ? words[0]! : `one of ${words.join(", ")}`;
}

function plural(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}
