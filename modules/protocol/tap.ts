import type { Machine } from "../core/machine.ts";
import { TimeHeap } from "../core/heap.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import type { Emit, Impairment, PacketRef } from "../impairments/impairment.ts";

/** An impairment with the name that the scenario gave it. */
export interface Rule {
  readonly name: string;
  readonly impairment: Impairment;
}

/** What one rule of one line has done so far, in data and other packets alike. */
export interface RuleCount {
  readonly name: string;
  /** Packets that reached the rule. */
  seen: number;
  /** Packets that left it other than once, unchanged and at once. */
  hits: number;
}

/** What comes out of a tap. */
export interface TapSink {
  /** The packet leaves now. Its bytes are lent. */
  send(packet: PacketRef, now: Nanos): void;
  /** `rule` let nothing of the packet through. */
  dropped(packet: PacketRef, rule: string, now: Nanos): void;
}

/**
 * The end of one line: a chain of rules, top to bottom, and the only departure queue there is. A
 * packet that nothing touches is passed on uncopied.
 */
export class Tap implements Machine {
  readonly counts: readonly RuleCount[];
  #sink: TapSink;
  #first: Emit;
  #later = new TimeHeap<PacketRef>();
  #now: Nanos = 0;

  constructor(rules: readonly Rule[], sink: TapSink) {
    this.#sink = sink;
    let next: Emit = (packet, at) => this.#depart(packet, at);
    const counts: RuleCount[] = [];
    for (const rule of rules.toReversed()) {
      const stage = new Stage(rule, next, (packet) => sink.dropped(packet, rule.name, this.#now));
      counts.unshift(stage.count);
      next = stage.pass;
    }
    this.#first = next;
    this.counts = counts;
  }

  /** Packets that wait for their departure. */
  get waiting(): number {
    return this.#later.size;
  }

  onPacket(packet: PacketRef, now: Nanos): void {
    this.#now = now;
    this.#first(packet, now);
  }

  deadline(): Nanos {
    return this.#later.due ?? NEVER;
  }

  onDeadline(now: Nanos): void {
    this.#now = now;
    while (this.deadline() <= now) this.#sink.send(this.#later.pop()!, now);
  }

  #depart(packet: PacketRef, at: Nanos): void {
    // What is due now still queues behind earlier packets that are due now too.
    if (at <= this.#now && !(this.deadline() <= this.#now)) this.#sink.send(packet, this.#now);
    else this.#later.push(at, { ...packet, bytes: packet.bytes.slice() });
  }
}

/** One rule in the chain, counting what it does. */
class Stage {
  readonly count: RuleCount;
  readonly pass: Emit;

  constructor({ name, impairment }: Rule, next: Emit, dropped: (packet: PacketRef) => void) {
    const count: RuleCount = { name, seen: 0, hits: 0 };
    let given: PacketRef;
    let givenAt: Nanos;
    let emitted = 0;
    let touched = false;
    const emit: Emit = (packet, at) => {
      emitted++;
      if (packet !== given || at !== givenAt) touched = true;
      next(packet, at);
    };
    this.count = count;
    this.pass = (packet, at) => {
      given = packet;
      givenAt = at;
      emitted = 0;
      touched = false;
      count.seen++;
      impairment.apply(packet, at, emit);
      if (touched || emitted !== 1) count.hits++;
      if (emitted === 0) dropped(packet);
    };
  }
}
