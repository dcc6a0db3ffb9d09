/** Where what was published is kept. A new store is a file and a line here. */
import { file } from "./file.ts";
import { memory } from "./memory-definition.ts";
import { sqlite } from "./sqlite.ts";

/** Every store, by the name that `store:` takes. */
export const stores = [memory, sqlite, file] as const;
