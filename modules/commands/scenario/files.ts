import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonOf, UserError } from "../../core/errors.ts";
import { nearest } from "../../core/registry.ts";
import { type ReadBase, tooLarge } from "../../scenario/document/mod.ts";
import type { OpenFile } from "../../scenario/files.ts";
import { openIn } from "../open-in.ts";

/** A scenario's text, and what to call the file. */
export interface ScenarioText {
  readonly file: string;
  readonly text: string;
  /** Reads the files that it uses, from where it lies itself. */
  readonly readBase: ReadBase;
  /** Opens the files that its sources name, from where it lies itself. */
  readonly open: OpenFile;
}

/** The names of the scenarios that come with feedlab. */
export function bundledNames(): string[] {
  return readdirSync(bundledFolder())
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => basename(file, ".yaml"))
    .toSorted();
}

/** Reads a scenario by its path, or by the name of one that comes with feedlab. */
export function readScenarioText(operand: string): ScenarioText {
  const path = findScenario(operand);
  try {
    const file = operand === basename(path, ".yaml") ? basename(path) : operand;
    const open = openIn(dirname(path));
    return { file, text: readText(path), readBase: baseReader(file, path), open };
  } catch (error) {
    throw new UserError(`Cannot read scenario ${JSON.stringify(operand)}: ${reasonOf(error)}`);
  }
}

/** A reader of what the scenario `file`, which lies at `path`, uses: paths are seen from the user. */
export function baseReader(file: string, path: string): ReadBase {
  const paths = new Map([[file, path]]);
  return (name, from) => {
    const at = resolve(dirname(paths.get(from) ?? from), name);
    const known = isAbsolute(name) ? name : join(dirname(from), name);
    paths.set(known, at);
    const fail = (reason: string): never => {
      throw new UserError(`cannot read ${JSON.stringify(known)}: ${reason}`);
    };
    if (!existsSync(at)) return fail("there is no such file");
    if (statSync(at).isDirectory()) return fail("it is a folder: name a file in it");
    try {
      return { file: known, text: readText(at) };
    } catch (error) {
      return fail(reasonOf(error));
    }
  };
}

function readText(path: string): string {
  const reason = tooLarge(statSync(path).size);
  if (reason !== undefined) throw new Error(reason);
  return readFileSync(path, "utf8");
}

function findScenario(operand: string): string {
  const found = existsSync(operand) ? statSync(operand) : undefined;
  if (found?.isFile() || found?.isFIFO()) return operand;
  const bundled = join(bundledFolder(), `${operand}.yaml`);
  if (!/[/\\.]/.test(operand) && existsSync(bundled)) return bundled;
  if (found?.isDirectory()) {
    throw new UserError(
      `Cannot read scenario ${JSON.stringify(operand)}: it is a folder: name a file in it`,
    );
  }
  const near = nearest(operand, bundledNames());
  throw new UserError(
    `Cannot read scenario ${JSON.stringify(operand)}: there is no such file, ` +
      `and no bundled scenario of that name: ` +
      (near === undefined ? "feedlab scenario list shows them" : `did you mean "${near}"?`),
  );
}

/** From here upwards, since the bundle lies elsewhere than the sources. */
function bundledFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "scenarios", "demo.yaml"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error("the scenarios that come with feedlab are missing");
    folder = above;
  }
  return join(folder, "scenarios");
}
