import type { FeedEvent } from "../../core/events.ts";
import type { Seq } from "../../core/seq.ts";
import type { Left, PublisherBatch, PublisherCounts, Touched } from "./talk.ts";

/** Gathers what happens at a publisher until it is told: neighbouring numbers as one stretch. */
export class Batch {
  #events: FeedEvent[] = [];
  #touched: Touched[] = [];
  #left: Left[] = [];
  #met: number[] = [];
  /** The latest stretches, which may go on: by line, and by line and rule. */
  #lastLeft = new Map<string, Left>();
  #lastTouched = new Map<string, Touched>();

  onEvent(event: FeedEvent): void {
    this.#events.push(event);
  }

  onMet(entry: number): void {
    this.#met.push(entry);
  }

  /** Numbers left on a line, and can be read as what they are. */
  onLeft(line: string, from: Seq, until: Seq): void {
    const last = this.#lastLeft.get(line);
    if (last?.until === from) {
      last.until = until;
      return;
    }
    const left = { line, from, until };
    this.#left.push(left);
    this.#lastLeft.set(line, left);
  }

  onTouched(line: string, rule: string, damaged: boolean, from: Seq, until: Seq): void {
    const key = `${line}\0${rule}\0${damaged}`;
    const last = this.#lastTouched.get(key);
    if (last?.until === from) {
      last.until = until;
      return;
    }
    const touched = { line, rule, damaged, from, until };
    this.#touched.push(touched);
    this.#lastTouched.set(key, touched);
  }

  /** What has gathered; from now on it gathers anew. */
  take(counts: PublisherCounts): PublisherBatch {
    const batch = {
      ...counts,
      events: this.#events,
      touched: this.#touched,
      left: this.#left,
      met: this.#met,
    };
    this.#events = [];
    this.#touched = [];
    this.#left = [];
    this.#met = [];
    this.#lastLeft.clear();
    this.#lastTouched.clear();
    return batch;
  }
}
