import { Scratch } from "../core/bytes.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { MessageReader } from "../core/store.ts";
import { MESSAGE_BYTES_MAX, type Source } from "../sources/source.ts";

/**
 * Not a store but a source that always gives the same message for the same number: a recovery server
 * of its own can answer from it without ever having heard the feed.
 */
export class SourceStore implements MessageReader {
  readonly first: Seq;
  readonly next: Seq;
  #source: Source;
  #message = new Scratch(MESSAGE_BYTES_MAX);

  constructor(source: Source, { from, until }: SeqRange) {
    this.#source = source;
    this.first = from;
    this.next = until;
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const end = Math.min(until, this.next);
    for (let seq = Math.max(from, this.first); seq < end; seq++) {
      const length = this.#source.write(seq, this.#message.bytes, 0);
      if (length < 0 || !visit(seq, this.#message.start(length))) return;
    }
  }
}
