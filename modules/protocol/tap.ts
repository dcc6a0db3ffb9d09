import type { PacketCodec } from "../codecs/codec.ts";
import { invariant } from "../core/errors.ts";
import type { Machine } from "../core/machine.ts";
import { TimeHeap } from "../core/heap.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import {
  type Emit,
  type Impairment,
  type PacketRef,
  wireSeqOf,
} from "../impairments/impairment.ts";
import { Repack } from "./repack.ts";

/** An impairment with the name that the scenario gave it, and the packets that it is for. */
export interface Rule {
  readonly name: string;
  readonly impairment: Impairment;
  /** Whether it is for this packet; without it, for every one. */
  readonly selects?: ((packet: PacketRef) => boolean) | undefined;
  /** After so many hits it is for none. */
  readonly max?: number | undefined;
  /** Whether it is for each message by itself, before these are packed. */
  readonly byMessage?: boolean | undefined;
}

/** What one rule of one line has done so far, in data and other packets alike. */
export interface RuleCount {
  readonly name: string;
  /** Packets that reached the rule and that it is for. */
  seen: number;
  /** Packets that left it other than once, unchanged and at once. */
  hits: number;
}

/** How much later than the feed a packet of a line is. */
export type Skew = (packet: PacketRef) => Nanos;

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
  #stages: readonly (Stage | MessageStage)[];
  #later = new TimeHeap<Waiting>();
  /** How many wait to enter each stage. */
  #before: number[];
  #now: Nanos = 0;
  #ended = false;
  #skew: Skew;
  /** When the latest packet enters: a line keeps its order, however its skew varies. */
  #entersAt: Nanos = 0;

  /** `skew` is how much later than the feed the line is; `codec` takes packets apart. */
  constructor(rules: readonly Rule[], sink: TapSink, skew: Skew = () => 0, codec?: PacketCodec) {
    this.#sink = sink;
    this.#skew = skew;
    this.#stages = rules.map((rule, index) => {
      const out: StageSink = {
        emit: (packet, at) => this.#enter(index + 1, packet, at),
        dropped: (packet) => sink.dropped(packet, rule.name, this.#now),
        touched: (packet, damaged) => sink.touched(packet, rule.name, damaged, this.#now),
      };
      if (rule.byMessage !== true) return new Stage(rule, out);
      invariant(codec !== undefined, `nobody takes packets apart for "${rule.name}"`);
      return new MessageStage(rule, out, new Repack(codec));
    });
    this.#before = [...rules.map(() => 0), 0];
    this.counts = this.#stages.map(({ count }) => count);
  }

  onPacket(packet: PacketRef, now: Nanos): void {
    // It queues behind earlier packets that are due now too.
    this.onDeadline(now);
    this.#entersAt = Math.max(this.#entersAt, now + this.#skew(packet));
    this.#enter(0, packet, this.#entersAt);
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

/**
 * One rule that is for messages: it sees each as a packet of its own, and what it lets through leaves in
 * as few packets as their numbers allow.
 */
class MessageStage {
  readonly count: RuleCount;
  #inner: Stage;
  #out: StageSink;
  #repack: Repack;
  #packet: PacketRef | undefined;
  /** Those of the packet at hand that the rule has let through. */
  #passed: PacketRef[] = [];

  constructor(rule: Rule, out: StageSink, repack: Repack) {
    this.#out = out;
    this.#repack = repack;
    this.#inner = new Stage(rule, {
      ...out,
      emit: (message) => void this.#passed.push(message),
      dropped: (message) => out.dropped(this.#alone(message)),
    });
    this.count = this.#inner.count;
  }

  onPacket(packet: PacketRef, at: Nanos): void {
    this.#passed = [];
    this.#packet = packet;
    const whole = packet.count > 1 && !this.#repack.open(packet);
    if (packet.count === 0 || whole) return this.#out.emit(packet, at);
    for (let i = 0; i < packet.count; i++) {
      const message = { ...packet, count: 1, ordinal: packet.msg + i, msg: packet.msg + i };
      this.#inner.onPacket({ ...message, seq: packet.seq + i, wireSeq: wireSeqOf(packet) + i }, at);
    }
    const passed = this.#passed;
    if (passed.length === packet.count) return this.#out.emit(packet, at);
    for (let from = 0; from < passed.length;) {
      let until = from + 1;
      while (passed[until]?.msg === passed[until - 1]!.msg + 1) until++;
      const first = passed[from]!.msg - packet.msg;
      this.#out.emit(this.#repack.part(packet, first, first + until - from), at);
      from = until;
    }
  }

  onEnd(): void {}

  /** A message of the packet at hand, in bytes of its own: nobody is shown one with its neighbours. */
  #alone(message: PacketRef): PacketRef {
    const packet = this.#packet;
    if (packet === undefined || packet.count === 1) return message;
    const at = message.msg - packet.msg;
    return { ...message, bytes: this.#repack.part(packet, at, at + 1).bytes };
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
