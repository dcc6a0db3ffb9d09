import type { Seq, SeqRange } from "./seq.ts";

/** Messages by number. It has [first, next). */
export interface MessageReader {
  readonly first: Seq;
  readonly next: Seq;
  /** Visits what it has of `range` in order, until `visit` returns false; bytes are lent. */
  read(range: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void;
}

/** What a publisher has sent. */
export interface MessageStore extends MessageReader {
  /** Copies the message. Numbers follow each other without a hole. */
  append(seq: Seq, message: Uint8Array): void;
}
