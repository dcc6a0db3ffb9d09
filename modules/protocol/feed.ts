import type { PacketCodec } from "../codecs/codec.ts";
import type { Machine } from "../core/machine.ts";
import type { Seq } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import type { Source } from "../sources/source.ts";
import type { Schedule } from "./schedule.ts";
import { Sequencer } from "./sequencer.ts";
import type { Sessions } from "./sessions.ts";
import { type Rule, type RuleCount, type Skew, Tap } from "./tap.ts";

/** Where a feed ends; whichever comes first. */
export interface FeedEnd {
  readonly messages: number;
  readonly duration: Nanos;
}

/** End-of-session packets: so many, the first as the feed ends, the others at this distance. */
export interface EndOfSession {
  readonly count: number;
  readonly every: Nanos;
}

/** How a feed's messages become packets, and what it says when it has none. */
export interface FeedPackets {
  /** Messages in a packet; 1 unless told otherwise. */
  readonly batch?: number | undefined;
  /** Where packets end instead: after which messages. They are never fuller than they can be. */
  readonly endsPacket?: ((seq: Seq) => boolean) | undefined;
  /** A heartbeat follows after this long without a packet. Without it there are none. */
  readonly heartbeat?: Nanos | undefined;
  readonly endOfSession?: EndOfSession | undefined;
}

/** A session that begins while the feed goes on. */
export interface SessionChange {
  /** By the schedule; before the message that is due then. */
  readonly at: Nanos;
  readonly name: string;
}

/** What a feed is made of. */
export interface FeedOptions extends FeedPackets {
  readonly codec: PacketCodec;
  readonly source: Source;
  /** Where messages are kept; its `next` is the feed's first number. */
  readonly store: MessageStore;
  readonly schedule: Schedule;
  readonly end: FeedEnd;
  /** Where sessions are entered as they begin; the first is there. */
  readonly sessions?: Sessions | undefined;
  /** In the order of their times. */
  readonly changes?: readonly SessionChange[] | undefined;
  /** The rules of each line, top to bottom. */
  readonly lines: readonly (readonly Rule[])[];
  /** How much later than the schedule each line is; none is, unless told otherwise. */
  readonly skews?: readonly Skew[];
  /** When the schedule begins. */
  readonly start: Nanos;
}

/** What a feed does. `dueNs` is when, by the schedule; the clock may be later. */
export interface FeedSink {
  /** Messages got their numbers, `seq` the first, due at dues[from, until). `phase` is the schedule's. */
  published(seq: Seq, dues: Float64Array, from: number, until: number, phase: number): void;
  /** The next message is the first of a session: which of `changes`, from 0. */
  began(change: number): void;
  /** A packet leaves on a line. Its bytes are lent. */
  send(line: number, packet: PacketRef, dueNs: Nanos): void;
  /** `rule` let nothing of the packet through. */
  dropped(line: number, packet: PacketRef, rule: string, dueNs: Nanos): void;
  /** `rule` let the packet through, but not once, unchanged and at once; see `TapSink`. */
  touched(line: number, packet: PacketRef, rule: string, damaged: boolean, dueNs: Nanos): void;
  /** Everything has left. Called once. */
  finished(): void;
}

/** How many packets, or other things, happen in one go before others get their turn. */
const STEPS_MAX = 256;

/** Messages that are numbered in one go, at most. */
const RUN_MAX = 64;

/**
 * A feed up to its senders: sequencer, schedule, and a tap for each line. It lives in the time of its
 * schedule. A machine that is late goes through the same instants in the same order, only later, so
 * that what leaves, and in which order, depends on the scenario alone.
 *
 *     publishing -> closing    the last message was taken, or the feed's time is over: rules let go
 *                              of what they hold
 *     closing    -> finished   what shows the tail has followed (ends of session, or a heartbeat),
 *                              and everything that was delayed has left
 */
export class Feed implements Machine {
  readonly counts: readonly (readonly RuleCount[])[];
  #options: FeedOptions;
  #sink: FeedSink;
  #sequencer: Sequencer;
  #taps: Tap[];
  #state: "publishing" | "closing" | "finished" = "publishing";
  #held = false;
  #opened = false;
  /** How many of the changes are done. */
  #changed = 0;
  #published = 0;
  /** When the next messages are due that were drawn, all of one phase: dues[drawnFrom, drawnUntil). */
  #dues = new Float64Array(RUN_MAX);
  #drawnFrom = 0;
  #drawnUntil = 0;
  #phase = 0;
  /** Of the first message behind them, where that is of another phase; NEVER: there is none. */
  #turn: Nanos | undefined;
  /** When the schedule is over; NEVER until that is known. */
  #endsAt: Nanos = NEVER;
  /** When the latest packet was due. */
  #sentAt: Nanos = 0;
  /** The kind of that packet; undefined before the first. */
  #sentKind: PacketRef["kind"] | undefined;
  /** When closing goes on, and the packets without messages that are still to leave. */
  #closeAt: Nanos = NEVER;
  #closings = 0;
  /** Whether closing goes on only when everything that was delayed has left. */
  #waits = true;

