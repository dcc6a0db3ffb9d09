/**
 * Reading a YAML document against a schema, with all mistakes at once. What the schema means is
 * not known here.
 */
import type { ZodType } from "zod";
import type * as z from "zod";
import type { Base } from "../../core/result.ts";
import { include, type NamesFile } from "./include.ts";
import { explain, type Finding } from "./issues.ts";
import { lineTable, type Span } from "./lines.ts";
import { parse } from "./parse.ts";
import { formatPath, type Path, pathKey } from "./path.ts";
import { type Problem, sortProblems } from "./problem.ts";
import {
  buildTree,
  type Entry,
  entries,
  entryAt,
  type Extent,
  isRounded,
  losesSpelling,
  toValue,
  type TreeFault,
} from "./tree.ts";
import { type Laid, layOver, type ReadBase } from "./use.ts";
import { substitute, type Variables, variablesOf } from "./variables.ts";
import { expectedTypes } from "./words.ts";

/** Problems of one document that are told; a last one counts the rest. */
export const PROBLEMS_MAX = 100;

/** Which part of a map's entry to point at. */
export type Part = "key" | "value";

/** A document that has been read, well or not. */
export interface ReadDocument<T> {
  /** What the schema made of it; nothing when there are problems. */
  readonly value: T | undefined;
  /** What the schema was given: as it is written, with variables in their places. */
  readonly input: () => unknown;
  /** All mistakes, in the order in which they lie in the file. */
  readonly problems: readonly Problem[];
  /** The files that it uses. */
  readonly bases: readonly Base[];
  /**
   * Where the value at `path` stands, or the nearest value above that the file has. Without `at`
   * this is the value, or its key where the value is empty or fills several lines.
   */
  readonly locate: (path: Path, at?: Part) => Located;
  /** A problem of the caller's own, an error unless told otherwise. */
  readonly problem: (path: Path, message: string, more?: ProblemOptions) => Problem;
}

/** A place, and the file that it is in. */
export interface Located extends Span {
  readonly file: string;
}

/** What else a problem may say. */
export interface ProblemOptions {
  readonly severity?: Problem["severity"];
  readonly at?: Part | undefined;
  readonly hint?: string | undefined;
  /** Where to point, if not at the problem's own path. */
  readonly place?: Path | undefined;
}

/** A schema, or which one is for a document with these keys. */
export type SchemaOf<T> = ZodType<T> | ((keys: ReadonlyMap<string | number, Entry>) => ZodType<T>);

/**
 * Reads `text` as one YAML map and checks it with `schema`. Every mistake of the file becomes a
 * problem; only a schema that breaks its own contract throws.
 *
 * A number in a place that takes text and numbers alike, as our option types do, arrives as it is
 * written: `0x10` and `1.10` are words to be read by our units, not by YAML. `variables` win over
 * those that the document gives values to itself; `readBase` reads the files that it uses.
 */
export function readDocument<T>(
  text: string,
  file: string,
  schema: SchemaOf<T>,
  variables: Variables = {},
  readBase?: ReadBase,
  namesFile: NamesFile = () => false,
): ReadDocument<T> {
  const body = text.startsWith("\ufeff") ? text.slice(1) : text;
  const spanOf = lineTable(body);
  const locate = ({ from, until, origin }: Extent): Located => ({
    file: origin?.file ?? file,
    ...(origin?.spanOf ?? spanOf)(from, until),
  });
  const make = (extent: Extent, path: Path, message: string, more: ProblemOptions): Problem => ({
    severity: more.severity ?? "error",
    ...locate(extent),
    path: formatPath(path),
    message,
    ...(more.hint === undefined ? {} : { hint: more.hint }),
  });

  const lineOf = (offset: number): number => spanOf(offset, offset).line;
  const lay = (own: Entry): Laid => {
    const laid = layOver(own, file, readBase);
    const whole = include(laid.root, file, readBase, namesFile);
    return {
      root: whole.root,
      faults: [...laid.faults, ...whole.faults],
      bases: [...laid.bases, ...whole.bases],
    };
  };
  const reading = read(body, schema, variables, lineOf, lay);
  const { root } = reading;
  const extentOf = (path: Path, at?: Part): Extent => {
    if (root === undefined) return START;
    const extent = pointAt(root, path, at);
    const own = extent.origin?.text ?? body;
    const oneLine = at !== undefined || !own.slice(extent.from, extent.until).includes("\n");
    return oneLine ? extent : pointAt(root, path, "key");
  };
  const problem: ReadDocument<T>["problem"] = (path, message, more = {}) =>
    make(extentOf(more.place ?? path, more.at), path, message, more);

  const problems = [
    ...reading.faults.map((fault) => make(fault, fault.path, fault.message, {})),
    ...reading.findings.map((finding) => problem(finding.path, finding.message, finding)),
  ];
  return {
    value: problems.length === 0 ? reading.value : undefined,
    input: () => (root === undefined ? undefined : toValue(root, losesSpelling)),
    problems: atMost(withoutRepeats(sortProblems(problems))),
    bases: reading.bases,
    locate: (path, at) => locate(extentOf(path, at)),
    problem,
  };
}

const START: Extent = { from: 0, until: 1 };

interface Reading<T> {
  readonly value: T | undefined;
  readonly root: Entry | undefined;
  readonly faults: readonly TreeFault[];
  readonly findings: readonly Finding[];
  readonly bases: readonly Base[];
}

