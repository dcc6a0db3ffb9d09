/** Zod's issues as findings: one for each mistake, at its place, in words of the document. */
import type * as z from "zod";
import { nearest } from "../../core/registry.ts";
import { quote } from "../../core/units.ts";
import { mapFor } from "./maps.ts";
import { type Path, pathKey } from "./path.ts";
import { exampleOf, isOptional, knownKeys, optionsOf, type Schema, schemasAt } from "./shape.ts";
import { type Entry, entryAt } from "./tree.ts";
import { beyondBounds, expected, got, oneOf, orList, remedy, suggestion } from "./words.ts";

type Issue = z.core.$ZodIssue;
type UnionIssue = z.core.$ZodIssueInvalidUnion;

/** Something that the schema does not take. */
export interface Finding {
  /** What the message is about. */
  readonly path: Path;
  /** Where to point, if not at the value at `path`. */
  readonly place?: Path;
  readonly at?: "key" | "value";
  readonly message: string;
  readonly hint?: string | undefined;
  readonly kind: "unknown key" | "missing key" | "mismatch" | "other";
  /** The key that is unknown or missing. */
  readonly key?: string;
  /** The word that was probably meant. */
  readonly near?: string | undefined;
}

/**
 * The findings behind `issues`. A message of a schema's own is kept; zod's have to be empty, which
 * an `error` map that returns "" brings about.
 */
export function explain(root: Entry, schema: Schema, issues: readonly Issue[]): Finding[] {
  return explainAll(root, issues, [], [schema]);
}

function explainAll(
  root: Entry,
  issues: readonly Issue[],
  base: Path,
  schemas: readonly Schema[],
): Finding[] {
  const findings = issues.flatMap((issue) => explainOne(root, issue, base, schemas));
  const unknown = findings.filter(({ kind }) => kind === "unknown key");
  if (unknown.length === 0) return findings;
  // A misspelt key is missing under its right name as well, and what is said of its map as a whole
  // was judged without it: that is one mistake.
  const meant = new Set(unknown.map(({ path, near }) => pathKey([...path, near ?? ""])));
  const maps = new Set(unknown.map(({ path }) => pathKey(path)));
  return findings.filter(({ kind, path, key }) =>
    kind === "missing key"
      ? !meant.has(pathKey([...path, key ?? ""]))
      : kind !== "other" || !maps.has(pathKey(path)),
  );
}

function explainOne(root: Entry, issue: Issue, base: Path, schemas: readonly Schema[]): Finding[] {
  const relative = issue.path.map((part) => (typeof part === "number" ? part : String(part)));
  const path = [...base, ...relative];
  const here = schemasAt(schemas, entryAt(root, base), relative);
  const entry = entryAt(root, path);
  const other = (message: string): Finding[] => [{ path, message, kind: "other" }];

  if (issue.code === "custom") return other(issue.message || "is not valid here");
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => {
      const finding = unknownKey(path, key, knownKeys(here, entry));
      // A schema's own words are for the keys that they name in quotes.
      return issue.message.includes(quote(key)) ? { ...finding, hint: issue.message } : finding;
    });
  }
  if (entry === undefined) {
    const missing = missingKey(root, path, issue, here);
    return missing === undefined ? other(issue.message || "is not valid here") : [missing];
  }
  if (issue.code === "invalid_key") {
    const [inner] = issue.issues;
    const name = quote(String(path.at(-1)));
    const message = inner?.message || `${name} cannot be a name here`;
    const hint = inner?.code === "invalid_value" ? oneOf(inner.values.map(String)) : undefined;
    return [{ path, at: "key", message, hint, kind: "other" }];
  }
  if (entry.kind === "null") return [noValue(path, entry, issue, here)];
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    return unionFindings(root, issue, path, entry, here);
  }
  return [wrongValue(path, entry, issue, here)];
}

function unknownKey(path: Path, key: string, known: readonly string[]): Finding {
  return {
    path,
    place: [...path, key],
    at: "key",
    message: `unknown key ${quote(key)}`,
    hint: suggestion(key, known),
    kind: "unknown key",
    key,
    near: nearest(key, known),
  };
}

