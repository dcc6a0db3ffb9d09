import { createView, type DecodeFault, type PacketView, type Protocol } from "../codecs/codec.ts";
import type { ListenerEvent, Observe } from "../core/events.ts";
import { invariant } from "../core/errors.ts";
import { RangeSet } from "../core/ranges.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import { Arbiter, type ArbiterOptions, type Via } from "../protocol/arbiter.ts";
import { RecoveryClient, type RecoveryPolicy } from "../protocol/recovery-client.ts";
import type {
  Connection,
  LineAddress,
  StreamHandler,
  Subscription,
  World,
} from "../worlds/world.ts";
import { Drive } from "./drive.ts";
import { PAUSED_BYTES_MAX, PauseQueue } from "./pause-queue.ts";
import { RestartWatch } from "./restart-watch.ts";

/** Who is told of each message, in order and once. The bytes are lent. */
export type Deliver = (seq: Seq, bytes: Uint8Array, start: number, end: number, via: Via) => void;

/** Where and how lost messages are asked for. */
export interface ListenerRecovery {
  readonly server: Endpoint;
  readonly policy: RecoveryPolicy;
}

/** What a listener is made of. */
export interface ListenerOptions {
  readonly lines: readonly { readonly name: string; readonly address: LineAddress }[];
  readonly protocol: Protocol;
  readonly arbiter: ArbiterOptions;
  /** Without it, gaps are given up as soon as they are seen. */
  readonly recovery: ListenerRecovery | undefined;
  readonly deliver: Deliver;
  readonly observe: Observe<ListenerEvent>;
  /** Also tell of every packet that arrives and every message delivered. */
  readonly observePackets: boolean;
}

/** What arrived on one line. */
export interface LineReceived {
  readonly name: string;
  packets: number;
  messages: number;
  malformed: number;
  /** Messages that were known already. */
  duplicates: number;
  /** Messages that came after they were called missing. */
  late: number;
  /** What the system granted, in bytes, where it can be known. */
  receiveBuffer: number | undefined;
  /** Packets that were lost while the listener was paused, for want of room. */
  overflowed: number;
  /** Packets that the system dropped before they were read, where it can tell. */
  readonly kernelDrops: number | undefined;
}

/** Which numbers arrived on one line, for whoever judges the listener. */
export interface LineArrivals {
  /** Where the last packet that could be read ended: the number after its last message. */
  last: Seq | undefined;
  /** Those that came after they were called missing, whoever else had brought them by then. */
  readonly late: RangeSet;
}

/** Totals of a listener. */
export interface ListenerTotals {
  delivered: number;
  gaps: number;
  /** Messages that were in gaps. */
  missing: number;
  filledByLine: number;
  filledByRecovery: number;
  lost: number;
  requests: number;
  retries: number;
  /** Bytes that recovery servers sent. */
  recoveryBytes: number;
  /** Times that the recovery server could not be reached. */
  unreachable: number;
}

/** Follows a feed: a subscription for each line, the arbiter, and a recovery client. */
export class ListenerNode {
  readonly totals: ListenerTotals = {
    delivered: 0,
    gaps: 0,
    missing: 0,
    filledByLine: 0,
    filledByRecovery: 0,
    lost: 0,
    requests: 0,
    retries: 0,
    recoveryBytes: 0,
    unreachable: 0,
  };
  readonly lines: LineReceived[] = [];
  readonly arrivals: LineArrivals[] = [];
  /** Called when numbers were delivered or lost, or something else may have come to rest. */
  onProgress: () => void = () => {};
  #world: World;
  #options: ListenerOptions;
  #view: PacketView;
  #arbiter: Arbiter;
  #arbiterDrive: Drive;
  #client: RecoveryClient | undefined;
  #clientDrive: Drive | undefined;
  #subscriptions: Subscription[] = [];
  /** By line. */
  #restarts: readonly RestartWatch[];
  #connections = new Map<number, Connection>();
  /** What the machines want of each other; a sink never calls back, so it is done after the call. */
  #queue: ((now: Nanos) => void)[] = [];
  /** The line whose packet is being handled. */
  #line = 0;
  /** Every number that was ever called missing. */
  #called = new RangeSet();
  #paused = new PauseQueue();
  #closed = false;

  private constructor(world: World, options: ListenerOptions) {
    this.#world = world;
    this.#options = options;
    this.#view = createView(options.protocol.packets.messagesMax);
    this.#restarts = options.lines.map(() => new RestartWatch());
    this.#arbiter = this.#createArbiter();
    this.#arbiterDrive = new Drive(this.#arbiter, world.clock, () => this.#after());
    if (options.recovery !== undefined) {
      this.#client = this.#createClient(options.recovery);
      this.#clientDrive = new Drive(this.#client, world.clock, () => this.#after());
    }
  }

