import * as z from "zod";
import { positiveDuration } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { SqliteReader } from "./sqlite/reader.ts";
import { SqliteWriter } from "./sqlite/writer.ts";
import type { StoreDefinition } from "./store.ts";

/** Which file; it may be the option by itself. */
interface SqliteOptions {
  readonly path: string;
  readonly flush: Nanos;
}

const path = z.string().min(1).meta({ description: "the path of the file" });

/** How long a message may wait for the others of its batch. */
const FLUSH_EVERY = "10ms";

const keys = z.strictObject({ path, flush: positiveDuration().prefault(FLUSH_EVERY) });

/**
 * Messages as rows of an SQLite file, which other processes read while it is written. They are written
 * in batches: when the writer is killed, the last batch is lost with it, 1024 messages or what `flush`
 * brings, whichever is less. When the machine loses its power, what the system had not written to the
 * disk yet is lost too, and the file is still whole.
 */
export const sqlite: StoreDefinition<SqliteOptions> = {
  name: "sqlite",
  summary: "an SQLite file, which other processes read while it is written",
  example: "store: { sqlite: feed.db }",
  options: z.union([path.transform((path) => keys.parse({ path })), keys]),
  create: ({ path, flush }, deps) => SqliteWriter.open(path, flush, deps),
  open: ({ path }) => SqliteReader.open(path),
};