function missingKey(
  root: Entry,
  path: Path,
  issue: Issue,
  schemas: readonly Schema[],
): Finding | undefined {
  const parentPath = path.slice(0, -1);
  const parent = entryAt(root, parentPath);
  const key = path.at(-1);
  if (parent?.kind !== "map" || typeof key !== "string") return undefined;

  const values =
    issue.code === "invalid_value"
      ? issue.values
      : issue.code === "invalid_union" && issue.errors.length === 0
        ? ("options" in issue && issue.options) || []
        : [];
  const example = exampleOf(schemas) ?? (values.length === 1 ? String(values[0]) : undefined);
  const wanted = expected(issue);
  const remedy =
    example !== undefined
      ? `add for example \`${key}: ${example}\``
      : values.length > 1
        ? `add \`${key}\`, ${oneOf(values.map(String))}`
        : issue.message !== "" && !issue.message.startsWith("expected ")
          ? issue.message
          : wanted === undefined
            ? "add it"
            : `add \`${key}\`, ${wanted}`;
  // The root has no key of its own to point at.
  const [first] = parent.children.keys();
  const place = parentPath.length === 0 && first !== undefined ? [first] : parentPath;
  const message = `missing key ${quote(key)}: ${remedy}`;
  return { path: parentPath, place, at: "key", message, kind: "missing key", key };
}

function noValue(path: Path, entry: Entry, issue: Issue, schemas: readonly Schema[]): Finding {
  const wanted = expected(issue);
  const example = issue.message === "" ? exampleOf(schemas) : undefined;
  const known = knownKeys(schemas);
  const want = [
    wanted === undefined ? "write one" : `expected ${wanted}`,
    example === undefined ? "" : `, such as ${example}`,
  ].join("");
  const remove = isOptional(schemas) ? ", or remove the key" : "";
  const message =
    entry.source !== ""
      ? `${want}, got ${entry.source}`
      : typeof path.at(-1) === "number"
        ? `an empty list entry: ${want}`
        : `no value after the colon: ${want}${remove}`;
  const hint = known.length > 0 ? `have ${known.join(", ")}` : undefined;
  return { path, message, hint, kind: "mismatch" };
}

function wrongValue(path: Path, entry: Entry, issue: Issue, schemas: readonly Schema[]): Finding {
  const at = { path, kind: "mismatch" } as const;
  if (issue.code === "invalid_union" && issue.discriminator !== undefined && issue.message === "") {
    const options = "options" in issue ? (issue.options ?? []) : [];
    return { ...at, ...unknownWord(entry, options.map(String)) };
  }
  if (issue.message !== "") {
    // Only the "expected ..." of a type does not say yet what stands there instead.
    const isType = issue.message.startsWith("expected ") && expected(issue) !== undefined;
    const message = isType ? `${issue.message}, got ${got(entry)}` : issue.message;
    return { ...at, message };
  }
  if (issue.code === "invalid_value" && issue.values.length > 1 && entry.kind === "text") {
    return { ...at, ...unknownWord(entry, issue.values.map(String)) };
  }
  const beyond = beyondBounds(issue, entry);
  if (beyond !== undefined) return { ...at, message: beyond, kind: "other" };

  const wanted = expected(issue);
  const instead = remedy(issue, entry);
  const map = wanted === "a map" && instead === "" ? mapFor(schemas, entry) : undefined;
  const example = wanted?.includes(", such as ") ? undefined : (exampleOf(schemas) ?? map);
  const such = example === undefined ? "" : `, such as ${example}`;
  if (wanted === "never") return { ...at, message: "has no place here: remove it" };
  if (wanted !== undefined) {
    const message = `expected ${wanted}${such}, got ${got(entry)}${instead}`;
    // A map of few keys has all of them in its example.
    const known = wanted === "a map" ? knownKeys(schemas) : [];
    return { ...at, message, hint: known.length > 0 ? `have ${known.join(", ")}` : undefined };
  }
  const shown = entry.kind === "text" ? quote(String(entry.value)) : got(entry);
  const form =
    issue.code === "invalid_format" && issue.pattern !== undefined && example === undefined
      ? `: it must match ${issue.pattern}`
      : example === undefined
        ? ""
        : `: write it like ${example}`;
  return { ...at, message: `${shown} is not valid here${form}`, kind: "other" };
}

function unknownWord(entry: Entry, known: readonly string[]): Omit<Finding, "path" | "kind"> {
  if (entry.kind !== "text") return { message: `expected ${oneOf(known)}, got ${got(entry)}` };
  const word = String(entry.value);
  return {
    message: `unknown value ${quote(word)}`,
    hint: suggestion(word, known),
    near: nearest(word, known),
  };
}

