/** Values that may be read from a file of their own: `trace: fates.txt`. */
import { UserError } from "../../core/errors.ts";
import type { Base } from "../../core/result.ts";
import type { Path } from "./path.ts";
import type { Entry, TreeFault } from "./tree.ts";
import type { Laid, ReadBase } from "./use.ts";

/** Whether the text at `path` names a file, rather than being the value itself. */
export type NamesFile = (path: Path, text: string) => boolean;

/** Puts what the named files say in the place of their names. */
export function include(
  root: Entry,
  file: string,
  read: ReadBase | undefined,
  namesFile: NamesFile,
): Laid {
  const faults: TreeFault[] = [];
  const bases: Base[] = [];
  const visit = (entry: Entry, path: Path): Entry => {
    if (entry.children.size > 0) {
      const children = new Map<string | number, Entry>();
      for (const [part, child] of entry.children) children.set(part, visit(child, [...path, part]));
      return { ...entry, children };
    }
    const { value } = entry;
    if (typeof value !== "string" || !namesFile(path, value)) return entry;
    const from = entry.origin?.file ?? file;
    try {
      if (read === undefined) {
        throw new UserError("no file can be read from here: write out what it says");
      }
      const found = read(value, from);
      bases.push({ from, name: value, file: found.file, text: found.text });
      return { ...entry, value: found.text, source: found.text };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const { key: _, ...at } = entry;
      faults.push({ ...at, path, message: error.message, lost: true });
      return entry;
    }
  };
  return { root: visit(root, []), faults, bases };
}
