import * as z from "zod";
import { duration } from "../core/options.ts";
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

/** How long a message may wait for the others of its batch; no time: until it is sent. */
const FLUSH_EVERY = "0ms";

const keys = z.strictObject({ path, flush: duration().prefault(FLUSH_EVERY) });

/**
 * Messages as rows of an SQLite file, which other processes read while it is written. They are written
 * in batches: all that are sent at one time, before they are. So nothing that was sent is lost with a
 * writer that is killed, unless it was told to `flush` after some time: then it is up to as much, and no
 * more than 1024 messages. When the machine loses its power, what the system had not written to the
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
