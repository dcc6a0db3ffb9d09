/** Which file may import which package. */
import { type Finding, importsOf, type SourceFile } from "./source.ts";
import { reach } from "./tree.ts";

/** Packages with a place in what ships; tests import what they like, and some they alone. */
const PLACES: Readonly<Record<string, readonly string[]>> = {
  yaml: ["modules/scenario/"],
  cac: ["cli.ts", "modules/commands/"],
  "@std/assert": [],
  "fast-check": [],
};

/** Packages stay in their place, and those that package.json does not name stay out. */
export function packages(files: readonly SourceFile[], known: readonly string[]): Finding[] {
  return files.flatMap((file) =>
    packagesOf(file).flatMap(({ name, line }) => {
      if (!known.includes(name)) {
        return [{ path: file.path, line, rule: `package.json does not name the package ${name}` }];
      }
      const places = [...(PLACES[name] ?? [""]), "tests/"];
      if (places.some((place) => file.path.startsWith(place))) return [];
      return [{ path: file.path, line, rule: `${name} is imported only in ${places.join(", ")}` }];
    }),
  );
}

/** Colour is decided once, when kleur is loaded: so one file imports it and sets its switch. */
export function oneColour(files: readonly SourceFile[]): Finding[] {
  const found = files.flatMap((file) =>
    packagesOf(file)
      .filter(({ name }) => name === "kleur")
      .map(({ line }) => ({ path: file.path, line, rule: "kleur is imported in one file only" })),
  );
  return new Set(found.map(({ path }) => path)).size > 1 ? found : [];
}

/** Start-up is measured: what `cli.ts` loads before it knows the command must not parse YAML. */
export function lazyYaml(files: readonly SourceFile[]): Finding[] {
  const atStart = reach(files, ["cli.ts"], ["static", "bare"]);
  return files
    .filter((file) => atStart.has(file.path))
    .flatMap((file) =>
      packagesOf(file, ["static", "bare"])
        .filter(({ name }) => name === "yaml")
        .map(({ line }) => ({
          path: file.path,
          line,
          rule: "cli.ts loads yaml at start-up: import() the scenario code where it is used",
        })),
    );
}

function packagesOf(
  file: SourceFile,
  kinds: readonly string[] = ["static", "type", "bare", "dynamic"],
): { name: string; line: number }[] {
  return importsOf(file)
    .filter(({ kind, specifier }) => kinds.includes(kind) && !/^[./]|^\w+:/.test(specifier))
    .map(({ specifier, line }) => {
      const parts = specifier.split("/");
      return { name: parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/"), line };
    });
}
