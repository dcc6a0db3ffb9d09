import { deferred } from "../core/deferred.ts";
import { createView, type PacketCodec, type PacketView } from "../codecs/codec.ts";
import type { Observe, PublisherEvent } from "../core/events.ts";
import type { Histogram } from "../core/histogram.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import type { MessageStore } from "../core/store.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import { Feed, type FeedEnd, type FeedPackets, type SessionChange } from "../protocol/feed.ts";
import type { Schedule } from "../protocol/schedule.ts";
import type { Sessions } from "../protocol/sessions.ts";
import type { Rule, RuleCount, Skew } from "../protocol/tap.ts";
import type { Source } from "../sources/source.ts";
import type { LineAddress, Sender, World } from "../worlds/world.ts";
import { Drive } from "./drive.ts";
import { Outbox } from "./outbox.ts";
import { PaceMeter, type PlainPace } from "./pace-meter.ts";

/** One line of a feed and what the network does to it. */
export interface PublisherLine {
  readonly name: string;
  readonly address: LineAddress;
  readonly rules: readonly Rule[];
  /** How much later than the schedule the line is. */
  readonly skew: Skew;
}

/** Is shown what comes to the end of each line, in order. The bytes are lent. */
export interface Departures {
  /** The packet leaves: it is about to be handed over. */
  left(line: LineAddress, packet: PacketRef): void;
  /** `rule` let nothing of the packet through, of whatever kind it is. */
  dropped(line: LineAddress, packet: PacketRef, rule: string): void;
}

/** What a publisher is made of. */
export interface PublisherOptions extends FeedPackets {
  readonly lines: readonly PublisherLine[];
  readonly codec: PacketCodec;
  readonly source: Source;
  readonly store: MessageStore;
  readonly schedule: Schedule;
  readonly end: FeedEnd;
  /** Where sessions are entered as they begin; the first is there. */
  readonly sessions?: Sessions | undefined;
  /** Sessions that begin while the feed goes on, in the order of their times. */
  readonly changes?: readonly SessionChange[] | undefined;
  /** Is told when one of them begins. */
  readonly began?: (change: number) => void;
  /** The phases of the schedule, by position, whose messages are due all at once. */
  readonly atOnce?: ReadonlySet<number> | undefined;
  readonly observe: Observe<PublisherEvent>;
  /** Also tell of every packet that leaves. */
  readonly observePackets: boolean;
  /** Is told of every packet that a rule touched but let through; there may be many. */
  readonly touched?: (line: string, rule: string, damaged: boolean, from: Seq, until: Seq) => void;
  /** Is told of every packet that leaves. Its bytes are lent. */
  readonly left?: ((line: string, packet: PacketRef) => void) | undefined;
  readonly departures?: Departures | undefined;
}

/** Room for so many messages that leave together; it grows. */
const DUES_MIN = 256;

/** What left on one line. */
export interface LineSent {
  readonly name: string;
  packets: number;
  messages: number;
  /** Where the last packet ended: the number after its last message. */
  last: Seq | undefined;
  /** What the system granted, in bytes, where it can be known. */
  readonly sendBuffer: number | undefined;
}

/**
 * Publishes a feed on its lines. Opened first and started later, so that everybody can be there for
 * the first packet.
 */
export class Publisher {
  /** Resolves when the feed has ended and every packet has been handed over. */
  readonly done: Promise<void>;
  /** The number of the feed's first message. */
  readonly first: Seq;
  readonly lines: readonly LineSent[];
  #world: World;
  #options: PublisherOptions;
  #outputs: readonly Output[];
  #view: PacketView;
  #feed: Feed | undefined;
  #drive: Drive | undefined;
  #start: Nanos = 0;
  #ended = false;
  #finish: () => void;
  /** When the messages were due, and of which phases, that have not been handed over yet. */
  #dues = new Float64Array(DUES_MIN);
  #duePhases = new Uint32Array(DUES_MIN);
  #duesCount = 0;
  readonly #phases: PaceMeter[] = [];

  private constructor(world: World, options: PublisherOptions, outputs: readonly Output[]) {
    this.#world = world;
    this.#options = options;
    this.#outputs = outputs;
    this.#view = createView(options.codec.messagesMax);
    this.first = options.store.next;
    this.lines = options.lines.map(({ name }, i) => ({
      name,
      packets: 0,
      messages: 0,
      last: undefined,
      sendBuffer: outputs[i]!.sender.sendBuffer,
    }));
    const { promise, resolve } = deferred();
    this.done = promise;
    this.#finish = resolve;
  }

  /** Opens a sender for each line. Fails with a UserError when one cannot be opened. */
  static async open(world: World, options: PublisherOptions): Promise<Publisher> {
    const outputs: Output[] = [];
    let publisher: Publisher | undefined;
    try {
      for (const { address, name: line } of options.lines) {
        const sender = await world.transport.publish(address, {
          drained: () => {
            if (publisher !== undefined) publisher.#flush();
          },
          failed: (reason) =>
            options.observe({ event: "send-failed", atNs: world.clock.now(), line, reason }),
        });
        outputs.push({ sender, outbox: new Outbox(sender) });
        if (sender.shortfall !== undefined) {
          const atNs = world.clock.now();
          const { shortfall: reason } = sender;
          options.observe({ event: "buffer-short", atNs, line, side: "send", reason });
        }
      }
    } catch (error) {
      await Promise.all(outputs.map(({ sender }) => sender.close()));
      throw error;
    }
    publisher = new Publisher(world, options, outputs);
    return publisher;
  }

