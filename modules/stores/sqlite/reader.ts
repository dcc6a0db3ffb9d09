import type { Seq, SeqRange } from "../../core/seq.ts";
import type { FeedRecord, KeptFeed, KeptSession } from "../../core/store.ts";
import { cannotStore, noStore } from "../refusal.ts";
import { connect, type DatabaseSync, isStore, readFeedRow, readSessions } from "./database.ts";
import { rowReader } from "./rows.ts";

/** A store that another process may be writing. */
export class SqliteReader implements KeptFeed {
  readonly record: FeedRecord;
  #database: DatabaseSync;
  #path: string;
  #extent: { get(): unknown };
  #read: ReturnType<typeof rowReader>;
  #first: Seq = 0;
  #next: Seq = 0;
  #sessions: readonly KeptSession[] = [];
  #closed = false;

  private constructor(path: string, database: DatabaseSync, record: FeedRecord) {
    this.#path = path;
    this.#database = database;
    this.record = record;
    // One statement: both ends are of the same moment.
    this.#extent = database.prepare(
      "SELECT min(seq) AS first, (SELECT next FROM feed) AS next, " +
        "(SELECT count(*) FROM sessions) AS sessions FROM messages",
    );
    this.#read = rowReader(database);
    this.refresh();
  }

  /** Opens a store that is there. Fails with a UserError. */
  static async open(path: string): Promise<SqliteReader> {
    if (!isStore(path)) throw noStore(path);
    const database = await connect(path, "open", { readOnly: true });
    try {
      const row = readFeedRow(database);
      if (row === undefined) throw noStore(path);
      return new SqliteReader(path, database, row.record);
    } catch (error) {
      database.close();
      throw cannotStore("read", path, error);
    }
  }

  get first(): Seq {
    return this.#first;
  }

  get next(): Seq {
    return this.#next;
  }

  get sessions(): readonly KeptSession[] {
    return this.#sessions;
  }

  refresh(): void {
    try {
      const { first, next, sessions } = this.#extent.get() as Record<string, number | null>;
      this.#next = next!;
      this.#first = first ?? next!;
      if (sessions !== this.#sessions.length) this.#sessions = readSessions(this.#database);
    } catch (error) {
      throw cannotStore("read", this.#path, error);
    }
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const range = { from: Math.max(from, this.#first), until: Math.min(until, this.#next) };
    this.#read(range, visit);
  }

  close(): void {
    if (!this.#closed) this.#database.close();
    this.#closed = true;
  }
}
