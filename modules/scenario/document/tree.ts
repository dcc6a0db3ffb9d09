/**
 * The parser's document as a tree of plain values that remember where and how they were written.
 * Aliases and merge keys are followed here, so that their copies are counted.
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { quote } from "../../core/units.ts";
import { NESTING_MAX } from "./parse.ts";
import type { Span } from "./lines.ts";
import type { Path } from "./path.ts";

/** Values in a document once its aliases are written out. */
export const VALUES_MAX = 30_000;

/** Offsets in the text, the second one not included. */
export interface Extent {
  readonly from: number;
  readonly until: number;
  /** Which text they are of, where it is not the document's own. */
  readonly origin?: Origin;
}

/** Another file that a value comes from. */
export interface Origin {
  readonly file: string;
  readonly text: string;
  readonly spanOf: (from: number, until: number) => Span;
}

/** A value of the document. */
export interface Entry extends Extent {
  readonly kind: "map" | "list" | "text" | "number" | "boolean" | "null";
  /** Of scalars; `null` for maps and lists. */
  readonly value: string | number | boolean | null;
  /** Of scalars as they are written; empty where nothing is. */
  readonly source: string;
  /** Where its key stands, in maps. */
  readonly key?: Extent;
  /** Of maps by key, of lists by position. */
  readonly children: ReadonlyMap<string | number, Entry>;
  /** How many values it holds with itself, aliases written out. */
  readonly size: number;
  /** How many maps and lists lie within each other here. */
  readonly depth: number;
}

/** Something that is wrong whatever the schema says. */
export interface TreeFault extends Extent {
  readonly path: Path;
  readonly message: string;
  /** Whether the value at `path` is not known: `null` stands in its place. */
  readonly lost: boolean;
}

/** The tree below `document`; without a root when the copies of aliases are too many. */
export function buildTree(
  document: Document.Parsed,
  lineOf: (offset: number) => number,
): { root: Entry | undefined; faults: TreeFault[] } {
  const faults: TreeFault[] = [];
  const anchors = new Map<string, Entry | "open">();
  let copies = 0;

  const fault = (at: Extent, path: Path, message: string, lost = false): void => {
    faults.push({ from: at.from, until: at.until, path, message, lost });
  };

  const build = (node: ParsedNode | null, path: Path, key?: Extent): Entry => {
    const at = node === null ? (key ?? { from: 0, until: 0 }) : extent(node);
    const placed = key === undefined ? at : { ...at, key };
    if (isAlias(node)) return { ...placed, ...follow(node, at, path) };
    const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined;
    if (anchor !== undefined) anchors.set(anchor, "open");
    const entry: Entry = isMap(node)
      ? { ...placed, ...map(node, path) }
      : isSeq(node)
        ? { ...placed, ...list(node.items, path) }
        : { ...placed, ...scalar(isScalar(node) ? node : undefined) };
    if (anchor !== undefined) anchors.set(anchor, entry);
    return entry;
  };

  const follow = (alias: Alias, at: Extent, path: Path): Content => {
    const target = anchors.get(alias.source);
    const before = copies;
    if (target === undefined) {
      const message = `no anchor ${quote(alias.source)} above: write the value itself, or mark one`;
      fault(at, path, message, true);
    } else if (target === "open") {
      fault(at, path, `alias ${quote(alias.source)} holds itself: write the value itself`, true);
    } else if (path.length + target.depth > NESTING_MAX) {
      fault(
        at,
        path,
        `aliases nest deeper than ${NESTING_MAX} levels: write out what is needed`,
        true,
      );
    } else if ((copies += target.size) <= VALUES_MAX) {
      const { kind, value, source, children, size, depth } = target;
      return { kind, value, source, children, size, depth };
    } else if (before <= VALUES_MAX) {
      const message = `aliases make more than ${VALUES_MAX} values: write out what is needed`;
      fault(at, path, message, true);
    }
    return scalar(undefined);
  };

  const list = (items: readonly ParsedNode[], path: Path): Content =>
    content(
      "list",
      items.map((item, index) => [index, build(item, [...path, index])]),
    );

  const map = (node: YAMLMap<ParsedNode, ParsedNode | null>, path: Path): Content => {
    const own = new Map<string, Entry>();
    const merged: Entry[] = [];
    let mergeAt: number | undefined;
    for (const pair of node.items) {
      const at = extent(pair.key);
      const name = keyText(pair.key);
      if (name === undefined) {
        fault(at, path, "a key must be plain text: write a word before the colon");
        continue;
      }
      const earlier = name === "<<" ? mergeAt : own.get(name)?.key?.from;
      const below = [...path, name];
      if (earlier !== undefined) {
        const line = lineOf(earlier);
        fault(at, path, `duplicate key ${quote(name)}: it is already in line ${line}`);
        // Still built, for the mistakes and anchors that lie within.
        build(pair.value, below, at);
      } else if (name === "__proto__") {
        fault(at, path, '"__proto__" cannot be a key: choose another name');
      } else if (name === "<<" && isPlain(pair.key)) {
        mergeAt = at.from;
        const known = faults.length;
        const entry = build(pair.value, below, at);
        const sources = entry.kind === "list" ? [...entry.children.values()] : [entry];
        if (sources.every(({ kind }) => kind === "map")) merged.push(...sources);
        else if (faults.length === known) {
          fault(at, below, '"<<" takes a map or a list of maps, such as "<<: *name"', true);
        }
      } else own.set(name, build(pair.value, below, at));
    }
    // The map's own keys win, then the map that was named first.
    for (const source of merged) {
      for (const [name, entry] of source.children) {
        if (!own.has(String(name))) own.set(String(name), entry);
      }
    }
    return content("map", [...own]);
  };

  const root = build(document.contents, []);
  return { root: copies > VALUES_MAX ? undefined : root, faults };
}