  /** Joins every line. Fails with a UserError when one cannot be joined. */
  static async open(world: World, options: ListenerOptions): Promise<ListenerNode> {
    const node = new ListenerNode(world, options);
    try {
      for (const [index, { name, address }] of options.lines.entries()) {
        const received: LineReceived = {
          name,
          packets: 0,
          messages: 0,
          malformed: 0,
          duplicates: 0,
          late: 0,
          overflowed: 0,
          receiveBuffer: undefined,
          get kernelDrops() {
            return node.#subscriptions[index]?.kernelDrops();
          },
        };
        node.lines.push(received);
        node.arrivals.push({ last: undefined, late: new RangeSet() });
        const subscription = await world.transport.subscribe(address, (bytes) => {
          node.#onDatagram(index, received, bytes);
        });
        node.#subscriptions.push(subscription);
        received.receiveBuffer = subscription.receiveBuffer;
        const { shortfall: reason } = subscription;
        if (reason !== undefined) {
          const atNs = world.clock.now();
          options.observe({ event: "buffer-short", atNs, line: name, side: "receive", reason });
        }
      }
    } catch (error) {
      await node.close();
      throw error;
    }
    return node;
  }

  /** The next number to be delivered, or undefined before the first packet. */
  get next(): Seq | undefined {
    return this.#arbiter.next;
  }

  /** Where delivery stopped for good, if it did. */
  get stoppedAt(): Seq | undefined {
    return this.#arbiter.stoppedAt;
  }

  /** Whether everything known to exist was delivered or given up, and nothing is being asked for. */
  get settled(): boolean {
    return this.#paused.empty && this.#arbiter.complete && (this.#client?.idle ?? true);
  }

  /** Handles no packet until `resume(name)`: what arrives waits, as far as the buffers reach. */
  pause(name: string): void {
    this.#paused.begin(name);
    const atNs = this.#world.clock.now();
    this.#options.observe({ event: "listener-paused", atNs, pause: name });
  }

