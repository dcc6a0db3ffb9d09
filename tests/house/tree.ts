/** The tree as a whole: who is reached, who is tested, and what things are called. */
import { type Finding, type Import, importsOf, resolve, type SourceFile } from "./source.ts";

/** The paths that are loaded, sooner or later, when `roots` are. */
export function reach(
  files: readonly SourceFile[],
  roots: readonly string[],
  kinds: readonly Import["kind"][] = ["static", "type", "bare", "dynamic", "url"],
): Set<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const file = byPath.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { specifier, kind } of importsOf(file)) {
      const target = resolve(path, specifier);
      if (target !== undefined && kinds.includes(kind)) waiting.push(target);
    }
  }
  return reached;
}

/** Every module is reached from the command line or the library. */
export function orphans(files: readonly SourceFile[]): Finding[] {
  const reached = reach(files, ["cli.ts", "modules/mod.ts"]);
  return files
    .filter(({ path }) => path.startsWith("modules/") && !reached.has(path))
    .map(({ path }) => ({ path, line: 1, rule: "neither cli.ts nor modules/mod.ts reaches it" }));
}

/** Folders of tests/ that are about no single module. */
const NO_MIRROR = /^tests\/(?:live|golden|house|support)\//;

/** Tests of what has no module of its own: the command line, and the library as a whole. */
const OF_THE_WHOLE: readonly string[] = ["tests/cli.test.ts", "tests/library/example.test.ts"];

/** A test stands where what it tests stands: tests/core/seq.test.ts, modules/core/seq.ts. */
export function mirrors(files: readonly SourceFile[]): Finding[] {
  const paths = new Set(files.map(({ path }) => path));
  return files
    .filter(({ path }) => /^tests\/.*\.test\.ts$/.test(path) && !NO_MIRROR.test(path))
    .flatMap(({ path }) => {
      const module = path.replace(/^tests\//, "modules/").replace(/\.test\.ts$/, ".ts");
      const known = paths.has(module) || OF_THE_WHOLE.includes(path);
      return known ? [] : [{ path, line: 1, rule: `tests no module: no ${module}` }];
    });
}

/** Folders and files of code and scenarios are called in kebab-case. */
export function names(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path }) => /\.(?:ts|ya?ml)$/.test(path) && !path.startsWith("."))
    .filter(
      ({ path }) => !path.split("/").every((part) => /^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(part)),
    )
    .map(({ path }) => ({ path, line: 1, rule: "names are kebab-case" }));
}
