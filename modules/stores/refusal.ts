/** What to tell people when a store cannot be had. */
import { reasonOf, UserError } from "../core/errors.ts";
import type { FeedRecord } from "../core/store.ts";
import { quote } from "../core/units.ts";

/** What the system's codes mean where a store is concerned. */
const ADVICE: Readonly<Record<string, string>> = {
  EACCES: "this user may not: change its permissions, or take another path",
  EISDIR: "it is a folder: name a file",
  ENOENT: "there is no such folder: make it, or check the path",
  ENOSPC: "the disk is full: make room, or keep it elsewhere",
  ENOTDIR: "part of the path is a file, not a folder: check the path",
  EROFS: "the disk is read-only: keep it elsewhere",
  NotCapable: "Deno forbids it: run it with --allow-read --allow-write",
};

/** The error for an `act` on the store at `path` that cannot be done. */
export function cannotStore(
  act: "open" | "read" | "write",
  path: string,
  error: unknown,
): UserError {
  if (error instanceof UserError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const name = error instanceof Error ? error.name : "";
  const reason = ADVICE[code] ?? ADVICE[name] ?? reasonOf(error).replaceAll(/\s+/g, " ");
  return new UserError(`Cannot ${act} store ${quote(path)}: ${reason}`, "environment");
}

/** The store is not there, and there is no feed to begin it with. */
export function noStore(path: string): UserError {
  const remedy = "start the feed that keeps it first, or check the path";
  return new UserError(
    `Cannot open store ${quote(path)}: it is not there: ${remedy}`,
    "environment",
  );
}

/** Something else is there, and stays as it is. */
export function foreign(path: string, what: string): UserError {
  const remedy = "it was left alone: name another path";
  return new UserError(`Cannot open store ${quote(path)}: ${what}: ${remedy}`);
}

/** A second writer. */
export function taken(path: string): UserError {
  const remedy = "end that program, or name another path";
  const reason = "another program is publishing into it";
  return new UserError(`Cannot open store ${quote(path)}: ${reason}: ${remedy}`, "environment");
}

/** It was written in a form that this program does not read. */
export function wrongVersion(path: string, has: number, reads: number): UserError {
  const remedy = "read it with the feedlab that wrote it, or name another path";
  const reason = `it is of version ${has}, and this feedlab reads ${reads}`;
  return new UserError(`Cannot open store ${quote(path)}: ${reason}: ${remedy}`);
}

/** Refuses what somebody else keeps there. */
export function checkOwner(path: string, found: FeedRecord, wanted: FeedRecord): void {
  if (found.by === wanted.by) return;
  throw foreign(path, `it holds what ${found.by} published`);
}
