/** How a file is written. */
import { codeOf, type Finding, findInCode, importsOf, type SourceFile } from "./source.ts";

/** The formatter wraps code at 100, but breaks no string and no comment. */
const COLUMNS_MAX = 110;

/** No default exports: a thing has one name everywhere. */
export function defaultExports(files: readonly SourceFile[]): Finding[] {
  const pattern = /\bexport\s+default\b|\bas\s+default\b/g;
  return files.flatMap((file) => findInCode(file, pattern, "no default exports"));
}

/** No enums: unions of strings say the same and are erased. */
export function enums(files: readonly SourceFile[]): Finding[] {
  const pattern = /(?<![.\w$])enum\s+[\w$]+\s*\{/g;
  return files.flatMap((file) => findInCode(file, pattern, "no enums, but unions of strings"));
}

/** No `any`: what is unknown is `unknown`. A call or a property of that name is fine. */
export function anys(files: readonly SourceFile[]): Finding[] {
  const pattern = /(?<![.\w$])any\b(?!\s*[(:])/g;
  return files.flatMap((file) => findInCode(file, pattern, "no any, but unknown"));
}

/** No import is made for its side effect. */
export function bareImports(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ kind }) => kind === "bare")
      .map(({ specifier, line }) => ({
        path: file.path,
        line,
        rule: `no import for its side effect: ${specifier}`,
      })),
  );
}

/** Lines fit beside each other. */
export function widths(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) =>
    file.text.split("\n").flatMap((text, index) => {
      const columns = Array.from(text).length;
      return columns > COLUMNS_MAX
        ? [{ path: file.path, line: index + 1, rule: `${columns} columns, not ${COLUMNS_MAX}` }]
        : [];
    }),
  );
}

/** A folder's mod.ts is its map, and opens with a paragraph. */
export function maps(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path, text }) => /(?:^|\/)mod\.ts$/.test(path) && !text.startsWith("/**"))
    .map(({ path }) => ({ path, line: 1, rule: "a mod.ts opens with what its folder is about" }));
}

const EXPORT =
  /^export (?:declare |abstract |async )*(function\*?|class|interface|type|const|let) ([\w$]+)/;

/**
 * Every export has a sentence directly above. In a file that opens with one, a type or a constant
 * of one line speaks for itself; so do the further signatures of an overloaded function.
 */
export function docs(files: readonly SourceFile[]): Finding[] {
  return files.flatMap((file) => {
    const lines = file.text.split("\n");
    const opened = file.text.startsWith("/**");
    let last: string | undefined;
    return codeOf(file.text)
      .split("\n")
      .flatMap((code, index) => {
        const [, word, name] = EXPORT.exec(code) ?? [];
        if (word === undefined || name === undefined) return [];
        const overload = word === "function" && name === last;
        last = name;
        const short = opened && /^(?:type|const)$/.test(word) && code.trimEnd().endsWith(";");
        if (overload || short || documented(lines, index)) return [];
        return [
          { path: file.path, line: index + 1, rule: `${name} is exported without a sentence` },
        ];
      });
  });
}

/** True when the line before `index` ends a doc comment. */
function documented(lines: readonly string[], index: number): boolean {
  const above = lines.slice(0, index).join("\n").trimEnd();
  const adjacent = lines[index - 1]?.trim() !== "";
  return adjacent && above.endsWith("*/") && above.startsWith("/**", above.lastIndexOf("/*"));
}
