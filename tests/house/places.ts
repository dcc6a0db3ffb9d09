/** The project works on any machine: no file names a folder or a registry of one. */
import type { Finding, SourceFile } from "./source.ts";

/** The start of a path below a folder that differs from machine to machine. */
const MACHINE_PATH = /(?<![\w.~*})-])\/(?:work|tmp|home|root|Users|var\/tmp|private)\/[\w.-]/;

const REGISTRY = new RegExp(
  [
    String.raw`\bregistry\.(?:npmjs|yarnpkg|npmmirror)\.`,
    String.raw`\bnpm\.(?:jsr\.io|pkg\.github\.com)\b`,
    String.raw`https?:\/\/[\w.-]*\b(?:registry|registries|artifactory|nexus|verdaccio)\b`,
  ].join("|"),
);

/** Lock files say where a package came from; that is their task. */
const LOCKS = /(?:^|\/)(?:bun\.lock|deno\.lock|package-lock\.json)$/;

/** No absolute machine path and no registry address. */
export function places(files: readonly SourceFile[]): Finding[] {
  return files
    .filter(({ path }) => !LOCKS.test(path))
    .flatMap(({ path, text }) =>
      text.split("\n").flatMap((line, index) => {
        const found = MACHINE_PATH.exec(line) ?? REGISTRY.exec(line);
        if (found === null) return [];
        return [{ path, line: index + 1, rule: `no machine path, no registry: ${found[0]}` }];
      }),
    );
}
