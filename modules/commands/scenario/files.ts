import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonOf, UserError } from "../../core/errors.ts";
import { nearest } from "../../core/registry.ts";
import { tooLarge } from "../../scenario/document/mod.ts";

/** A scenario's text, and what to call the file. */
export interface ScenarioText {
  readonly file: string;
  readonly text: string;
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
    const reason = tooLarge(statSync(path).size);
    if (reason !== undefined) throw new Error(reason);
    return {
      file: operand === basename(path, ".yaml") ? basename(path) : operand,
      text: readFileSync(path, "utf8"),
    };
  } catch (error) {
    throw new UserError(`Cannot read scenario ${JSON.stringify(operand)}: ${reasonOf(error)}`);
  }
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
