/** Imports point down: which part of the tree may know which. */
import { type Finding, importsOf, resolve, type SourceFile } from "./source.ts";

/** The files of the variants' folders that say what a variant is, and name none. */
const INTERFACES = [
  "modules/codecs/codec.ts",
  "modules/codecs/recovery/recovery.ts",
  "modules/codecs/snapshot/snapshot.ts",
  "modules/impairments/impairment.ts",
  "modules/faults/fault.ts",
  "modules/sources/source.ts",
];

const VARIANTS = [
  "modules/codecs/",
  "modules/sources/",
  "modules/impairments/",
  "modules/faults/",
  "modules/expectations/",
  "modules/reports/",
];

/** Formats that know core alone: of files with packets in them, and of what messages say. */
const FORMATS = ["modules/captures/", "modules/messages/"];

const BELOW_SCENARIO = [
  ...VARIANTS,
  ...FORMATS,
  "modules/protocol/",
  "modules/worlds/",
  "modules/stores/",
  "modules/nodes/",
];

/** What each folder may import besides itself and core: a file, or a folder with its slash. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  captures: [],
  messages: [],
  codecs: INTERFACES,
  sources: [...INTERFACES, ...FORMATS],
  impairments: INTERFACES,
  faults: INTERFACES,
  expectations: INTERFACES,
  reports: INTERFACES,
  protocol: INTERFACES,
  worlds: [...INTERFACES, "modules/captures/"],
  stores: INTERFACES,
  nodes: [...INTERFACES, ...FORMATS, "modules/protocol/", "modules/worlds/world.ts"],
  scenario: BELOW_SCENARIO,
  commands: [...BELOW_SCENARIO, "modules/scenario/"],
  library: [...BELOW_SCENARIO, "modules/scenario/", "modules/commands/"],
};

/** A folder's literal list of what its names stand for. */
const REGISTRIES = [...VARIANTS, "modules/stores/"].map((folder) => `${folder}mod.ts`);

/** Who turns names into things. */
const KNOWS_NAMES = ["modules/scenario/", "modules/commands/", "modules/mod.ts"];

/** Imports of modules/ and cli.ts point down only. */
export function floors(files: readonly SourceFile[]): Finding[] {
  return forEachImport(files, (file, target) => {
    if (file.path === "modules/mod.ts") return undefined;
    if (file.path === "cli.ts") {
      return target.startsWith("modules/commands/")
        ? undefined
        : `cli.ts imports from modules/commands/ alone, not ${target}`;
    }
    const folder = folderOf(file.path);
    const allowed = MAY_IMPORT[folder];
    if (allowed === undefined) return `modules/${folder} has no floor: give it one in floors.ts`;
    const known = [`modules/${folder}/`, "modules/core/", ...allowed];
    return known.some((place) => isIn(target, place))
      ? undefined
      : `imports point down: ${folder} must not know ${target}`;
  });
}

/** Only the scenario and the commands import a registry; all others receive instances. */
export function registries(files: readonly SourceFile[]): Finding[] {
  return forEachImport(files, (file, target) =>
    REGISTRIES.includes(target) && !KNOWS_NAMES.some((place) => isIn(file.path, place))
      ? `only scenario/ and commands/ turn names into things, through ${target}`
      : undefined,
  );
}

function forEachImport(
  files: readonly SourceFile[],
  wrong: (file: SourceFile, target: string) => string | undefined,
): Finding[] {
  const bound = files.filter((file) => file.path === "cli.ts" || file.path.startsWith("modules/"));
  return bound.flatMap((file) =>
    importsOf(file).flatMap(({ specifier, line }) => {
      const target = resolve(file.path, specifier);
      // Data, such as a scenario that ships with the program, has no floor.
      const rule = target?.endsWith(".ts") ? wrong(file, target) : undefined;
      return rule === undefined ? [] : [{ path: file.path, line, rule }];
    }),
  );
}

function isIn(path: string, place: string): boolean {
  return place.endsWith("/") ? path.startsWith(place) : path === place;
}

function folderOf(path: string): string {
  return path.split("/")[1] ?? "";
}
