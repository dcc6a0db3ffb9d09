/** A feed with what it does as lines of text, and small rules to disturb it with. Times in ms. */
import { MILLISECOND, type Nanos, NEVER } from "../../modules/core/time.ts";
import type { Impairment, PacketRef } from "../../modules/impairments/impairment.ts";
import { Feed, type FeedOptions, type FeedSink } from "../../modules/protocol/feed.ts";
import type { Schedule } from "../../modules/protocol/schedule.ts";
import type { Rule } from "../../modules/protocol/tap.ts";
import type { Source } from "../../modules/sources/source.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { frames, showFrame } from "./frames.ts";

/** Messages `a`, `b`, ... `z`, `a`, ...; so many of them. */
export function letters(count = Infinity): Source {
  return {
    write(seq, into, at) {
      if (seq > count) return -1;
      into[at] = 0x61 + ((seq - 1) % 26);
      return 1;
    },
  };
}

/** A schedule that is a list of milliseconds. Each inner list is a phase. */
export function listed(...phases: readonly (readonly number[])[]): Schedule {
  const all = phases.flatMap((dues, phase) => dues.map((due) => ({ due, phase })));
  let taken = 0;
  return {
    next: () => (all[taken++]?.due ?? NEVER) * MILLISECOND,
    get phase() {
      return all[taken - 1]?.phase ?? phases.length;
    },
  };
}

/** What a recorded feed may be told; the rest is ordinary. */
export type FeedSetup = Partial<Omit<FeedOptions, "lines">> & {
  readonly lines?: readonly (readonly Rule[])[];
};

/** A feed on lines A, B, ... whose calls are written down: `A 1 a @0`, `dropped A 2 by x @1`. */
export class FeedRecorder {
  readonly feed: Feed;
  readonly log: string[] = [];

  constructor(setup: FeedSetup = {}) {
    const say = (text: string, dueNs: Nanos): void =>
      void this.log.push(`${text} @${dueNs / MILLISECOND}`);
    const line = (index: number): string => "ABCDEFGH"[index]!;
    const calls: Partial<FeedSink> = {
      published: (seq, dues, from, until, phase) => {
        for (const [i, dueNs] of dues.subarray(from, until).entries()) {
          say(`published ${seq + i}${"'".repeat(phase)}`, dueNs);
        }
      },
      send: (index, packet, dueNs) => say(`${line(index)} ${showFrame(packet.bytes)}`, dueNs),
      dropped: (index, packet, rule, dueNs) =>
        say(`dropped ${line(index)} ${showFrame(packet.bytes)} by ${rule}`, dueNs),
      finished: () => void this.log.push("finished"),
    };
    // What other calls a sink may get is not looked at here.
    const sink = new Proxy(calls as FeedSink, {
      get: (target, name: keyof FeedSink) => target[name] ?? (() => {}),
    });
    this.feed = new Feed(
      {
        codec: frames(),
        source: letters(),
        store: new MemoryStore(1),
        schedule: listed([0, 1, 2]),
        end: { messages: Infinity, duration: Infinity },
        lines: [[]],
        start: 0,
        ...setup,
      },
      sink,
    );
  }

  /** Lets the time come to `ms`, punctually, and returns what was done meanwhile. */
  until(ms: number = Infinity): string[] {
    const { feed } = this;
    for (let at = feed.deadline(); at !== NEVER && at <= ms * MILLISECOND; at = feed.deadline()) {
      feed.onDeadline(at);
    }
    return this.log.splice(0);
  }

  /** Wakes the feed only at `ms`, however late that is, as often as it wants to go on. */
  late(ms: number): string[] {
    while (this.feed.deadline() <= ms * MILLISECOND) this.feed.onDeadline(ms * MILLISECOND);
    return this.log.splice(0);
  }
}

type Pick = (packet: PacketRef) => boolean;

const data: Pick = ({ kind }) => kind === "data";

/** A rule that lets nothing through of what it picks. */
export function dropRule(pick: Pick, name = "drop"): Rule {
  return rule(name, (packet, at, emit) => {
    if (!pick(packet)) emit(packet, at);
  });
}

/** A rule that lets what it picks leave later. */
export function delayRule(ms: number, pick: Pick = data, name = "delay"): Rule {
  return rule(name, (packet, at, emit) => emit(packet, at + (pick(packet) ? ms * MILLISECOND : 0)));
}

/** A rule that lets what it picks leave a second time, later. */
export function copyRule(ms: number, pick: Pick = data, name = "copy"): Rule {
  return rule(name, (packet, at, emit) => {
    emit(packet, at);
    if (pick(packet)) emit(packet, at + ms * MILLISECOND);
  });
}

/** A rule that holds what it picks until so many other data packets have passed. */
export function holdRule(packets: number, pick: Pick, name = "hold"): Rule {
  const held: { packet: PacketRef; left: number }[] = [];
  const release = (at: Nanos, emit: (packet: PacketRef, at: Nanos) => void): void => {
    while (held[0] !== undefined && held[0].left <= 0) emit(held.shift()!.packet, at);
  };
  const impairment: Impairment = {
    get held() {
      return held.length;
    },
    apply(packet, at, emit) {
      if (packet.kind === "data" && pick(packet)) {
        held.push({ packet: { ...packet, bytes: packet.bytes.slice() }, left: packets });
        return;
      }
      emit(packet, at);
      if (packet.kind !== "data") return;
      for (const each of held) each.left--;
      release(at, emit);
    },
    flush(at, emit) {
      for (const each of held) each.left = 0;
      release(at, emit);
    },
  };
  return { name, impairment };
}

function rule(name: string, apply: Impairment["apply"]): Rule {
  return { name, impairment: { apply } };
}
