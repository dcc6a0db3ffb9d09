import { invariant } from "../../core/errors.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import type { FeedStore, FoundFeed, KeptSession, MessageBlock } from "../../core/store.ts";
import type { Nanos } from "../../core/time.ts";
import { MemoryStore } from "../memory.ts";
import { cannotStore, checkOwner, taken } from "../refusal.ts";
import type { StoreDeps } from "../store.ts";
import {
  connect,
  createTables,
  type DatabaseSync,
  isEmpty,
  isStore,
  readFeedRow,
  readSessions,
} from "./database.ts";
import { rowReader } from "./rows.ts";

/** Messages that wait for the others of their batch, at most. */
const BATCH_MESSAGES = 1024;

/** Messages that are deleted at once, when as many too many are there. */
const DELETE_MESSAGES = 4096;

/** Beside the file: whoever writes holds a lock in it, which the system takes from the dead. */
const LOCK_SUFFIX = "-writer";

/** Writes in batches; the newest messages it has in memory as well. */
export class SqliteWriter implements FeedStore {
  readonly found: FoundFeed | undefined;
  readonly flushEvery: Nanos;
  #path: string;
  #database: DatabaseSync;
  #lock: DatabaseSync;
  #retain: number;
  #newest: MemoryStore;
  /** What is in the file: [stored, flushed). */
  #stored: Seq;
  #flushed: Seq;
  #read: ReturnType<typeof rowReader>;
  #insert: { run(seq: number, bytes: Uint8Array): unknown };
  #session: { run(from: number, name: string, first: number): unknown };
  #progress: { run(next: number): unknown };
  #delete: { run(first: number): unknown };
  /** Sessions that began since the last flush. */
  #begun: KeptSession[] = [];
  /** Nothing more is written: it was closed, or it failed. */
  #over = false;

  private constructor(
    { path, flush, database, lock }: Opened,
    { first, retain }: StoreDeps,
    found: FoundFeed | undefined,
  ) {
    this.#path = path;
    this.#database = database;
    this.#lock = lock;
    this.#retain = retain;
    this.found = found;
    this.flushEvery = flush;
    this.#stored = found?.first ?? first;
    this.#flushed = found?.next ?? first;
    this.#newest = new MemoryStore(this.#flushed, BATCH_MESSAGES);
    this.#read = rowReader(database);
    this.#insert = database.prepare("INSERT INTO messages VALUES (?, ?)");
    this.#session = database.prepare("INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)");
    this.#progress = database.prepare("UPDATE feed SET next = ?");
    this.#delete = database.prepare("DELETE FROM messages WHERE seq < ?");
  }

  /** Opens a store to write it. Fails with a UserError when that cannot be, or somebody else does. */
  static async open(path: string, flush: Nanos, deps: StoreDeps): Promise<SqliteWriter> {
    // Looked at first: nothing is put beside a file that is not ours.
    isStore(path);
    const lock = await connect(`${path}${LOCK_SUFFIX}`, "write", { readOnly: false, store: path });
    let database: DatabaseSync | undefined;
    try {
      takeLock(lock, path);
      database = await connect(path, "write", { readOnly: false });
      if (isEmpty(database)) createTables(database);
      database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
      const found = prepare(path, database, flush, deps);
      return new SqliteWriter({ path, flush, database, lock }, deps, found);
    } catch (error) {
      database?.close();
      lock.close();
      throw cannotStore("write", path, error);
    }
  }

  get first(): Seq {
    return Math.max(this.#stored, this.next - this.#retain);
  }

  get next(): Seq {
    return this.#newest.next;
  }

  append(seq: Seq, block: MessageBlock): void {
    if (this.#over) invariant(false, `message ${seq} stored in a store that is closed`);
    // What waits for its batch must not be let go by what comes.
    if (seq + block.count - this.#flushed > BATCH_MESSAGES) this.flush();
    this.#newest.append(seq, block);
    if (this.next - this.#flushed >= BATCH_MESSAGES) this.flush();
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const range = { from: Math.max(from, this.first), until: Math.min(until, this.next) };
    // What waits for its batch is among the newest.
    const turn = Math.min(range.until, Math.max(range.from, this.#newest.first));
    if (this.#read({ from: range.from, until: turn }, visit)) {
      this.#newest.read({ from: turn, until: range.until }, visit);
    }
  }

  begin(session: KeptSession): void {
    this.#begun.push(session);
    this.flush();
  }

  flush(): void {
    if (this.#over || (this.next === this.#flushed && this.#begun.length === 0)) return;
    this.#transaction(() => {
      for (const { from, name, first } of this.#begun) this.#session.run(from, name, first);
      this.#newest.read({ from: this.#flushed, until: this.next }, (seq, message) => {
        this.#insert.run(seq, message);
        return true;
      });
      this.#progress.run(this.next);
      if (this.first - this.#stored >= DELETE_MESSAGES) this.#delete.run(this.first);
    });
    if (this.first - this.#stored >= DELETE_MESSAGES) this.#stored = this.first;
    this.#begun = [];
    this.#flushed = this.next;
  }

  close(): void {
    if (this.#over) return;
    try {
      this.flush();
      this.#transaction(() => {
        this.#delete.run(this.first);
        this.#database.exec("UPDATE feed SET closed = 1");
      });
    } finally {
      this.#shut();
    }
  }

  #shut(): void {
    if (this.#over) return;
    this.#over = true;
    this.#database.close();
    this.#lock.close();
  }

  #transaction(run: () => void): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      run();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#shut();
      throw cannotStore("write", this.#path, error);
    }
  }
}

interface Opened {
  readonly path: string;
  readonly flush: Nanos;
  readonly database: DatabaseSync;
  readonly lock: DatabaseSync;
}

/** Held until the connection ends. */
function takeLock(lock: DatabaseSync, path: string): void {
  try {
    lock.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    throw /locked|busy/i.test(String(error)) ? taken(path) : error;
  }
}

/** Makes the file ready for its writer; what it holds, if that is to be gone on after. */
function prepare(
  path: string,
  database: DatabaseSync,
  flush: Nanos,
  { record, first, retain, existing }: StoreDeps,
): FoundFeed | undefined {
  const row = readFeedRow(database);
  if (row !== undefined) checkOwner(path, row.record, record);
  if (row === undefined || existing === "replace") {
    database.exec("BEGIN; DELETE FROM messages; DELETE FROM sessions; DELETE FROM feed");
    const text = JSON.stringify(record);
    database.prepare("INSERT INTO feed VALUES (?, ?, ?, 0)").run(text, first, flush);
    database.exec("COMMIT");
    return undefined;
  }
  const { low } = database.prepare("SELECT min(seq) AS low FROM messages").get() as {
    low: number | null;
  };
  database.prepare("UPDATE feed SET closed = 0, flush = ?").run(flush);
  const torn = { messages: row.flush === 0 ? 0 : BATCH_MESSAGES, within: row.flush, cutBytes: 0 };
  return {
    record: row.record,
    sessions: readSessions(database),
    first: Math.max(low ?? row.next, row.next - retain),
    next: row.next,
    ...(row.closed ? {} : { torn }),
  };
}
