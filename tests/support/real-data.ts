/** Captures and files that are not part of the project, where somebody put them beside it. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The path of a file among the real data. */
export function realData(path: string): string {
  return fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
}

/** Why tests on real data are skipped; false when they are not. */
export const noRealData: string | false = existsSync(realData(""))
  ? false
  : "../shared/data is not there";