  /** Ends a pause. What waits is handled now, unless another pause goes on. */
  resume(name: string): void {
    if (this.#closed || !this.#paused.end(name)) return;
    const atNs = this.#world.clock.now();
    this.#options.observe({ event: "listener-resumed", atNs, pause: name });
    for (const { line, bytes } of this.#paused.take()) {
      this.#onDatagram(line, this.lines[line]!, bytes);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#arbiterDrive.stop();
    this.#clientDrive?.stop();
    for (const connection of this.#connections.values()) connection.destroy();
    await Promise.all(this.#subscriptions.map((subscription) => subscription.close()));
  }

  #createArbiter(): Arbiter {
    const { totals } = this;
    const { observe, observePackets, deliver, recovery } = this.#options;
    return new Arbiter(this.#options.arbiter, {
      deliver: (seq, bytes, start, end, via, atNs) => {
        totals.delivered++;
        deliver(seq, bytes, start, end, via);
        if (observePackets) observe({ event: "delivered", atNs, from: seq, until: seq + 1, via });
      },
      gap: (from, until, atNs) => {
        totals.gaps++;
        totals.missing += until - from;
        this.#called.add(from, until);
        observe({ event: "gap", atNs, from, until, recovery: recovery !== undefined });
        this.#queue.push((now) =>
          this.#client === undefined
            ? this.#arbiter.abandon(from, until, "there is no recovery server", now)
            : this.#client.onGap(from, until, now),
        );
      },
      filled: (from, until, via, atNs) => {
        if (via === "line") {
          totals.filledByLine += until - from;
          this.#cameLate(this.#line, from, until);
        } else totals.filledByRecovery += until - from;
        observe({ event: "filled", atNs, from, until, via });
        if (via === "line") this.#queue.push(() => this.#client?.onFilled(from, until));
      },
      lost: (from, until, reason, atNs) => {
        totals.lost += until - from;
        observe({ event: "lost", atNs, from, until, reason });
        // The client gave most of them up itself; of the others it need not ask any more.
        this.#queue.push(() => this.#client?.onFilled(from, until));
      },
      duplicate: (line, from, until, atNs) => {
        const received = this.lines[line]!;
        received.duplicates += until - from;
        for (const part of this.#called.within(from, until)) {
          this.#cameLate(line, part.from, part.until);
        }
        observe({ event: "duplicate", atNs, line: received.name, from, until });
      },
    });
  }

  #createClient({ server, policy }: ListenerRecovery): RecoveryClient {
    const codec = this.#options.protocol.recovery;
    const { observe } = this.#options;
    return new RecoveryClient(codec, policy, {
      connect: (id) => {
        const connection = this.#world.transport.connect(server, this.#clientHandler(id));
        this.#connections.set(id, connection);
      },
      send: (id, request) => {
        const connection = this.#connections.get(id);
        connection?.write(request);
        // The request has no terminator; that nothing follows it is what makes it whole.
        connection?.end();
      },
      close: (id) => {
        this.#connections.get(id)?.destroy();
        this.#connections.delete(id);
      },
      asking: (from, until, attempt, atNs) =>
        observe({ event: "asking", atNs, from, until, attempt }),
      requested: (from, until, attempt, atNs) => {
        this.totals.requests++;
        if (attempt > 1) this.totals.retries++;
        const text = codec.describeRequest({ session: "", from, until });
        observe({ event: "requested", atNs, from, until, attempt, text });
      },
      recovered: (seq, bytes, start, end, atNs) => {
        const text = codec.describeAnswer("", seq);
        observe({ event: "recovered", atNs, from: seq, until: seq + 1, text });
        // The bytes are lent, and the arbiter must not be called from here.
        const message = bytes.slice(start, end);
        this.#queue.push((now) => {
          this.#arbiter.onRecovered(seq, message, 0, message.length, now);
        });
      },
      unreachable: (reason, atNs) => {
        this.totals.unreachable++;
        observe({ event: "recovery-unreachable", atNs, reason });
      },
      failed: (from, until, reason, atNs) =>
        observe({ event: "recovery-failed", atNs, from, until, reason }),
      abandoned: (from, until, reason) =>
        void this.#queue.push((now) => this.#arbiter.abandon(from, until, reason, now)),
    });
  }

  #clientHandler(id: number): StreamHandler {
    const client = this.#client;
    invariant(client !== undefined, "a recovery connection without a recovery client");
    const now = (): Nanos => this.#world.clock.now();
    // What ends because we end is nobody's failure.
    const whileOpen = (act: () => void): void => {
      if (this.#closed) return;
      act();
      this.#after();
    };
    return {
      opened: () => whileOpen(() => client.onConnected(id, now())),
      received: (_connection, bytes) =>
        whileOpen(() => {
          this.totals.recoveryBytes += bytes.length;
          client.onBytes(id, bytes, now());
        }),
      ended: () => whileOpen(() => client.onEnd(id, now())),
      closed: (_connection, reason) =>
        whileOpen(() => {
          client.onClosed(id, reason?.message, now());
          this.#connections.delete(id);
        }),
    };
  }

  #cameLate(line: number, from: Seq, until: Seq): void {
    const { late } = this.arrivals[line]!;
    late.add(from, until);
    this.lines[line]!.late = late.size;
  }

  #onDatagram(line: number, received: LineReceived, bytes: Uint8Array): void {
    if (this.#closed) return;
    if (this.#paused.pause !== undefined)
      return this.#hold(line, received, bytes, this.#paused.pause);
    const { packets } = this.#options.protocol;
    const now = this.#world.clock.now();
    const view = this.#view;
    received.packets++;
    const fault = packets.decode(bytes, view);
    if (fault !== undefined) {
      this.#onMalformed(received, fault, bytes, now);
      this.#after();
      return;
    }
    this.arrivals[line]!.last = view.seq + view.count;
    // What comes after delivery has stopped is of no use, whichever line brings it.
    if (this.#arbiter.stoppedAt === undefined) received.messages += view.count;
    const again = this.#restarts[line]!.onPacket(view.seq, view.count);
    if (again !== undefined) this.#tellRestart(received.name, again, now);
    if (this.#options.observePackets) {
      this.#options.observe({
        event: "received",
        atNs: now,
        line: received.name,
        from: view.seq,
        until: view.seq + view.count,
        text: packets.describe(view),
      });
    }
    this.#line = line;
    if (!this.#arbiter.onPacket(line, view, now)) {
      this.#onMalformed(received, "far-ahead", bytes, now);
    }
    this.#after();
  }

  #hold(line: number, received: LineReceived, bytes: Uint8Array, pause: string): void {
    const asked = this.#options.lines[line]!.address.receiveBuffer;
    const bytesMax = received.receiveBuffer ?? asked ?? PAUSED_BYTES_MAX;
    if (this.#paused.keep(line, bytes, bytesMax)) return;
    received.overflowed++;
    const view = this.#view;
    if (this.#options.protocol.packets.decode(bytes, view) !== undefined) return;
    const [from, until] = [view.seq, view.seq + view.count];
    const atNs = this.#world.clock.now();
    if (until > from) {
      this.#options.observe({ event: "overflowed", atNs, line: received.name, pause, from, until });
    }
  }

  #tellRestart(line: string, { from, until }: SeqRange, atNs: Nanos): void {
    const next = this.#arbiter.next ?? until;
    this.#options.observe({ event: "began-again", atNs, line, from, until, next });
  }

  #onMalformed(
    received: LineReceived,
    fault: DecodeFault | "far-ahead",
    bytes: Uint8Array,
    atNs: Nanos,
  ): void {
    received.malformed++;
    const text = printable(bytes);
    this.#options.observe({ event: "malformed", atNs, line: received.name, fault, text });
  }

  /** Carries out what the machines queued, until they have nothing more to say. */
  #after(): void {
    if (this.#closed) return;
    const now = this.#world.clock.now();
    for (let act = this.#queue.shift(); act !== undefined; act = this.#queue.shift()) act(now);
    this.#arbiterDrive.arm();
    this.#clientDrive?.arm();
    this.onProgress();
  }
}

const SHOWN_MAX = 48;

/** The start of a datagram that could not be read, for people. */
function printable(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, SHOWN_MAX)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".";
  }
  return bytes.length > SHOWN_MAX ? `${text}...` : text;
}
