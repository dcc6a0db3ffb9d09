/** Scenario files that mean harm: each ends in one problem, at once. */
import { DOCUMENT_BYTES_MAX, PIECES_MAX } from "../../modules/scenario/document/parse.ts";
import { VALUES_MAX } from "../../modules/scenario/document/tree.ts";

/** A file, and a part of what is said of it. */
export interface HostileDocument {
  readonly name: string;
  readonly text: string;
  readonly message: string;
}

const TOO_MANY = `more than ${PIECES_MAX} words and marks`;
const TOO_DEEP = "nested deeper than 64 levels";

/** As many as a file that is not refused for its size holds. */
const fill = (part: string): string => part.repeat(Math.floor(DOCUMENT_BYTES_MAX / part.length));

/** As many as are not refused for their number, each of two pieces. */
const below = (part: string): string => part.repeat(PIECES_MAX / 2 - 10);

/** Every kind of harm that is known. */
export function hostileDocuments(): HostileDocument[] {
  const bomb = Array.from({ length: 9 }, (_, i) => {
    const items =
      i === 0
        ? "x"
        : Array(9)
            .fill(`*a${i - 1}`)
            .join(", ");
    return `a${i}: &a${i} [${items}]`;
  }).join("\n");
  const link = (i: number): string => `  - &a${i} [${i > 0 ? `*a${i - 1}` : ""}]`;
  const chain = (length: number): string => Array.from({ length }, (_, i) => link(i)).join("\n");
  const escapes = "\\x";
  return [
    ["a megabyte and more", "x".repeat(DOCUMENT_BYTES_MAX + 1), "a scenario at most 1 MiB"],
    ["NUL bytes", fill("\0"), "a NUL byte in the file"],
    ["open flow lists", "[".repeat(20_000), TOO_DEEP],
    ["flow lists", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`, TOO_DEEP],
    ["flow maps", "{a: ".repeat(20_000), TOO_DEEP],
    ["block lists", "- ".repeat(20_000), TOO_DEEP],
    ["explicit keys", "? ".repeat(20_000), TOO_DEEP],
    ["an alias bomb", bomb, `aliases make more than ${VALUES_MAX} values`],
    ["a chain of aliases", `a:\n${chain(700)}`, "aliases nest deeper than 64 levels"],
    ["a longer one", `a:\n${chain(3000)}`, `aliases make more than ${VALUES_MAX} values`],
    ["a long list", `a: [${"1,".repeat(400_000)}]`, TOO_MANY],
    ["blank lines", fill("\n"), TOO_MANY],
    ["documents", fill("---\n"), TOO_MANY],
    ["many tags", "!a ".repeat(300_000), TOO_MANY],
    ["as many tags as may be", below("!a "), "at most one tag"],
    ["as many anchors as may be", below("&a "), "at most one anchor"],
    ["as many commas as may be", `[${below(",,")}]`, "a comma too many"],
    ["as many aliases as may be", below("*a "), "unexpected alias"],
    ["bad escapes", `a: "${escapes.repeat(PIECES_MAX - 100)}"`, `unknown escape ${escapes}`],
    ["nothing but bad escapes", `"${fill(escapes).slice(2)}"`, TOO_MANY],
  ].map(([name = "", text = "", message = ""]) => ({ name, text, message }));
}
