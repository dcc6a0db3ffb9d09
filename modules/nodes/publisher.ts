import { createView, type PacketCodec, type PacketView } from "../codecs/codec.ts";
import type { Observe, PublisherEvent } from "../core/events.ts";
import { Histogram } from "../core/histogram.ts";
import type { Seq } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";
import { type Nanos, SECOND } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import { type FeedEnd, Pacer, steady } from "../protocol/pacer.ts";
import { Sequencer } from "../protocol/sequencer.ts";
import { type Rule, type RuleCount, Tap } from "../protocol/tap.ts";
import type { Source } from "../sources/source.ts";
import type { LineAddress, Sender, World } from "../worlds/world.ts";
import { Drive } from "./drive.ts";
import { Outbox } from "./outbox.ts";

/** One line of a feed and what the network does to it. */
export interface PublisherLine {
  readonly name: string;
  readonly address: LineAddress;
  readonly rules: readonly Rule[];
}

/** What a publisher is made of. */
export interface PublisherOptions {
  readonly lines: readonly PublisherLine[];
  readonly codec: PacketCodec;
  readonly source: Source;
  readonly store: MessageStore;
  /** Messages a second. */
  readonly rate: number;
  readonly end: FeedEnd;
  readonly observe: Observe<PublisherEvent>;
  /** Also tell of every packet that leaves. */
  readonly observePackets: boolean;
}

/** What left on one line. */
export interface LineSent {
  readonly name: string;
  packets: number;
  messages: number;
  readonly rules: readonly RuleCount[];
}

/**
 * Publishes a feed on its lines: source, sequencer, pacer, and a tap and a sender for each line.
 * Opened first and started later, so that everybody can be there for the first packet.
 */
export class Publisher {
  /** Resolves when the feed has ended and every packet has been handed over. */
  readonly done: Promise<void>;
  /** The number of the feed's first message. */
  readonly first: Seq;
  /** How late each message left, against its schedule. */
  readonly lateness = new Histogram();
  readonly lines: readonly LineSent[];
  #world: World;
  #options: PublisherOptions;
  #sequencer: Sequencer;
  /** When the first and the latest message left. */
  #firstNs: Nanos = NaN;
  #latestNs: Nanos = NaN;
  #pacer: Pacer | undefined;
  #pacerDrive: Drive | undefined;
  #outputs: LineOutput[];
  #finish: () => void;
  #paced = false;
  #closed = false;

