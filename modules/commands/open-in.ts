import { isAbsolute, join } from "node:path";
import type { OpenFile } from "../scenario/files.ts";
import { openFile } from "../worlds/file.ts";

/** Opens the files that somebody names in a folder; an empty one is where feedlab was started. */
export function openIn(folder: string): OpenFile {
  const open = (name: string): ReturnType<typeof openFile> =>
    openFile(isAbsolute(name) ? name : join(folder, name));
  return Object.assign(open, { folder });
}
