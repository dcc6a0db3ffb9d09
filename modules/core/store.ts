import type { Seq, SeqRange } from "./seq.ts";
import type { Nanos } from "./time.ts";

/** Messages by number. It has [first, next). */
export interface MessageReader {
  readonly first: Seq;
  readonly next: Seq;
  /** Visits what it has of `range` in order, until `visit` returns false; bytes are lent. */
  read(range: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void;
}

/** Messages that stand close together in one piece of memory, as in a packet. */
export interface MessageBlock {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Message i spans bounds[2i] .. bounds[2i + 1]; they stand in their order. */
  readonly bounds: Int32Array;
}

/** What a publisher has sent. */
export interface MessageStore extends MessageReader {
  /** Copies messages [seq, seq + count). Numbers follow each other without a hole. */
  append(seq: Seq, block: MessageBlock): void;
  /** What was appended is about to be sent. */
  readonly sending?: () => void;
}

/** A session as a store keeps it. */
export interface KeptSession {
  readonly name: string;
  /** The feed's number of its first message, and that message's number on the wire. */
  readonly from: Seq;
  readonly first: Seq;
}

/** What is kept of a feed besides its messages, so that another process can answer for it. */
export interface FeedRecord {
  /** What its packets look like: an entry of the registry with its options, as plain data. */
  readonly protocol: { readonly name: string; readonly options: unknown };
  /** Who publishes it. Nobody else writes to the store. */
  readonly by: string;
}

/** What the writer of a store that was there before found in it. */
export interface FoundFeed {
  readonly record: FeedRecord;
  readonly sessions: readonly KeptSession[];
  /** [first, next) was there. */
  readonly first: Seq;
  readonly next: Seq;
  /**
   * Set where the writer before was ended without closing the store: the messages after `next` that it
   * may have sent are at most so many, of at most so much time.
   */
  readonly torn?: { readonly messages: number; readonly within: Nanos; readonly cutBytes: number };
}

/**
 * A store that a feed is published into. What is appended is there for this process at once; for others,
 * and after a crash, from the next `flush` on.
 */
export interface FeedStore extends MessageStore {
  /** What was there before; undefined: the store is new, or was emptied. */
  readonly found: FoundFeed | undefined;
  /**
   * How soon after an append the owner calls `flush`: zero for before it is sent, NEVER where nothing
   * waits for it.
   */
  readonly flushEvery: Nanos;
  /** A session begins with the next message. */
  begin(session: KeptSession): void;
  /** Hands over what waits. Fails with a UserError. */
  flush(): void;
  /** Flushes, and lets the next writer in. A second time it does nothing. */
  close(): void;
}

/** A feed that another process may be publishing, as far as it was flushed. */
export interface KeptFeed extends MessageReader {
  readonly record: FeedRecord;
  readonly sessions: readonly KeptSession[];
  /** Looks for what has come since. Never waits. */
  refresh(): void;
  close(): void;
}
