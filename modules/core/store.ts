import type { Seq, SeqRange } from "./seq.ts";

/** What was published, by number. It retains [first, next). */
export interface MessageStore {
  readonly first: Seq;
  readonly next: Seq;
  /** Copies the message. Numbers follow each other without a hole. */
  append(seq: Seq, message: Uint8Array): void;
  /** Visits what it has of `range` in order, until `visit` returns false; bytes are lent. */
  read(range: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void;
}
