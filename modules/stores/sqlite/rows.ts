import type { Seq, SeqRange } from "../../core/seq.ts";
import type { DatabaseSync } from "./database.ts";

/** Messages that are fetched at once: the first time few, for most requests are for few. */
const ROWS_MIN = 16;
const ROWS_MAX = 1024;

interface Row {
  readonly seq: Seq;
  readonly bytes: Uint8Array;
}

/**
 * Reads messages in pieces, so that no statement stays open while they are visited. Gives false when
 * `visit` did.
 */
export function rowReader(
  database: DatabaseSync,
): (range: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean) => boolean {
  const some = database.prepare(
    "SELECT seq, bytes FROM messages WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?",
  );
  return ({ from, until }, visit) => {
    let next = from;
    for (let limit = ROWS_MIN; next < until; limit = Math.min(ROWS_MAX, 4 * limit)) {
      const rows = some.all(next, until, limit) as unknown as Row[];
      for (const { seq, bytes } of rows) if (!visit(seq, bytes)) return false;
      if (rows.length < limit) return true;
      next = rows.at(-1)!.seq + 1;
    }
    return true;
  };
}
