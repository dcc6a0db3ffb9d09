import { MILLISECOND, type Cancel, type Clock, type Nanos } from "../core/time.ts";
import type { KeptFeed, KeptSession } from "../core/store.ts";
import type { Sessions } from "../protocol/sessions.ts";

/** How often a store that another process writes is looked at. */
export const LOOK_INTERVAL: Nanos = 10 * MILLISECOND;

/** Looks again and again at a store that another process writes, and enters its new sessions. */
export class StoreFollower {
  /** Rejects when the store cannot be read any more. */
  readonly failed: Promise<never>;
  #alarm: Cancel = () => {};

  constructor(store: KeptFeed, clock: Clock, sessions: Sessions) {
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.failed = promise;
    const arm = (): void => {
      this.#alarm = clock.at(clock.now() + LOOK_INTERVAL, () => {
        try {
          store.refresh();
        } catch (error) {
          reject(error);
          return;
        }
        enter(store.sessions, sessions);
        arm();
      });
    };
    arm();
  }

  close(): void {
    this.#alarm();
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
