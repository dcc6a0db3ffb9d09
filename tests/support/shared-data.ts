/** Real inputs that lie beside the project on some machines, and are never part of it. */
import { existsSync, readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../../shared/data/", import.meta.url);

/** A reason to skip a test that needs the file or folder; false where it is there. */
export function missingData(path: string): string | false {
  return existsSync(new URL(path, FOLDER)) ? false : `no ../shared/data/${path} here`;
}

/** A file's bytes. */
export function sharedData(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(path, FOLDER)));
}

/** Every file below a folder, by its path, which ends with a slash. */
export function sharedFiles(folder: string): string[] {
  return readdirSync(new URL(folder, FOLDER), { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? sharedFiles(`${folder}${entry.name}/`)
      : entry.isFile()
        ? [folder + entry.name]
        : [],
  );
}
