import * as z from "zod";
import { MemoryStore } from "./memory.ts";
import type { StoreDefinition } from "./store.ts";

/** What needs no set-up, and is gone with the process. */
export const memory: StoreDefinition<object> = {
  name: "memory",
  summary: "the memory of this process, gone with it",
  example: "store: memory",
  options: z.strictObject({}),
  create: async (_options, { first, retain }) => new MemoryStore(first, retain),
};
