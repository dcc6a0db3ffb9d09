/** Variables of a document: `vars: { loss: 2% }`, and `${loss}` wherever a value may stand. */
import { nearest } from "../../core/registry.ts";
import { quote } from "../../core/units.ts";
import type { Path } from "./path.ts";
import type { Entry, TreeFault } from "./tree.ts";

/** Values by name, as they are written. */
export type Variables = Readonly<Record<string, string>>;

/** Characters of one value: a file of references must not grow into gigabytes. */
const VALUE_MAX = 200;

const REFERENCE = /\$\{([^}]*)\}/g;

/** What `vars:` says, and the first value of each name below `matrix:`. */
export function variablesOf(root: Entry): Variables {
  const found: Record<string, string> = {};
  for (const [name, entry] of root.children.get("vars")?.children ?? []) {
    if (isWord(entry)) found[name] = textOf(entry);
  }
  for (const [name, entry] of root.children.get("matrix")?.children ?? []) {
    const first = entry.kind === "list" ? entry.children.get(0) : entry;
    if (first !== undefined && isWord(first)) found[name] = textOf(first);
  }
  return found;
}

/** The tree with every `${name}` replaced; places stay those of the reference. */
export function substitute(
  root: Entry,
  variables: Variables,
): { root: Entry; faults: TreeFault[] } {
  const faults: TreeFault[] = [];
  const names = Object.keys(variables);
  const replace = (entry: Entry, path: Path): Entry => {
    if (entry.kind === "map" || entry.kind === "list") {
      const children = new Map<string | number, Entry>();
      for (const [part, child] of entry.children)
        children.set(part, replace(child, [...path, part]));
      return { ...entry, children };
    }
    if (entry.kind !== "text" || typeof entry.value !== "string") return entry;
    const value = entry.value.replace(REFERENCE, (reference, name: string) => {
      const word = variables[name];
      if (word !== undefined) return word.slice(0, VALUE_MAX);
      const near = nearest(name, names);
      const remedy =
        near !== undefined
          ? `did you mean "${near}"?`
          : names.length > 0
            ? `have ${names.join(", ")}`
            : `add vars: { ${name}: ... }`;
      const { from, until } = entry;
      faults.push({
        from,
        until,
        path,
        message: `no variable ${quote(name)}: ${remedy}`,
        lost: true,
      });
      return reference;
    });
    return value === entry.value ? entry : { ...entry, value, source: value };
  };
  return { root: replace(root, []), faults };
}

function isWord({ kind }: Entry): boolean {
  return kind === "text" || kind === "number" || kind === "boolean";
}

function textOf({ kind, source, value }: Entry): string {
  return kind === "text" ? String(value) : source;
}
