import { deferred } from "../core/deferred.ts";
import { MILLISECOND, type Cancel, type Clock, type Nanos } from "../core/time.ts";
import type { KeptFeed, KeptSession } from "../core/store.ts";
import type { Sessions } from "../protocol/sessions.ts";

/** How often a store that another process writes is looked at. */
export const LOOK_INTERVAL: Nanos = 10 * MILLISECOND;

/** Looks again and again at a store that another process writes, and enters its new sessions. */
export class StoreFollower {
  /** Rejects when the store cannot be read any more. */
  readonly failed: Promise<never>;
  #store: KeptFeed;
  #clock: Clock;
  #sessions: Sessions;
  #fail: (error: unknown) => void;
  #alarm: Cancel = () => {};
  #over = false;

  constructor(store: KeptFeed, clock: Clock, sessions: Sessions) {
    const { promise, reject } = deferred<never>();
    promise.catch(() => {});
    this.failed = promise;
    this.#fail = reject;
    this.#store = store;
    this.#clock = clock;
    this.#sessions = sessions;
    this.#arm();
  }

  /** Looks now. */
  look(): void {
    if (this.#over) return;
    try {
      this.#store.refresh();
      enter(this.#store.sessions, this.#sessions);
    } catch (error) {
      this.close();
      this.#fail(error);
    }
  }

  /** Looks no more. */
  close(): void {
    this.#over = true;
    this.#alarm();
  }

  #arm(): void {
    this.#alarm = this.#clock.at(this.#clock.now() + LOOK_INTERVAL, () => {
      this.look();
      if (!this.#over) this.#arm();
    });
  }
}

function enter(kept: readonly KeptSession[], sessions: Sessions): void {
  for (const { name, from, first } of kept) {
    const { current } = sessions;
    const isNew =
      current === undefined ||
      from > current.from ||
      (from === current.from && name !== current.name);
    if (isNew) sessions.begin(name, from, first);
  }
}
