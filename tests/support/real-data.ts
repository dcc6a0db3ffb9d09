/** Real captures and files, which lie beside the project on some machines and are never part of it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { openFile } from "../../modules/worlds/file.ts";
import { datagramsOf } from "./capture.ts";

/** The path of a file among them. */
export function realData(path: string): string {
  return fileURLToPath(new URL(`../../../shared/data/${path}`, import.meta.url));
}

/** Why a test that needs the file or folder is skipped; false where it is there. */
export function missingData(path: string): string | false {
  return existsSync(realData(path)) ? false : `no ../shared/data/${path} here`;
}

/** Why tests on real data are skipped; false when they are not. */
export const noRealData: string | false = missingData("");

/** A file's bytes. */
export function realBytes(path: string): Uint8Array {
  return new Uint8Array(readFileSync(realData(path)));
}

/** The payload of every UDP datagram of a capture. */
export function realPayloads(path: string): Uint8Array[] {
  return datagramsOf(openFile(realData(path))).map(({ payload }) => payload);
}

/** Every file below a folder, by its path, which ends with a slash. None where there is no folder. */
export function realFiles(folder: string): string[] {
  if (!existsSync(realData(folder))) return [];
  return readdirSync(realData(folder), { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? realFiles(`${folder}${entry.name}/`) : [folder + entry.name],
    )
    .toSorted();
}
