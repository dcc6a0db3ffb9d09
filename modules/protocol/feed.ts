import type { PacketCodec } from "../codecs/codec.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import type { Source } from "../sources/source.ts";
import type { Schedule } from "./schedule.ts";
import { Sequencer } from "./sequencer.ts";
import { type Rule, type RuleCount, Tap } from "./tap.ts";

/** Where a feed ends; whichever comes first. */
export interface FeedEnd {
  readonly messages: number;
  readonly duration: Nanos;
}

/** What a feed is made of. */
export interface FeedOptions {
  readonly codec: PacketCodec;
  readonly source: Source;
  /** Where messages are kept; its `next` is the feed's first number. */
  readonly store: MessageStore;
  readonly schedule: Schedule;
  readonly end: FeedEnd;
  /** The rules of each line, top to bottom. */
  readonly lines: readonly (readonly Rule[])[];
  /** When the schedule begins. */
  readonly start: Nanos;
}

/** What a feed does. `dueNs` is when, by the schedule; the clock may be later. */
export interface FeedSink {
  /** A message got its number. */
  published(seq: Seq, dueNs: Nanos): void;
  /** A packet leaves on a line. Its bytes are lent. */
  send(line: number, packet: PacketRef, dueNs: Nanos): void;
  /** `rule` let nothing of the packet through. */
  dropped(line: number, packet: PacketRef, rule: string, dueNs: Nanos): void;
  /** `rule` let the packet through, but not once, unchanged and at once. */
  touched(line: number, packet: PacketRef, rule: string, dueNs: Nanos): void;
  /** Everything has left. Called once. */
  finished(): void;
}

/** How many things happen in one go before others get their turn. */
const STEPS_MAX = 256;

/**
 * A feed up to its senders: sequencer, schedule, and a tap for each line. It lives in the time of its
 * schedule. A machine that is late goes through the same instants in the same order, only later, so
 * that what leaves, and in which order, depends on the scenario alone.
 */
export class Feed implements Machine {
  readonly counts: readonly (readonly RuleCount[])[];
  #options: FeedOptions;
  #sink: FeedSink;
  #sequencer: Sequencer;
  #taps: Tap[];
  /** When the next message is due; undefined once there is none. */
  #due: Nanos | undefined;
  #published = 0;
  /** When the feed ends, once that is known. */
  #endsAt: Nanos = NEVER;
  #state: "running" | "held" | "finished" = "running";

  constructor(options: FeedOptions, sink: FeedSink) {
    this.#options = options;
    this.#sink = sink;
    this.#taps = options.lines.map(
      (rules, line) =>
        new Tap(rules, {
          send: (packet, dueNs) => sink.send(line, packet, dueNs),
          dropped: (packet, rule, dueNs) => sink.dropped(line, packet, rule, dueNs),
          touched: (packet, rule, dueNs) => sink.touched(line, packet, rule, dueNs),
        }),
    );
    this.counts = this.#taps.map(({ counts }) => counts);
    const { codec, source, store } = options;
    this.#sequencer = new Sequencer(codec, source, store, (packet) => {
      for (const tap of this.#taps) tap.onPacket(packet, packet.dueNs);
    });
    this.#schedule(0);
  }

  /** The number that the next message will get. */
  get next(): Seq {
    return this.#sequencer.next;
  }

  deadline(): Nanos {
    if (this.#state !== "running") return NEVER;
    const departure = this.#firstTap()?.at ?? NEVER;
    // The feed is not over while something has yet to leave.
    const next = this.#due ?? (departure === NEVER ? this.#endsAt : NEVER);
    return this.#options.start + Math.min(next, departure);
  }

  onDeadline(now: Nanos): void {
    for (let step = 0; step < STEPS_MAX && this.deadline() <= now; step++) this.#step();
  }

  /** Stands still, or goes on: what came due meanwhile is late, not lost. */
  hold(held: boolean): void {
    if (this.#state !== "finished") this.#state = held ? "held" : "running";
  }

  #step(): void {
    const departure = this.#firstTap();
    if (departure !== undefined && departure.at <= (this.#due ?? NEVER)) {
      // It has waited longer than what is due at the same instant.
      departure.tap.onDeadline(departure.at);
      return;
    }
    if (this.#due === undefined) {
      this.#state = "finished";
      this.#sink.finished();
      return;
    }
    const dueNs = this.#due;
    const seq = this.#sequencer.next;
    if (this.#sequencer.publish(dueNs)) {
      this.#published++;
      this.#sink.published(seq, dueNs);
      this.#schedule(dueNs);
    } else this.#end(dueNs);
  }

  /** Finds when the next message is due, or that `lastNs` saw the last one. */
  #schedule(lastNs: Nanos): void {
    const { end, schedule } = this.#options;
    if (this.#published >= end.messages) return this.#end(lastNs);
    const due = schedule.next();
    if (due < end.duration) this.#due = due;
    else this.#end(Math.min(due, end.duration));
  }

  #end(at: Nanos): void {
    this.#due = undefined;
    this.#endsAt = at;
    // What a rule holds back until more comes will wait in vain.
    for (const tap of this.#taps) tap.onEnd(at);
  }

  #firstTap(): { tap: Tap; at: Nanos } | undefined {
    let first: { tap: Tap; at: Nanos } | undefined;
    for (const tap of this.#taps) {
      const at = tap.deadline();
      if (at !== NEVER && (first === undefined || at < first.at)) first = { tap, at };
    }
    return first;
  }
}
