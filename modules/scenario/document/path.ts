import { quote } from "../../core/units.ts";

/** Where a value lies in a document: map keys and list positions from the root. */
export type Path = readonly (string | number)[];

/** `impair[0].drop`; keys that would blur it are quoted, and cut: `lines["my line"]`. */
export function formatPath(path: Path): string {
  return path.reduce<string>((before, part) => {
    if (typeof part === "number") return `${before}[${part}]`;
    if (!/^[\p{L}\p{N}_-]{1,60}$/u.test(part)) return `${before}[${quote(part)}]`;
    return before === "" ? part : `${before}.${part}`;
  }, "");
}

/** A text that is the same for the same path only. */
export function pathKey(path: Path): string {
  return JSON.stringify(path);
}
