import type { FeedEvent } from "../core/events.ts";
import type { Seq } from "../core/seq.ts";
import type { Session, Sessions } from "../protocol/sessions.ts";

/**
 * From the numbers of a listener to those of the publisher. Both count on from session to session; but
 * who has not heard of the last messages of a session, nor of its end, begins the next one too early.
 */
export class Renumber {
  #heard: () => Sessions | undefined;
  #published: Sessions;

  constructor(heard: () => Sessions | undefined, published: Sessions) {
    this.#heard = heard;
    this.#published = published;
  }

  /** The publisher's number for one of the listener's. */
  seq(seq: Seq): Seq {
    const heard = this.#heard();
    if (heard === undefined || heard.all.length < 2) return seq;
    const session = heard.of(seq);
    const own = session && this.#ownOf(session, heard);
    return own === undefined ? seq : own.from - own.first + heard.wireOf(seq);
  }

  /** An event of the listener with the publisher's numbers. */
  event<E extends FeedEvent>(event: E): E {
    if (event.event === "snapshot-loaded" || event.event === "snapshot-given-up") {
      return { ...event, next: this.seq(event.next) };
    }
    if (!("until" in event)) return event;
    const from = this.seq(event.from);
    return from === event.from ? event : { ...event, from, until: from + event.until - event.from };
  }

  /** By its name, or where sessions have none, by its place among those that are known. */
  #ownOf({ name, ordinal }: Session, heard: Sessions): Session | undefined {
    const { all } = this.#published;
    if (name.trim() !== "") return all.find((own) => own.name.trim() === name.trim());
    return all[heard.all.findIndex((other) => other.ordinal === ordinal)];
  }
}
