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
  /** `rule` let the packet through, but not once, unchanged and at once. */
  touched(packet: PacketRef, rule: string, now: Nanos): void;
}

/**
 * The end of one line: a chain of rules, top to bottom, and the only departure queue there is. A
 * packet that nothing touches is passed on uncopied.
 */
export class Tap implements Machine {
  readonly counts: readonly RuleCount[];
  #sink: TapSink;
  #first: Emit;
  /** Top to bottom. */
  #stages: readonly Stage[];
  #later = new TimeHeap<PacketRef>();
  #last: Nanos = -Infinity;
  #now: Nanos = 0;

  constructor(rules: readonly Rule[], sink: TapSink) {
    this.#sink = sink;
    let next: Emit = (packet, at) => this.#depart(packet, at);
    const stages: Stage[] = [];
    for (const rule of rules.toReversed()) {
      const stage = new Stage(rule, next, (packet, gone) => {
        if (gone) sink.dropped(packet, rule.name, this.#now);
        else sink.touched(packet, rule.name, this.#now);
      });
      stages.unshift(stage);
      next = stage.pass;
    }
    this.#first = next;
    this.#stages = stages;
    this.counts = stages.map(({ count }) => count);
  }

  /** When the last of what waits will leave; -Infinity when nothing ever waited. */
  get lastDeparture(): Nanos {
    return this.#last;
  }

  onPacket(packet: PacketRef, now: Nanos): void {
    this.#now = now;
    this.#first(packet, now);
  }

  /** Nothing more will come: what rules hold back leaves, through the rules below them. */
  onEnd(now: Nanos): void {
    this.#now = now;
    for (const stage of this.#stages) stage.flush(now);
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
    else {
      this.#later.push(at, { ...packet, bytes: packet.bytes.slice() });
      this.#last = Math.max(this.#last, at);
    }
  }
}

/** One rule in the chain, counting what it does. */
class Stage {
  readonly count: RuleCount;
  readonly pass: Emit;
  readonly flush: (at: Nanos) => void;

  constructor(
    { name, impairment }: Rule,
    next: Emit,
    hit: (packet: PacketRef, gone: boolean) => void,
  ) {
    const count: RuleCount = { name, seen: 0, hits: 0 };
    let given: PacketRef | undefined;
    let givenAt: Nanos = 0;
    let passed = 0;
    let others = 0;
    const emit: Emit = (packet, at) => {
      if (packet === given && at === givenAt) passed++;
      else others++;
      next(packet, at);
    };
    this.count = count;
    this.pass = (packet, at) => {
      const held = impairment.held ?? 0;
      given = packet;
      givenAt = at;
      passed = 0;
      others = 0;
      count.seen++;
      impairment.apply(packet, at, emit);
      given = undefined;
      const grown = (impairment.held ?? 0) - held;
      // What was held before and leaves now is no doing of this packet.
      const own = others + Math.min(grown, 0);
      if (passed === 1 && own === 0) return;
      count.hits++;
      hit(packet, passed + others === 0 && grown <= 0);
    };
    this.flush = (at) => impairment.flush?.(at, emit);
  }
}
