/** What stores.ts says of a store. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Setting } from "./group.ts";
import { ours } from "./programs.ts";

/** Messages a second, and bytes of a message. */
export interface StoreFigures {
  readonly append: number;
  readonly read: number;
  /** Of the process that keeps it. */
  readonly memory: number;
  /** On disk; 0 for one that keeps nothing there. */
  readonly disk: number;
}

/** Fills a store that is new, reads it, and takes it away. */
export async function storeFigures(
  { folder }: Setting,
  name: string,
  messages: number,
): Promise<StoreFigures> {
  const path = join(folder, `store-${name}`);
  try {
    return (await ours("stores.ts", [name, `${messages}`, path])) as StoreFigures;
  } finally {
    rmSync(path, { recursive: true, force: true });
  }
}
