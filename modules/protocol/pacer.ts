import type { Machine } from "../core/machine.ts";
import { type Nanos, NEVER, SECOND } from "../core/time.ts";

/** When each message of a feed is due, counted from the feed's start. */
export interface Schedule {
  /** Of message `ordinal`, from 0. Never decreases. */
  at(ordinal: number): Nanos;
}

/** A steady number of messages a second. Each instant is computed anew, so nothing drifts. */
export function steady(perSecond: number): Schedule {
  return { at: (ordinal) => Math.round((ordinal * SECOND) / perSecond) };
}

/** Where a feed ends; whichever comes first. */
export interface FeedEnd {
  readonly messages: number;
  readonly duration: Nanos;
}

/** What the pacer tells. */
export interface PacerSink {
  /** A message is to leave now; false when there is none left. */
  due(scheduled: Nanos, now: Nanos): boolean;
  /** Nothing more will be due. Called once. */
  finished(now: Nanos): void;
}

/** How many overdue messages leave in one go before others get their turn. */
const BURST_MAX = 256;

/** Says when messages leave: against absolute instants, so that a late one delays no other. */
export class Pacer implements Machine {
  #schedule: Schedule;
  #end: FeedEnd;
  #sink: PacerSink;
  #start: Nanos;
  #ordinal = 0;
  #state: "running" | "held" | "finished" = "running";

  constructor(schedule: Schedule, end: FeedEnd, start: Nanos, sink: PacerSink) {
    this.#schedule = schedule;
    this.#end = end;
    this.#start = start;
    this.#sink = sink;
  }

  deadline(): Nanos {
    if (this.#state !== "running") return NEVER;
    const due = this.#due();
    return this.#start + (due ?? Math.min(this.#end.duration, this.#lastDue()));
  }

  onDeadline(now: Nanos): void {
    for (let burst = 0; burst < BURST_MAX && this.deadline() <= now; burst++) {
      const due = this.#due();
      if (due === undefined) return this.#finish(now);
      this.#ordinal++;
      if (!this.#sink.due(this.#start + due, now)) return this.#finish(now);
    }
  }

  /** Stops time for the feed, or lets it go on: what came due meanwhile is late, not lost. */
  hold(held: boolean): void {
    if (this.#state !== "finished") this.#state = held ? "held" : "running";
  }

  #finish(now: Nanos): void {
    this.#state = "finished";
    this.#sink.finished(now);
  }

  /** When the next message is due, or undefined when the feed's end comes first. */
  #due(): Nanos | undefined {
    if (this.#ordinal >= this.#end.messages) return undefined;
    const due = this.#schedule.at(this.#ordinal);
    return due < this.#end.duration ? due : undefined;
  }

  #lastDue(): Nanos {
    if (this.#ordinal < this.#end.messages) return NEVER;
    return this.#ordinal === 0 ? 0 : this.#schedule.at(this.#ordinal - 1);
  }
}