  private constructor(world: World, options: PublisherOptions, senders: readonly OpenLine[]) {
    this.#world = world;
    this.#options = options;
    this.#outputs = senders.map((line) => new LineOutput(world, options, line));
    this.lines = this.#outputs.map(({ sent }) => sent);
    for (const [i, { gate }] of senders.entries()) {
      gate.drained = () => {
        this.#outputs[i]!.flush();
        this.#settle();
      };
    }
    const { codec, source, store } = options;
    this.first = store.next;
    this.#sequencer = new Sequencer(codec, source, store, store.next, (packet, now) => {
      for (const output of this.#outputs) output.publish(packet, now);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.done = promise;
    this.#finish = resolve;
  }

  /** Opens a sender for each line. Fails with a UserError when one cannot be opened. */
  static async open(world: World, options: PublisherOptions): Promise<Publisher> {
    const open: OpenLine[] = [];
    try {
      for (const line of options.lines) {
        const gate: Gate = { drained: () => {} };
        const sender = await world.transport.publish(line.address, {
          drained: () => gate.drained(),
          failed: (reason) =>
            options.observe({
              event: "send-failed",
              atNs: world.clock.now(),
              line: line.name,
              reason,
            }),
        });
        open.push({ line, sender, gate });
      }
    } catch (error) {
      await Promise.all(open.map(({ sender }) => sender.close()));
      throw error;
    }
    return new Publisher(world, options, open);
  }

  /** The number that the next message will get. */
  get next(): Seq {
    return this.#sequencer.next;
  }

  /** Messages a second that were asked for. */
  get rateWanted(): number {
    return this.#options.rate;
  }

  /** Messages a second over the whole feed so far. NaN before the second message. */
  get rateAchieved(): number {
    const messages = this.next - this.first;
    return messages < 2 ? NaN : ((messages - 1) * SECOND) / (this.#latestNs - this.#firstNs);
  }

  /** Starts the schedule now. */
  start(): void {
    const { clock } = this.#world;
    this.#pacer = new Pacer(steady(this.#options.rate), this.#options.end, clock.now(), {
      due: (scheduled, now) => {
        if (!this.#sequencer.publish(now)) return false;
        this.lateness.record(now - scheduled);
        if (Number.isNaN(this.#firstNs)) this.#firstNs = now;
        this.#latestNs = now;
        return true;
      },
      finished: () => {
        this.#paced = true;
      },
    });
    this.#pacerDrive = new Drive(this.#pacer, clock, () => this.#settle());
    this.#pacerDrive.arm();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#pacerDrive?.stop();
    await Promise.all(this.#outputs.map((output) => output.close()));
  }

  /** Hands over what has gathered, and sees whether anything is left to do. */
  #settle(): void {
    let clear = true;
    for (const output of this.#outputs) clear = output.flush() && clear;
    this.#pacer?.hold(!clear);
    this.#pacerDrive?.arm();
    if (!this.#paced || !this.#outputs.every(({ idle }) => idle)) {
      if (this.#paced) for (const output of this.#outputs) output.onIdle = () => this.#settle();
      return;
    }
    this.#paced = false;
    const atNs = this.#world.clock.now();
    this.#options.observe({ event: "feed-ended", atNs, next: this.next });
    this.#finish();
  }
}

interface Gate {
  drained: () => void;
}

interface OpenLine {
  readonly line: PublisherLine;
  readonly sender: Sender;
  readonly gate: Gate;
}

/** One line's tap with what comes after it. */
class LineOutput {
  readonly sent: LineSent;
  onIdle: () => void = () => {};
  #tap: Tap;
  #drive: Drive;
  #outbox: Outbox;
  #sender: Sender;

  constructor(world: World, options: PublisherOptions, { line, sender }: OpenLine) {
    const { codec, observe, observePackets } = options;
    const { name } = line;
    const view = createView(codec.messagesMax);
    this.#sender = sender;
    this.#outbox = new Outbox(sender);
    this.#tap = new Tap(line.rules, {
      send: (packet, atNs) => {
        this.#outbox.push(packet.bytes);
        this.sent.packets++;
        this.sent.messages += packet.count;
        if (!observePackets) return;
        const { from, until } = rangeOf(packet);
        const text = describe(codec, packet.bytes, view);
        observe({ event: "sent", atNs, line: name, from, until, text });
      },
      dropped: (packet, rule, atNs) => {
        const { from, until } = rangeOf(packet);
        observe({ event: "dropped", atNs, line: name, rule, from, until });
      },
    });
    this.sent = { name, packets: 0, messages: 0, rules: this.#tap.counts };
    this.#drive = new Drive(this.#tap, world.clock, () => {
      this.flush();
      if (this.idle) this.onIdle();
    });
  }

  get idle(): boolean {
    return this.#tap.waiting === 0 && this.#outbox.empty;
  }

  publish(packet: PacketRef, now: Nanos): void {
    this.#tap.onPacket(packet, now);
    this.#drive.arm();
  }

  flush(): boolean {
    return this.#outbox.flush();
  }

  async close(): Promise<void> {
    this.#drive.stop();
    await this.#sender.close();
  }
}

function rangeOf({ seq, count }: PacketRef): { from: Seq; until: Seq } {
  return { from: seq, until: seq + count };
}

/** For people; bytes that an impairment has damaged are no packet any more. */
function describe(codec: PacketCodec, bytes: Uint8Array, view: PacketView): string {
  const fault = codec.decode(bytes, view);
  return fault === undefined ? codec.describe(view) : `(${fault})`;
}
