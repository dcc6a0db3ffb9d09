import type { Machine } from "../core/machine.ts";
import { TimeHeap } from "../core/heap.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import type { Emit, Impairment, PacketRef } from "../impairments/impairment.ts";

/** An impairment with the name that the scenario gave it, and the packets that it is for. */
export interface Rule {
  readonly name: string;
  readonly impairment: Impairment;
  /** Whether it is for this packet; without it, for every one. */
  readonly selects?: ((packet: PacketRef) => boolean) | undefined;
  /** After so many hits it is for none. */
  readonly max?: number | undefined;
}

/** What one rule of one line has done so far, in data and other packets alike. */
export interface RuleCount {
  readonly name: string;
  /** Packets that reached the rule and that it is for. */
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
  /**
   * `rule` let the packet through, but not once, unchanged and at once. `damaged`: no copy that is as
   * it was leaves, or is held to leave.
   */
  touched(packet: PacketRef, rule: string, damaged: boolean, now: Nanos): void;
}

/** A packet on its way to a stage, or past the last one. */
interface Waiting {
  readonly packet: PacketRef;
  readonly stage: number;
}

/**
 * The end of one line: a chain of rules, top to bottom, and the only departure queue there is. What
 * leaves a rule later enters the next one then, so that every rule sees packets in the order of their
 * times. A packet that nothing touches is passed on uncopied.
 */
export class Tap implements Machine {
  readonly counts: readonly RuleCount[];
  #sink: TapSink;
  /** Top to bottom. */
  #stages: readonly Stage[];
  #later = new TimeHeap<Waiting>();
  /** How many wait to enter each stage. */
  #before: number[];
  #now: Nanos = 0;
  #ended = false;
  #skew: Nanos;

  /** `skew` is how much later than the feed the line is. */
  constructor(rules: readonly Rule[], sink: TapSink, skew: Nanos = 0) {
    this.#sink = sink;
    this.#skew = skew;
    this.#stages = rules.map(
      (rule, index) =>
        new Stage(rule, {
          emit: (packet, at) => this.#enter(index + 1, packet, at),
          dropped: (packet) => sink.dropped(packet, rule.name, this.#now),
          touched: (packet, damaged) => sink.touched(packet, rule.name, damaged, this.#now),
        }),
    );
    this.#before = [...rules.map(() => 0), 0];
    this.counts = this.#stages.map(({ count }) => count);
  }

  onPacket(packet: PacketRef, now: Nanos): void {
    // It queues behind earlier packets that are due now too.
    this.onDeadline(now);
    this.#enter(0, packet, now + this.#skew);
  }

  /** Nothing more will come: what rules hold back leaves, through the rules below them. */
  onEnd(now: Nanos): void {
    this.onDeadline(now);
    this.#ended = true;
    this.#flush();
  }

  deadline(): Nanos {
    return this.#later.due ?? NEVER;
  }

  onDeadline(now: Nanos): void {
    this.#now = now;
    while (this.deadline() <= now) {
      const { packet, stage } = this.#later.pop()!;
      this.#before[stage]!--;
      this.#enter(stage, packet, now);
      this.#flush();
    }
  }

  #enter(stage: number, packet: PacketRef, at: Nanos): void {
    if (at > this.#now) {
      this.#later.push(at, { packet: { ...packet, bytes: packet.bytes.slice() }, stage });
      this.#before[stage]!++;
    } else if (stage < this.#stages.length) this.#stages[stage]!.onPacket(packet, this.#now);
    else this.#sink.send(packet, this.#now);
  }

  /** Empties the rules that nothing can reach any more. */
  #flush(): void {
    if (!this.#ended) return;
    for (let stage = 0; stage < this.#stages.length && this.#before[stage] === 0; stage++) {
      this.#stages[stage]!.onEnd(this.#now);
    }
  }
}

/** What comes out of a stage. */
interface StageSink {
  readonly emit: Emit;
  readonly dropped: (packet: PacketRef) => void;
  readonly touched: (packet: PacketRef, damaged: boolean) => void;
}

/** One rule in the chain, counting what it does. */
class Stage {
  readonly count: RuleCount;
  #rule: Rule;
  #sink: StageSink;
  #emit: Emit;
  /** The packet that the rule is working on, and what it has emitted: it as it was, and others. */
  #given: PacketRef | undefined;
  #givenAt: Nanos = 0;
  #passed = 0;
  #others = 0;
  /** Whether any of them carries its bytes as they were. */
  #intact = false;

  constructor(rule: Rule, sink: StageSink) {
    this.count = { name: rule.name, seen: 0, hits: 0 };
    this.#rule = rule;
    this.#sink = sink;
    this.#emit = (packet, at) => {
      if (packet === this.#given && at === this.#givenAt) this.#passed++;
      else this.#others++;
      if (packet.bytes === this.#given?.bytes) this.#intact = true;
      sink.emit(packet, at);
    };
  }

  onPacket(packet: PacketRef, at: Nanos): void {
    const { impairment, selects, max = Infinity } = this.#rule;
    const { count } = this;
    if (count.hits >= max || selects?.(packet) === false) {
      if (impairment.onBypass === undefined) this.#sink.emit(packet, at);
      else impairment.onBypass(packet, at, this.#sink.emit);
      return;
    }
    const held = impairment.held ?? 0;
    this.#given = packet;
    this.#givenAt = at;
    this.#passed = 0;
    this.#others = 0;
    this.#intact = false;
    count.seen++;
    impairment.apply(packet, at, this.#emit);
    this.#given = undefined;
    const grown = (impairment.held ?? 0) - held;
    // What was held before and leaves now is no doing of this packet.
    const own = this.#others + Math.min(grown, 0);
    if (this.#passed === 1 && own === 0) return;
    count.hits++;
    if (this.#passed + this.#others === 0 && grown <= 0) this.#sink.dropped(packet);
    else this.#sink.touched(packet, !this.#intact && grown <= 0);
  }

  onEnd(at: Nanos): void {
    this.#rule.impairment.flush?.(at, this.#sink.emit);
  }
}
