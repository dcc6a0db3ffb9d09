/**
 * How the house rules see a file: its text, its code without comments and strings, and what it
 * imports. A tokenizer of one screen, not a parser: enough to tell code from prose.
 */

export interface SourceFile {
  /** From the root of the project, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

/** A place that breaks a rule, and the rule in words. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly rule: string;
}

export type Rule = (files: readonly SourceFile[]) => Finding[];

export interface Import {
  readonly specifier: string;
  readonly line: number;
  /** `url` is `new URL("./worker.ts", import.meta.url)`: loaded later, by name. */
  readonly kind: "static" | "type" | "bare" | "dynamic" | "url";
}

const SPACE = /\s+|#!.*/y;
const COMMENT = /\/\/.*|\/\*[^]*?\*\//y;
const STRING = /"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/y;
const TEMPLATE_REST = /(?:\\[^]|\$(?!\{)|[^`\\$])*(?:`|\$\{)/y;
const REGEX = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\[\n])+\/[a-z]*/y;
const WORD = /[\p{ID_Continue}$#]+/uy;
const PUNCTUATION = /\+\+|--|[^]/y;

/** After these words a slash opens a regular expression; after any other it divides. */
const BEFORE_REGEX = /^(?:return|typeof|case|do|else|in|of|void|throw|await|yield|delete)$/;

/** The text with comments, and the insides of strings and patterns, as spaces. Positions stay. */
export function codeOf(text: string): string {
  let code = "";
  let before = "";
  /** For each template that is open: how many braces are open in its current `${`. */
  const templates: number[] = [];
  const next = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = code.length;
    return pattern.exec(text)?.[0];
  };
  const templateRest = (opening: string): void => {
    code += opening;
    const rest = next(TEMPLATE_REST) ?? text.slice(code.length);
    const closing = rest.endsWith("`") ? 1 : 2;
    code += blank(rest.slice(0, -closing)) + rest.slice(-closing);
    if (closing === 2) templates.push(0);
    before = closing === 2 ? "{" : "`";
  };

  while (code.length < text.length) {
    const ignored = next(SPACE) ?? next(COMMENT);
    if (ignored !== undefined) {
      code += blank(ignored);
      continue;
    }
    const quoted = next(STRING) ?? (slashOpensRegex(before) ? next(REGEX) : undefined);
    if (quoted !== undefined) {
      code += quoted[0] + blank(quoted.slice(1, -1)) + quoted.at(-1);
      before = '"';
      continue;
    }
    const token = next(WORD) ?? next(PUNCTUATION) ?? "";
    const open = templates.length - 1;
    if (token === "`") {
      templateRest(token);
    } else if (token === "}" && templates[open] === 0) {
      templates.pop();
      templateRest(token);
    } else {
      if (token === "{" && open >= 0) templates[open]! += 1;
      if (token === "}" && open >= 0) templates[open]! -= 1;
      code += token;
      before = token;
    }
  }
  return code;
}

function slashOpensRegex(before: string): boolean {
  return (
    BEFORE_REGEX.test(before) || !/^(?:[\p{ID_Continue}$#].*|["`)\]}]|\+\+|--)$/su.test(before)
  );
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, " ");
}

/** The line, from one, on which the character at `index` stands. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/** Every place where `pattern` (with the flag `g`) matches the file's code, not its prose. */
export function findInCode(file: SourceFile, pattern: RegExp, rule: string): Finding[] {
  return [...codeOf(file.text).matchAll(pattern)].map((match) => {
    const start = match.index + match[0].search(/\S/);
    return { path: file.path, line: lineAt(file.text, start), rule: `${rule}: ${match[0].trim()}` };
  });
}

/** All that the file names to be loaded, types included, in the order in which it is written. */
export function importsOf(file: SourceFile): Import[] {
  const code = codeOf(file.text);
  const opening = /(?<![.\w$])(from\s*|import\s*\(?\s*|new URL\(\s*)(["'`])/g;
  return [...code.matchAll(opening)].map((match) => {
    const start = match.index + match[0].length;
    const specifier = file.text.slice(start, code.indexOf(match[2]!, start));
    return { specifier, line: lineAt(file.text, match.index), kind: kindOf(match, code) };
  });
}

function kindOf(match: RegExpExecArray, code: string): Import["kind"] {
  const word = match[1]!;
  if (word.startsWith("new")) return "url";
  if (word.includes("(")) return "dynamic";
  if (word.startsWith("import")) return "bare";
  const opening = [...code.slice(0, match.index).matchAll(/\b(?:import|export)\b(\s+type\b)?/g)];
  return opening.at(-1)?.[1] === undefined ? "static" : "type";
}

/** The path that a relative specifier means, or undefined for a package. */
export function resolve(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}