  constructor(options: FeedOptions, sink: FeedSink) {
    this.#options = options;
    this.#sink = sink;
    this.#taps = options.lines.map(
      (rules, line) =>
        new Tap(
          rules,
          {
            send: (packet, dueNs) => sink.send(line, packet, dueNs),
            dropped: (packet, rule, dueNs) => sink.dropped(line, packet, rule, dueNs),
            touched: (packet, rule, damaged, dueNs) =>
              sink.touched(line, packet, rule, damaged, dueNs),
          },
          options.skews?.[line],
          options.codec,
        ),
    );
    this.counts = this.#taps.map(({ counts }) => counts);
    const { codec, source, store, batch = 1, endsPacket, sessions } = options;
    const sequencing = { codec, source, store, batch, endsPacket, sessions };
    this.#sequencer = new Sequencer(sequencing, (packet) => {
      this.#sentAt = packet.dueNs;
      this.#sentKind = packet.kind;
      for (const tap of this.#taps) tap.onPacket(packet, packet.dueNs);
    });
    this.#turn = this.#draw();
    this.#goOnWith(0);
  }

  /** The number that the next message will get. */
  get next(): Seq {
    return this.#sequencer.next;
  }

  deadline(): Nanos {
    if (this.#held || this.#state === "finished") return NEVER;
    return this.#options.start + Math.min(this.#nextOwn(), this.#firstDeparture());
  }

  onDeadline(now: Nanos): void {
    const latest = now - this.#options.start;
    for (let step = 0; step < STEPS_MAX && this.deadline() <= now; step++) this.#step(latest);
  }

  /** Stands still, or goes on: what came due meanwhile is late, not lost. */
  hold(held: boolean): void {
    this.#held = held;
  }

  /** What is due next, at `latest` or before. */
  #step(latest: Nanos): void {
    const now = this.#nextOwn();
    const departure = this.#firstDeparture();
    // What leaves now has waited longer than what is due at the same instant.
    if (departure <= now) return this.#depart(departure);
    if (!this.#opened) {
      this.#opened = true;
      this.#sequencer.reset(now);
    }
    if (this.#state === "closing") this.#goOnClosing(now);
    else if (this.#change?.at === now) this.#begin(this.#change.name, now);
    else if (this.#due === now) this.#publish(latest);
    else if (this.#endsAt === now) this.#close(now);
    else if (this.#sequencer.waiting > 0) this.#sequencer.flush(now);
    else this.#sequencer.heartbeat(now);
  }

  /** When something is due that is no departure. */
  #nextOwn(): Nanos {
    if (this.#state === "closing") {
      return this.#waits && this.#firstDeparture() !== NEVER ? NEVER : this.#closeAt;
    }
    const { heartbeat = NEVER } = this.#options;
    const change = this.#change?.at ?? NEVER;
    return Math.min(this.#due, this.#endsAt, this.#sentAt + heartbeat, change);
  }

  #depart(at: Nanos): void {
    this.#taps.find((tap) => tap.deadline() === at)!.onDeadline(at);
    if (this.#state === "closing" && this.#waits) this.#closeAt = Math.max(this.#closeAt, at);
  }

  #firstDeparture(): Nanos {
    let first = NEVER;
    for (const tap of this.#taps) first = Math.min(first, tap.deadline());
    return first;
  }

  /** The session that begins next. */
  get #change(): SessionChange | undefined {
    return this.#options.changes?.[this.#changed];
  }

  /** One session ends, saying so where it can, and the next begins. */
  #begin(name: string, dueNs: Nanos): void {
    this.#sink.began(this.#changed++);
    this.#sequencer.flush(dueNs);
    if (this.#options.codec.heartbeats) this.#sequencer.endOfSession(dueNs);
    this.#sequencer.newSession(name);
    this.#sequencer.reset(dueNs);
  }

  /** When the next message is due; NEVER once there is none. */
  get #due(): Nanos {
    return this.#drawnFrom < this.#drawnUntil ? this.#dues[this.#drawnFrom]! : NEVER;
  }

  /** Messages in a row, up to the end of a packet: as long as nothing else comes between them. */
  #publish(latest: Nanos): void {
    const { heartbeat = NEVER } = this.#options;
    const before = Math.min(this.#firstDeparture(), this.#change?.at ?? NEVER);
    const upTo = Math.min(latest, this.#sentAt + heartbeat);
    this.#drawUpTo(before, upTo);
    const dues = this.#dues;
    const from = this.#drawnFrom;
    let until = from + 1;
    while (until < this.#drawnUntil && dues[until]! < before && dues[until]! <= upTo) until++;
    const seq = this.#sequencer.next;
    const taken = this.#sequencer.publish(dues, from, until);
    if (taken === 0) return this.#end(dues[from]!);
    this.#published += taken;
    this.#drawnFrom = from + taken;
    this.#sink.published(seq, dues, from, from + taken, this.#phase);
    if (this.#drawnFrom < this.#drawnUntil) return;
    this.#turn ??= this.#draw();
    this.#goOnWith(dues[from + taken - 1]!);
  }

  /** Draws all that is due before one time and up to another, and the first that is not. */
  #drawUpTo(before: Nanos, upTo: Nanos): void {
    const dues = this.#dues;
    if (this.#drawnFrom > 0) {
      dues.copyWithin(0, this.#drawnFrom, this.#drawnUntil);
      this.#drawnUntil -= this.#drawnFrom;
      this.#drawnFrom = 0;
    }
    if (this.#turn !== undefined) return;
    const { end, schedule } = this.#options;
    const most = end.messages - this.#published;
    let until = this.#drawnUntil;
    for (let last = dues[until - 1]!; last < before && last <= upTo && until < RUN_MAX;) {
      const due = until < most ? schedule.next() : NEVER;
      if (due >= end.duration || schedule.phase !== this.#phase) {
        this.#turn = due < end.duration ? due : NEVER;
        break;
      }
      dues[until++] = due;
      last = due;
    }
    this.#drawnUntil = until;
  }

  /** When the message is due that comes next, where none is drawn; NEVER: the feed ends before it. */
  #draw(): Nanos {
    const { end, schedule } = this.#options;
    const due = this.#published < end.messages ? schedule.next() : NEVER;
    return due < end.duration ? due : NEVER;
  }

  /** All that were drawn have left, the last at `lastNs`: what was drawn behind them is next, or the end. */
  #goOnWith(lastNs: Nanos): void {
    const { end, schedule } = this.#options;
    const due = this.#turn!;
    this.#turn = undefined;
    // The messages of one phase do not wait for those of another, nor for none.
    if (due === NEVER || schedule.phase !== this.#phase) this.#sequencer.flush(lastNs);
    this.#phase = schedule.phase;
    if (due !== NEVER) {
      this.#dues[0] = due;
      this.#drawnFrom = 0;
      this.#drawnUntil = 1;
    } else if (this.#published >= end.messages) this.#end(lastNs);
    else this.#end(end.duration === Infinity ? lastNs : end.duration);
  }

  #end(at: Nanos): void {
    this.#drawnUntil = this.#drawnFrom;
    this.#endsAt = at;
  }

  #close(at: Nanos): void {
    this.#state = "closing";
    this.#closeAt = at;
    this.#sequencer.flush(at);
    this.#letGo(at);
    const { endOfSession, heartbeat } = this.#options;
    if (endOfSession !== undefined) this.#closings = endOfSession.count;
    else if (heartbeat !== undefined && this.#sentKind === "data") {
      // Without it nobody could notice that the last messages are missing.
      this.#closings = 1;
      this.#closeAt = Math.max(at, this.#sentAt + heartbeat);
    }
  }

  #goOnClosing(at: Nanos): void {
    if (this.#closings === 0) {
      this.#state = "finished";
      this.#sink.finished();
      return;
    }
    const { endOfSession } = this.#options;
    if (endOfSession === undefined) this.#sequencer.heartbeat(at);
    else this.#sequencer.endOfSession(at);
    this.#closings--;
    this.#waits = this.#closings === 0;
    if (this.#waits) this.#letGo(at);
    else this.#closeAt = at + (endOfSession?.every ?? 0);
  }

  /** What a rule holds back until more comes would wait in vain. */
  #letGo(at: Nanos): void {
    for (const tap of this.#taps) tap.onEnd(at);
  }
}
