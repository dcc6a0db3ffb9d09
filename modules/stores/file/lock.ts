/** Who writes a folder: a file with the number of a process, which counts while that process lives. */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { taken } from "../refusal.ts";

const LOCK_FILE = "feed.json.writer";

/** Takes the folder for this process; what is returned lets go of it. Fails with a UserError. */
export function lockFolder(folder: string): () => void {
  const path = join(folder, LOCK_FILE);
  const own = `${process.pid} ${startOf(process.pid)}`;
  const mine = `${path}.${process.pid}`;
  writeFileSync(mine, own);
  try {
    for (let attempt = 0; ; attempt++) {
      try {
        // Unlike a rename it fails where there is one.
        linkSync(mine, path);
        return () => rmSync(path, { force: true });
      } catch (error) {
        const holder = read(path);
        if (attempt === 3 || (holder !== undefined && lives(holder))) throw taken(folder);
        if (holder === undefined && !isThere(error)) throw error;
        remove(path, mine);
      }
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

/** What the dead left; of two who want it away, one finds it gone. */
function remove(path: string, mine: string): void {
  try {
    renameSync(path, `${mine}.old`);
  } catch {
    return;
  }
  rmSync(`${mine}.old`, { force: true });
}

function isThere(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function lives(holder: string): boolean {
  const [pid = "", start = ""] = holder.split(" ");
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
  }
  // Another process may have the number by now.
  const now = startOf(Number(pid));
  return now === "" || start === "" || now === start;
}

/** When a process began, where the system tells. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // After the name, which may have blanks, the 20th field.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
