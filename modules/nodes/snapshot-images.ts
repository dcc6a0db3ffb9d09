import { invariant } from "../core/errors.ts";
import type { Seq } from "../core/seq.ts";
import type { MessageReader } from "../core/store.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import type { MessageState } from "../messages/message.ts";
import type { SnapshotImage } from "../protocol/snapshot-server.ts";
import type { Session, Sessions } from "../protocol/sessions.ts";

/** What images are made of. */
export interface SnapshotImagesOptions {
  /** Every message of the feed, whatever a store has let go of. */
  readonly truth: MessageReader;
  readonly sessions: Sessions;
  /** An empty state for each session. */
  readonly createState: () => MessageState;
  /** How far the images are behind the feed. */
  readonly lag: Nanos;
  /** How often one is taken, from `start` on; undefined: for everybody who asks. */
  readonly every: Nanos | undefined;
  readonly start: Nanos;
}

/**
 * Follows what is published, `lag` behind it, and takes images. Needs no alarm: what would have
 * happened by now is made up for whenever somebody looks.
 */
export class SnapshotImages {
  #options: SnapshotImagesOptions;
  #state: MessageState;
  /** Of which session the state is. */
  #session: Session | undefined;
  /** One past the last message that the state has. */
  #applied: Seq;
  /** Up to where was published, and when; from `#head` on not yet applied. */
  #marks: { atNs: Nanos; next: Seq }[] = [];
  #head = 0;
  #imageAt: Nanos;
  #latest: Image | undefined;

  constructor(options: SnapshotImagesOptions) {
    const { createState, sessions, truth, every, start } = options;
    this.#options = options;
    this.#state = createState();
    this.#session = sessions.current;
    this.#applied = truth.first;
    this.#imageAt = every === undefined ? NEVER : start;
  }

  /** Everything before `next` is published now. */
  onPublished(next: Seq, now: Nanos): void {
    const last = this.#marks.at(-1);
    if (last?.atNs === now && this.#marks.length > this.#head) last.next = next;
    else this.#marks.push({ atNs: now, next });
    this.#advance(now);
  }

  /** What is sent to whoever asks now; undefined: nothing of the latest session is known here yet. */
  image(now: Nanos): SnapshotImage | undefined {
    this.#advance(now);
    const image = this.#options.every === undefined ? this.#take() : this.#latest;
    return image?.of === this.#options.sessions.current ? image : undefined;
  }

  #advance(now: Nanos): void {
    const { lag, every = 0 } = this.#options;
    for (;;) {
      const mark = this.#marks[this.#head];
      const seenAt = mark === undefined ? NEVER : mark.atNs + lag;
      if (Math.min(seenAt, this.#imageAt) > now) break;
      if (mark !== undefined && seenAt <= this.#imageAt) {
        this.#apply(mark.next);
        this.#head++;
      } else {
        this.#latest = this.#take();
        // Nothing changes before the next mark: those between are the same.
        const until = Math.min(seenAt, now + 1);
        const steps = Math.max(1, Math.ceil((until - this.#imageAt) / every));
        this.#imageAt += steps * every;
      }
    }
    if (this.#head > 1000 && 2 * this.#head > this.#marks.length) {
      this.#marks.splice(0, this.#head);
      this.#head = 0;
    }
  }

  #apply(until: Seq): void {
    const { truth, sessions, createState } = this.#options;
    truth.read({ from: this.#applied, until }, (seq, message) => {
      const session = sessions.of(seq);
      if (session !== this.#session) {
        this.#session = session;
        this.#state = createState();
      }
      this.#state.apply(message, 0, message.length);
      return true;
    });
    this.#applied = until;
  }

  /** The image of this moment; undefined while the latest session has not got here. */
  #take(): Image | undefined {
    const { sessions, createState } = this.#options;
    const { current } = sessions;
    invariant(current !== undefined, "an image of a feed without a session");
    if (this.#applied < current.from) return undefined;
    if (this.#session !== current) {
      this.#session = current;
      this.#state = createState();
    }
    const next = this.#applied - current.from + current.first;
    return { of: current, session: current.name, next, messages: this.#state.messages() };
  }
}

interface Image extends SnapshotImage {
  readonly of: Session;
}
