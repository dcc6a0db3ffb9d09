/** The form of the file: which tables there are, and how it is told from other files. */
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { UserError } from "../../core/errors.ts";
import type { FeedRecord, KeptSession } from "../../core/store.ts";
import type { Nanos } from "../../core/time.ts";
import { quote } from "../../core/units.ts";
import { cannotStore, foreign, wrongVersion } from "../refusal.ts";

export type { DatabaseSync } from "node:sqlite";

/** `feed`, in the field that SQLite keeps for whose file it is. */
const APPLICATION_ID = 0x66656564;

/** Of the tables. */
const VERSION = 1;

/** What is in the head of every SQLite file, and where the two fields stand. */
const MAGIC = "SQLite format 3\0";
const HEAD_BYTES = 100;
const VERSION_AT = 60;
const APPLICATION_ID_AT = 68;

/** How long one process waits for another to finish with the file. */
const BUSY_MS = 5000;

/**
 * In one transaction, so that a file is a store as a whole or not at all. `next` is kept by itself: there
 * may be no message.
 */
const TABLES = `
BEGIN;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};
CREATE TABLE messages (seq INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE sessions (seq INTEGER PRIMARY KEY, name TEXT NOT NULL, first INTEGER NOT NULL);
CREATE TABLE feed (
  record TEXT NOT NULL, next INTEGER NOT NULL, flush INTEGER NOT NULL, closed INTEGER NOT NULL
);
COMMIT;
`;

/**
 * Opens the file with SQLite; `act` fails with a UserError, on `store` where the file is only beside it.
 */
export async function connect(
  path: string,
  act: "open" | "write",
  how: { readonly readOnly: boolean; readonly store?: string },
): Promise<DatabaseSync> {
  const { store = path } = how;
  const { DatabaseSync } = await load(store);
  try {
    const database = new DatabaseSync(path, { readOnly: how.readOnly });
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return database;
  } catch (error) {
    throw cannotStore(act, store, error);
  }
}

async function load(path: string): Promise<typeof import("node:sqlite")> {
  try {
    return await import("node:sqlite");
  } catch {
    const remedy = "run it with Bun, Deno or Node 22.13 and later, or take the file store";
    throw new UserError(
      `Cannot open store ${quote(path)}: this runtime has no node:sqlite: ${remedy}`,
      "environment",
    );
  }
}

/** Whether the file is there and a store of ours. Throws a UserError for any other file, unread. */
export function isStore(path: string): boolean {
  const head = new Uint8Array(HEAD_BYTES);
  let length: number;
  try {
    if (!existsSync(path)) {
      statSync(dirname(path));
      return false;
    }
    const file = openSync(path, "r");
    try {
      length = readSync(file, head, 0, HEAD_BYTES, 0);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw cannotStore("open", path, error);
  }
  if (length === 0) return false;
  const view = new DataView(head.buffer);
  const magic = new TextDecoder().decode(head.subarray(0, MAGIC.length));
  const ours = magic === MAGIC && view.getUint32(APPLICATION_ID_AT) === APPLICATION_ID;
  if (!ours) throw foreign(path, "the file is no store of feedlab");
  const version = view.getUint32(VERSION_AT);
  if (version !== VERSION) throw wrongVersion(path, version, VERSION);
  return true;
}

/** Whether there are no tables yet: the file is new, or whoever made it was ended meanwhile. */
export function isEmpty(database: DatabaseSync): boolean {
  return database.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get() === undefined;
}

/** Makes the tables of a new store. */
export function createTables(database: DatabaseSync): void {
  database.exec(TABLES);
}

/** The one row of `feed`. */
export interface FeedRow {
  readonly record: FeedRecord;
  readonly next: number;
  readonly flush: Nanos;
  readonly closed: boolean;
}

/** Reads the one row of `feed`; undefined before it is there. */
export function readFeedRow(database: DatabaseSync): FeedRow | undefined {
  const row = database.prepare("SELECT record, next, flush, closed FROM feed").get();
  if (row === undefined) return undefined;
  const { record, next, flush, closed } = row as unknown as Record<string, number | string>;
  return {
    record: JSON.parse(String(record)) as FeedRecord,
    next: Number(next),
    flush: Number(flush),
    closed: closed === 1,
  };
}

/** The sessions in order. */
export function readSessions(database: DatabaseSync): KeptSession[] {
  const rows = database.prepare("SELECT seq, name, first FROM sessions ORDER BY seq").all();
  return rows.map((row) => ({
    name: String(row["name"]),
    from: Number(row["seq"]),
    first: Number(row["first"]),
  }));
}
