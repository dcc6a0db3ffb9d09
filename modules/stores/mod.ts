/** Where what was published is kept. A new store is a file and a line here. */
import { file } from "./file.ts";
import { memory } from "./memory-definition.ts";
import { sqlite } from "./sqlite.ts";
import type { StoreDefinition } from "./store.ts";

/** Every store, by the name that `store:` takes. */
export const stores: readonly StoreDefinition<unknown>[] = [memory, sqlite, file];
