import * as z from "zod";
import { duration } from "../core/options.ts";
import type { Nanos } from "../core/time.ts";
import { FileReader } from "./file/reader.ts";
import { FileWriter } from "./file/writer.ts";
import type { StoreDefinition } from "./store.ts";

/** Which folder; it may be the option by itself. */
interface FileOptions {
  readonly folder: string;
  readonly flush: Nanos;
}

const folder = z.string().min(1).meta({ description: "the path of the folder" });

/** How long a message may wait for the others of its batch; no time: until it is sent. */
const FLUSH_EVERY = "0ms";

const keys = z.strictObject({ folder, flush: duration().prefault(FLUSH_EVERY) });

/**
 * Messages in the files of a folder that only ever grow, each with a checksum, and an index beside each
 * file. They are written in batches, with the same bounds on what is lost as in `sqlite`. A tail that was
 * torn is cut off by the next writer.
 */
export const file: StoreDefinition<FileOptions> = {
  name: "file",
  summary: "a folder of append-only files with checksums; the fastest that lasts",
  example: "store: { file: feed }",
  options: z.union([folder.transform((folder) => keys.parse({ folder })), keys]),
  create: ({ folder, flush }, deps) => FileWriter.open(folder, flush, deps),
  open: ({ folder }) => FileReader.open(folder),
};