  /** The number after the last message that a packet was made with. */
  get next(): Seq {
    return this.#options.store.next;
  }

  /** What the rules of each line did so far. */
  get counts(): readonly (readonly RuleCount[])[] {
    return this.#feed?.counts ?? this.lines.map(() => []);
  }

  /** Messages a second over the whole feed so far. NaN while that cannot be told. */
  get rateAchieved(): number {
    return PaceMeter.of(this.#phases).rate;
  }

  /** How late each message left, against its schedule. */
  get lateness(): Histogram {
    return PaceMeter.of(this.#phases).lateness;
  }

  /** How the whole of it was kept so far, and each of its phases. */
  get plainPace(): { readonly whole: PlainPace; readonly phases: readonly PlainPace[] } {
    const phases = this.#phases.map((phase) => phase.toPlain());
    return { whole: PaceMeter.of(this.#phases).toPlain(), phases };
  }

  /** How the phase at a position of the schedule was kept so far. */
  phase(index: number): PaceMeter {
    while (this.#phases.length <= index) this.#phases.push(new PaceMeter());
    return this.#phases[index]!;
  }

  /** Starts the schedule now, or at another time. */
  start(start: Nanos = this.#world.clock.now()): void {
    const { clock } = this.#world;
    const { lines } = this.#options;
    this.#start = start;
    this.#feed = new Feed(
      {
        ...this.#options,
        lines: lines.map(({ rules }) => rules),
        skews: lines.map(({ skew }) => skew),
        start,
      },
      {
        published: (_seq, dues, from, until, phase) => {
          this.#onPublished(dues, from, until, phase);
        },
        began: (change) => this.#options.began?.(change),
        send: (line, packet) => this.#send(line, packet),
        dropped: (line, packet, rule) => {
          this.#options.departures?.dropped(lines[line]!.address, packet, rule);
          // Of others nothing is lost but the packet: the rule's count tells.
          if (packet.kind !== "data") return;
          const { name } = lines[line]!;
          const { from, until } = rangeOf(packet);
          this.#observe({ event: "dropped", atNs: clock.now(), line: name, rule, from, until });
        },
        touched: (line, packet, rule, damaged) => {
          const { from, until } = rangeOf(packet);
          this.#options.touched?.(lines[line]!.name, rule, damaged, from, until);
        },
        finished: () => {
          this.#ended = true;
        },
      },
    );
    this.#drive = new Drive(this.#feed, clock, () => this.#flush());
    this.#drive.arm();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    this.#drive?.stop();
    await Promise.all(this.#outputs.map(({ sender }) => sender.close()));
  }

  #send(index: number, packet: PacketRef): void {
    const line = this.lines[index]!;
    this.#outputs[index]!.outbox.push(packet.bytes);
    line.packets++;
    line.messages += packet.count;
    line.last = packet.seq + packet.count;
    this.#options.left?.(line.name, packet);
    this.#options.departures?.left(this.#options.lines[index]!.address, packet);
    if (!this.#options.observePackets) return;
    const { from, until } = rangeOf(packet);
    const text = describe(this.#options.codec, packet.bytes, this.#view);
    const atNs = this.#world.clock.now();
    this.#observe({ event: "sent", atNs, line: line.name, from, until, text });
  }

  /** Hands over what has gathered; while some of it has to wait, the feed stands still. */
  #flush(): void {
    this.#options.store.sending?.();
    let clear = true;
    for (const { outbox } of this.#outputs) clear = outbox.flush() && clear;
    this.#feed?.hold(!clear);
    this.#recordPace();
    this.#drive?.arm();
    if (!this.#ended || !clear) return;
    this.#ended = false;
    this.#observe({ event: "feed-ended", atNs: this.#world.clock.now(), next: this.next });
    this.#finish();
  }

  #onPublished(dues: Float64Array, from: number, until: number, phase: number): void {
    const count = this.#duesCount;
    const all = count + until - from;
    if (all > this.#dues.length) {
      const [known, phases] = [this.#dues, this.#duePhases];
      this.#dues = new Float64Array(2 * all);
      this.#duePhases = new Uint32Array(2 * all);
      this.#dues.set(known);
      this.#duePhases.set(phases);
    }
    for (let i = count, drawn = from; i < all; i++, drawn++) this.#dues[i] = dues[drawn]!;
    this.#duePhases.fill(phase, count, all);
    this.#duesCount = all;
  }

  /** The clock is read once for all that were handed over together: they left in one go. */
  #recordPace(): void {
    if (this.#duesCount === 0) return;
    const atNs = this.#world.clock.now() - this.#start;
    const [dues, phases, count] = [this.#dues, this.#duePhases, this.#duesCount];
    for (let from = 0, until = 0; from < count; from = until) {
      const phase = phases[from]!;
      while (until < count && phases[until] === phase) until++;
      const atOnce = this.#options.atOnce?.has(phase) === true;
      this.phase(phase).record(dues, from, until, atNs, atOnce);
    }
    this.#duesCount = 0;
  }

  #observe(event: PublisherEvent): void {
    this.#options.observe(event);
  }
}

/** Where a line's packets gather, and where they go. */
interface Output {
  readonly sender: Sender;
  readonly outbox: Outbox;
}

function rangeOf({ seq, count }: PacketRef): { from: Seq; until: Seq } {
  return { from: seq, until: seq + count };
}

/** For people; bytes that an impairment has damaged are no packet any more. */
function describe(codec: PacketCodec, bytes: Uint8Array, view: PacketView): string {
  const fault = codec.decode(bytes, view);
  return fault === undefined ? codec.describe(view) : `(${fault})`;
}
