/** Dry folders hold no clock, chance, socket or console: that makes what they do repeatable. */
import { type Finding, findInCode, importsOf, type SourceFile } from "./source.ts";

const DRY = [
  "core",
  "captures",
  "messages",
  "codecs",
  "sources",
  "impairments",
  "faults",
  "expectations",
  "reports",
  "protocol",
  "nodes",
  "scenario",
];

const BANNED = [
  "Bun",
  "Deno",
  "process",
  "globalThis",
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "crypto",
  "console",
];

const BANNED_WORD = new RegExp(
  String.raw`(?<![\w$#]|(?<!\.\.)\.\s*)(?:${BANNED.join("|")})(?![\w$])|\bMath\s*\.\s*random\b`,
  "g",
);

/** Dry folders name neither a runtime nor a clock, and import no built-in module. */
export function dry(files: readonly SourceFile[]): Finding[] {
  return files.filter(isDry).flatMap((file) => [
    ...findInCode(file, BANNED_WORD, "a dry folder has no clock, chance, runtime or console"),
    ...importsOf(file)
      .filter(({ specifier }) => /^(?:node|bun):|^bun$/.test(specifier))
      .map(({ specifier, line }) => ({
        path: file.path,
        line,
        rule: `a dry folder imports no built-in module: ${specifier}`,
      })),
  ]);
}

function isDry({ path }: SourceFile): boolean {
  return DRY.some((folder) => path.startsWith(`modules/${folder}/`));
}