/** The findings of the option that was probably meant: the one in which the value got furthest. */
function unionFindings(
  root: Entry,
  issue: UnionIssue,
  path: Path,
  entry: Entry,
  schemas: readonly Schema[],
): Finding[] {
  const options = optionsOf(schemas, issue.errors.length);
  const branches = issue.errors.map((errors, index) => {
    const option = options?.[index];
    const findings = explainAll(root, errors, path, option === undefined ? schemas : [option]);
    return { findings, rank: rankOf(findings, path) };
  });
  const best = branches.reduce((a, b) => (compareRanks(b.rank, a.rank) > 0 ? b : a));
  const equals = branches.filter(({ rank }) => compareRanks(rank, best.rank) === 0);

  const whole = (): Finding => wrongValue(path, entry, issue, schemas);
  if (best.rank[0] === 0) return [whole()];
  if (issue.message !== "" && best.findings.every(({ kind }) => kind === "mismatch")) {
    // The union's own words are better than those of its parts, the place of the part is better.
    return best.findings.map(({ path: deep }) => {
      const deepEntry = entryAt(root, deep);
      return deepEntry === undefined ? whole() : wrongValue(deep, deepEntry, issue, schemas);
    });
  }
  if (equals.length > 1) return undecided(equals, path, entry, schemas, issue);
  const words = otherWords(issue, entry);
  return best.findings.map((finding) =>
    finding.kind === "other" && finding.path.length === path.length && words !== undefined
      ? { ...finding, message: `${finding.message}, or ${words}` }
      : besides(finding, path, entry, schemas, options?.[branches.indexOf(best)]),
  );
}

type Rank = readonly number[];

/** Compared from the left; more is nearer to what was meant. */
function rankOf(findings: readonly Finding[], path: Path): Rank {
  const top = findings.filter((finding) => finding.path.length === path.length);
  const of = (kind: Finding["kind"]): number => top.filter((f) => f.kind === kind).length;
  const reach = top.some((f) => f.kind === "mismatch" && f.near !== undefined)
    ? 2
    : of("mismatch") > 0
      ? 0
      : 1;
  return [reach, -of("unknown key"), -of("missing key"), -findings.length];
}

function compareRanks(a: Rank, b: Rank): number {
  const index = a.findIndex((part, i) => part !== b[i]);
  return index === -1 ? 0 : a[index]! - b[index]!;
}

/** Several options are equally near: what is said must be true for all of them. */
function undecided(
  branches: readonly { readonly findings: readonly Finding[] }[],
  path: Path,
  entry: Entry,
  schemas: readonly Schema[],
  issue: UnionIssue,
): Finding[] {
  const [first] = branches;
  const findings = first?.findings ?? [];
  const known = knownKeys(schemas, entry);
  const unknown = findings.filter((f) => f.kind === "unknown key" && f.path.length === path.length);
  if (unknown.length > 0) {
    return findings
      .filter(({ kind }) => kind !== "missing key")
      .map((finding) =>
        unknown.includes(finding) && !known.includes(finding.key!)
          ? unknownKey(path, finding.key!, known)
          : besides(finding, path, entry, schemas),
      );
  }
  const missing = branches.flatMap((branch) => branch.findings.filter((f) => f.key !== undefined));
  const keys = [...new Set(missing.map(({ key }) => key!))];
  if (keys.length < 2) return [...findings];
  const message = issue.message || `needs a key: ${orList(keys)}`;
  return [{ path, at: "key", message, kind: "missing key" }];
}

/** A key that another option of the union would take is not unknown, but out of place. */
function besides(
  finding: Finding,
  path: Path,
  entry: Entry,
  schemas: readonly Schema[],
  option?: Schema,
): Finding {
  if (finding.kind !== "unknown key" || finding.path.length !== path.length) return finding;
  const known = knownKeys(schemas, entry);
  if (!known.includes(finding.key!)) return { ...finding, hint: suggestion(finding.key!, known) };
  const mates = option === undefined ? known : knownKeys([option], entry);
  const mate = [...entry.children.keys()].find(
    (key) => key !== finding.key && mates.includes(String(key)),
  );
  if (mate === undefined) return finding;
  const message = `${quote(finding.key!)} cannot stand beside ${quote(String(mate))}: remove one`;
  return { ...finding, message, hint: undefined };
}

/** The words that other options of the union would have taken in place of a text. */
function otherWords(issue: UnionIssue, entry: Entry): string | undefined {
  if (entry.kind !== "text") return undefined;
  const words = issue.errors
    .flat()
    .flatMap((inner) =>
      inner.code === "invalid_value" && inner.path.length === 0 ? inner.values.map(String) : [],
    );
  return words.length === 0 ? undefined : oneOf(words);
}
