import type { Seq } from "../core/seq.ts";

/** Where messages come from. */
export interface Source {
  /** Writes message `seq` into the buffer; its length, or -1 when there are no more. */
  write(seq: Seq, into: Uint8Array): number;
}