/** The entry at `path`, if the document has one. */
export function entryAt(root: Entry, path: Path): Entry | undefined {
  return path.reduce<Entry | undefined>((entry, part) => entry?.children.get(part), root);
}

/** Every entry with its path, aliases written out. */
export function* entries(entry: Entry, path: Path = []): Generator<[Path, Entry]> {
  yield [path, entry];
  for (const [part, child] of entry.children) yield* entries(child, [...path, part]);
}

/** Plain data, with the number of an entry as text where `asWritten` says so. */
export function toValue(entry: Entry, asWritten: (entry: Entry) => boolean): unknown {
  const below = [...entry.children].map(([part, child]) => [part, toValue(child, asWritten)]);
  if (entry.kind === "list") return below.map(([, value]) => value);
  if (entry.kind === "map") return Object.fromEntries(below);
  return asWritten(entry) ? entry.source : entry.value;
}

/**
 * Whether YAML's reading of a number says something else than what is written: `0x10`, `1.10`,
 * `1e3`, or a whole number so large that it was rounded.
 */
export function losesSpelling({ kind, value, source }: Entry): boolean {
  return kind === "number" && (String(value) !== source || isRounded(value));
}

/** Whether a number is beyond what can be held exactly. */
export function isRounded(value: unknown): boolean {
  return typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER;
}

type Content = Pick<Entry, "kind" | "value" | "source" | "children" | "size" | "depth">;

function content(kind: "map" | "list", below: readonly [string | number, Entry][]): Content {
  let size = 1;
  let depth = 0;
  for (const [, entry] of below) {
    size += entry.size;
    depth = Math.max(depth, entry.depth);
  }
  return { kind, value: null, source: "", children: new Map(below), size, depth: depth + 1 };
}

const NO_CHILDREN: ReadonlyMap<string | number, Entry> = new Map();

function scalar(node: Scalar | undefined): Content {
  const value = node?.value;
  const rest = { source: node?.source ?? "", children: NO_CHILDREN, size: 1, depth: 0 };
  if (typeof value === "number") return { kind: "number", value, ...rest };
  if (typeof value === "boolean") return { kind: "boolean", value, ...rest };
  if (typeof value === "string") return { kind: "text", value, ...rest };
  return { kind: "null", value: null, ...rest };
}

function extent(node: ParsedNode): Extent {
  const [from, until] = node.range ?? [0, 0];
  return { from, until };
}

/** A key as it is written: `1` and `true` name things too, and `0x10` is not `16`. */
function keyText(key: ParsedNode): string | undefined {
  if (!isScalar(key)) return undefined;
  const text = typeof key.value === "string" ? key.value : key.source;
  return text === undefined || text === "" ? undefined : text;
}

function isPlain(key: ParsedNode): boolean {
  return isScalar(key) && key.type === "PLAIN";
}
