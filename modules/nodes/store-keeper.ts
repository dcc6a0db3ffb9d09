import { deferred } from "../core/deferred.ts";
import { UserError } from "../core/errors.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { FeedStore, MessageBlock, MessageStore } from "../core/store.ts";
import { type Cancel, type Clock, NEVER } from "../core/time.ts";
import type { Session, Sessions } from "../protocol/sessions.ts";

/** The store of a feed that is being published, flushed in time and told of its sessions. */
export class StoreKeeper implements MessageStore {
  /** Rejects with a UserError when nothing more can be stored. What the feed does then is another's. */
  readonly failed: Promise<never>;
  /** Whoever asks for what was sent, in whichever process, is to find it. */
  readonly sending: () => void = () => {
    if (this.#store.flushEvery === 0) this.#attempt(() => this.#store.flush());
  };
  /** Called when there are more messages, with the number that comes next. */
  onAppended: (next: Seq) => void = () => {};
  #store: FeedStore;
  #clock: Clock;
  #fail: (error: UserError) => void;
  #alarm: Cancel | undefined;
  /** Set once nothing more is stored: the number that would come next. */
  #lost: Seq | undefined;

  constructor(store: FeedStore, clock: Clock, sessions: Sessions) {
    const { promise, reject } = deferred<never>();
    // Who does not wait for it is not to be ended by it.
    promise.catch(() => {});
    this.failed = promise;
    this.#fail = reject;
    this.#store = store;
    this.#clock = clock;
    const begin = (session: Session): void => this.#attempt(() => store.begin(session));
    const known = store.found?.sessions ?? [];
    for (const session of sessions.all) {
      const { name, from } = session;
      if (!known.some((other) => other.name === name && other.from === from)) begin(session);
    }
    sessions.onBegin = begin;
  }

  get first(): Seq {
    return this.#store.first;
  }

  get next(): Seq {
    return this.#lost ?? this.#store.next;
  }

  append(seq: Seq, block: MessageBlock): void {
    const next = seq + block.count;
    if (this.#lost !== undefined) {
      this.#lost = next;
      return;
    }
    this.#attempt(() => this.#store.append(seq, block));
    this.onAppended(next);
    const { flushEvery } = this.#store;
    if (this.#alarm !== undefined || flushEvery === 0 || flushEvery === NEVER) return;
    this.#alarm = this.#clock.at(this.#clock.now() + flushEvery, () => {
      this.#alarm = undefined;
      this.#attempt(() => this.#store.flush());
    });
  }

  read(range: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    if (this.#lost === undefined) this.#store.read(range, visit);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Flushes and closes the store. Fails with a UserError. */
  async close(): Promise<void> {
    this.#alarm?.();
    this.#alarm = undefined;
    if (this.#lost === undefined) this.#store.close();
  }

  #attempt(run: () => void): void {
    if (this.#lost !== undefined) return;
    try {
      run();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.#lost = this.#store.next;
      this.#alarm?.();
      this.#fail(error);
    }
  }
}