function read<T>(
  text: string,
  schemaOf: SchemaOf<T>,
  variables: Variables,
  lineOf: (offset: number) => number,
  lay: (root: Entry) => Laid,
): Reading<T> {
  const nothing = { value: undefined, root: undefined, findings: [], bases: [] };
  const parsed = parse(text);
  if (parsed.document === undefined) {
    return {
      ...nothing,
      faults: parsed.faults.map((fault) => ({ ...fault, path: [], lost: true })),
    };
  }
  const { root: written, faults } = buildTree(parsed.document, lineOf);
  if (written === undefined) return { ...nothing, faults };
  const { root: laid, faults: broken, bases } = lay(written);
  faults.push(...broken);
  const { root, faults: unknown } = substitute(laid, { ...variablesOf(laid), ...variables });
  faults.push(...unknown);
  if (root.kind !== "map") {
    const { from, until } = root;
    return {
      ...nothing,
      faults: [...faults, { from, until, path: [], message: notMap(root), lost: true }],
    };
  }

  const schema = typeof schemaOf === "function" ? schemaOf(root.children) : schemaOf;
  const { result, rounded } = check(root, schema);
  const findings = result.success ? [] : explain(root, schema, result.error.issues);
  const lost = new Set(faults.filter((fault) => fault.lost).map(({ path }) => pathKey(path)));
  // What is missing may stand in a file that could not be used.
  const baseless = lost.has(pathKey(["use"]));
  const told = new Set(findings.map(({ path }) => pathKey(path)));
  return {
    value: result.data,
    root,
    faults,
    bases,
    findings: [
      // That the schema wants a value where one was lost is no second mistake.
      ...findings.filter(({ path, kind }) =>
        kind === "missing key"
          ? !baseless && !lost.has(pathKey([...path, "<<"]))
          : !lost.has(pathKey(path)),
      ),
      ...rounded.filter(({ path }) => !told.has(pathKey(path))),
    ],
  };
}

function notMap({ kind, source }: Entry): string {
  const squeezed = kind === "text" && /^\w+:\S/.test(source);
  const remedy = squeezed
    ? "put a space after the colon"
    : "write keys and values, such as `feedlab: 1`";
  return `the file is not a map: ${remedy}`;
}

interface Checked<T> {
  readonly result: z.ZodSafeParseResult<T>;
  readonly rounded: readonly Finding[];
}

/**
 * Checks the tree with the schema. Only a trial shows what a schema takes: a number whose spelling
 * YAML loses is tried both ways, and stays a number where text is refused or a number is wanted.
 */
function check<T>(root: Entry, schema: ZodType<T>): Checked<T> {
  const attempt = (asWritten: (entry: Entry) => boolean): z.ZodSafeParseResult<T> =>
    // Zod's own words are left out, so that a schema's own can be told from them.
    schema.safeParse(toValue(root, asWritten), { error: () => "" });
  const wantedBy = (result: z.ZodSafeParseResult<T>, types: readonly string[]): Entry[] =>
    (result.success ? [] : places(result.error.issues))
      .filter(([, issue]) => expectedTypes(issue).some((type) => types.includes(type)))
      .map(([path]) => entryAt(root, path))
      .filter((entry) => entry !== undefined);

  const lossy = [...entries(root)].filter(([, entry]) => losesSpelling(entry));
  if (lossy.length === 0) return { result: attempt(() => false), rounded: [] };

  const numbers = new Set([
    ...wantedBy(
      attempt(() => false),
      ["string"],
    ),
    ...wantedBy(attempt(losesSpelling), ["number", "int"]),
  ]);
  const result = attempt((entry) => losesSpelling(entry) && !numbers.has(entry));
  const rounded = lossy
    .filter(([, entry]) => numbers.has(entry) && isRounded(entry.value))
    .map(([path, { source }]): Finding => {
      const message = `${source} is too large: write ${Number.MAX_SAFE_INTEGER} or less`;
      return { path, message, kind: "other" };
    });
  return { result, rounded };
}

/** Every issue with its path from the root, those within unions too. */
function places(issues: readonly z.core.$ZodIssue[], base: Path = []): [Path, z.core.$ZodIssue][] {
  return issues.flatMap((issue): [Path, z.core.$ZodIssue][] => {
    const below = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
    const path = [...base, ...below];
    const inner = issue.code === "invalid_union" ? places(issue.errors.flat(), path) : [];
    return [[path, issue], ...inner];
  });
}

/** The extent of the last entry on the way to `path`. */
function pointAt(root: Entry, path: Path, at: Part | undefined): Extent {
  let entry = root;
  for (const part of path) {
    const child = entry.children.get(part);
    if (child === undefined) break;
    entry = child;
  }
  const empty = entry.from === entry.until;
  return (at === "key" || (empty && at === undefined) ? entry.key : undefined) ?? entry;
}

/** A mistake behind an anchor is found wherever an alias leads to it; it is still one. */
function withoutRepeats(sorted: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return sorted.filter(({ file, line, column, message }) => {
    const key = `${file}:${line}:${column}:${message}`;
    return !seen.has(key) && seen.add(key);
  });
}

function atMost(problems: readonly Problem[]): Problem[] {
  const rest = problems.slice(PROBLEMS_MAX);
  const [first] = rest;
  if (first === undefined) return [...problems];
  const message = `and ${rest.length} more from here on: mend the others first`;
  const { hint: _, ...place } = first;
  return [...problems.slice(0, PROBLEMS_MAX), { ...place, path: "", message }];
}
