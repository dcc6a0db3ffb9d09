/** `use: ./base.yaml`: a document that is laid over another one. */
import { UserError } from "../../core/errors.ts";
import type { Base } from "../../core/result.ts";
import { plural, quote } from "../../core/units.ts";
import { lineTable } from "./lines.ts";
import { parse } from "./parse.ts";
import { buildTree, type Entry, type Extent, type Origin, type TreeFault } from "./tree.ts";

/** Files that use one another, one below the other. */
export const USE_MAX = 8;

/** A file that another one uses. */
export type BaseText = Pick<Base, "file" | "text">;

/** Reads what the file `from` calls `name`, or throws a UserError that says why it cannot. */
export type ReadBase = (name: string, from: string) => BaseText;

/** A reader that knows these files and no others. */
export function readingFrom(bases: readonly Base[]): ReadBase {
  return (name, from) => {
    const found = bases.find((base) => base.name === name && base.from === from);
    if (found === undefined) throw new UserError(`${quote(name)} was not kept: run it again`);
    return found;
  };
}

/** A document together with all that it uses. */
export interface Laid {
  readonly root: Entry;
  readonly faults: readonly TreeFault[];
  readonly bases: readonly Base[];
}

/**
 * Lays a document over the one that it uses: its own keys win, maps are merged at every depth, and a
 * list takes the place of the other. `above` are the files on the way here.
 */
export function layOver(
  own: Entry,
  file: string,
  read: ReadBase | undefined,
  above: readonly string[] = [file],
): Laid {
  const use = own.children.get("use");
  const name = use?.value;
  // What is no text is for the schema to refuse.
  if (use === undefined || typeof name !== "string") return { root: own, faults: [], bases: [] };
  const fail = (message: string): Laid => {
    const { key: _, ...at } = use;
    return { root: own, faults: [{ ...at, path: ["use"], message, lost: true }], bases: [] };
  };
  if (read === undefined) return fail("no file can be read from here: write out what it says");
  if (above.length > USE_MAX) {
    return fail(`more than ${plural(USE_MAX, "file")} below one another: write some of them out`);
  }
  let found: BaseText;
  try {
    found = read(name, file);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return fail(error.message);
  }
  if (above.includes(found.file)) {
    const way = [...above.slice(above.indexOf(found.file)), found.file].join(" uses ");
    return fail(`${way}: remove one of them`);
  }
  const base = { from: file, name, file: found.file, text: found.text };
  const { root, faults } = readBase(found);
  if (root === undefined) {
    const lost = fail(`${quote(found.file)} cannot be read: mend it first`);
    return { root: own, faults: [...faults, ...lost.faults], bases: [base] };
  }
  const below = layOver(root, found.file, read, [...above, found.file]);
  return {
    root: merge(below.root, own),
    faults: [...faults, ...below.faults],
    bases: [base, ...below.bases],
  };
}

/** A file as a tree that knows whose it is; without a root when it is no map. */
function readBase({ file, text }: BaseText): {
  root: Entry | undefined;
  faults: readonly TreeFault[];
} {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const origin = { file, text: body, spanOf: lineTable(body) };
  const parsed = parse(body);
  if (parsed.document === undefined) {
    const faults = parsed.faults.map((fault) => ({ ...fault, origin, path: [], lost: true }));
    return { root: undefined, faults };
  }
  const { root, faults } = buildTree(
    parsed.document,
    (offset) => origin.spanOf(offset, offset).line,
  );
  const placed = faults.map((fault) => ({ ...fault, origin }));
  if (root === undefined || root.kind !== "map") {
    const message = "the file is not a map: write keys and values, such as `feed: ...`";
    const notMap = { from: 0, until: 1, origin, path: [], message, lost: true };
    return { root: undefined, faults: root === undefined ? placed : [...placed, notMap] };
  }
  return { root: mark(root, origin), faults: placed };
}

function mark(entry: Entry, origin: Origin): Entry {
  const children = new Map([...entry.children].map(([key, child]) => [key, mark(child, origin)]));
  const key: Extent | undefined = entry.key && { ...entry.key, origin };
  return { ...entry, ...(key && { key }), origin, children };
}

function merge(base: Entry, own: Entry): Entry {
  if (base.kind !== "map" || own.kind !== "map") return own;
  const children = new Map(base.children);
  for (const [key, child] of own.children) {
    const other = children.get(key);
    children.set(key, other === undefined ? child : merge(other, child));
  }
  return { ...own, children };
}
