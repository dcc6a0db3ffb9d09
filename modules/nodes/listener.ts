import { createView, type DecodeFault, type PacketView, type Protocol } from "../codecs/codec.ts";
import type { ListenerEvent, Observe } from "../core/events.ts";
import { RangeSet } from "../core/ranges.ts";
import type { Seq, SeqRange } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import { Arbiter, type ArbiterOptions, type Via } from "../protocol/arbiter.ts";
import { Follower } from "../protocol/follower.ts";
import { LineLoss } from "../protocol/line-loss.ts";
import { type Session, Sessions } from "../protocol/sessions.ts";
import { SilenceWatch } from "../protocol/silence-watch.ts";
import type { LineAddress, Subscription, World } from "../worlds/world.ts";
import { Drive } from "./drive.ts";
import { type ListenerRecovery, RecoveryLink } from "./recovery-link.ts";
import { PAUSED_BYTES_MAX, PauseQueue } from "./pause-queue.ts";
import { RestartWatch } from "./restart-watch.ts";
import { type ListenerSnapshot, SnapshotLink } from "./snapshot-link.ts";

/** Who is told of each message, in order and once. The bytes are lent. */
export type Deliver = (seq: Seq, bytes: Uint8Array, start: number, end: number, via: Via) => void;

/** What a listener is made of. */
export interface ListenerOptions {
  readonly lines: readonly { readonly name: string; readonly address: LineAddress }[];
  readonly protocol: Protocol;
  readonly arbiter: ArbiterOptions;
  /** Without it, gaps are given up as soon as they are seen. */
  readonly recovery: ListenerRecovery | undefined;
  /** Whose snapshot to begin with: what `arbiter.start: "later"` waits for. */
  readonly snapshot?: (ListenerSnapshot & SnapshotUse) | undefined;
  readonly deliver: Deliver;
  readonly observe: Observe<ListenerEvent>;
  /** Also tell of every packet that arrives and every message delivered. */
  readonly observePackets: boolean;
  /** How long a line may say nothing before that is told; without it, nobody looks. */
  readonly silence?: Nanos | undefined;
}

/** What becomes of a snapshot. */
export interface SnapshotUse {
  /** Where the feed begins: without a snapshot, everything from there is asked for. */
  readonly first: Seq;
  /**
   * Is given the messages of the snapshot that delivery begins with before anything is delivered. They
   * stand for [from, until), as the listener counts: the session's first to the one to go on with.
   */
  readonly loaded?: (messages: readonly Uint8Array[], from: Seq, until: Seq) => void;
}

/** What arrived on one line. */
export interface LineReceived {
  readonly name: string;
  packets: number;
  messages: number;
  malformed: number;
  /** Packets without messages that say which number is next. */
  heartbeats: number;
  /** Times that the line said nothing for too long. */
  silences: number;
  /** Messages that were known already. */
  duplicates: number;
  /** Messages that came after they were called missing. */
  late: number;
  /** Messages that this line has not brought, by its own numbers, whoever else has. */
  readonly lost: number;
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
  /** Packets on the group of repairs, whoever had asked for them, and those that could not be read. */
  repairPackets: number;
  repairsMalformed: number;
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
    repairPackets: 0,
    repairsMalformed: 0,
  };
  readonly lines: LineReceived[] = [];
  readonly arrivals: LineArrivals[] = [];
  /** Those of the feed, as far as this listener knows. */
  readonly sessions = new Sessions();
  /** Called when numbers were delivered or lost, or something else may have come to rest. */
  onProgress: () => void = () => {};
  #world: World;
  #options: ListenerOptions;
  #view: PacketView;
  #arbiter: Arbiter;
  #arbiterDrive: Drive;
  #client: RecoveryLink | undefined;
  #snapshot: SnapshotLink | undefined;
  #subscriptions: Subscription[] = [];
  /** By line. */
  #restarts: readonly RestartWatch[];
  #losses: readonly LineLoss[];
  #follower: Follower;
  #silence: SilenceWatch | undefined;
  #silenceDrive: Drive | undefined;
  /** A packet of a session that nobody has heard of, until another one says the same. */
  #suspect: { readonly line: number; readonly bytes: Uint8Array } | undefined;
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
    this.#losses = options.lines.map(() => new LineLoss());
    const { firstSeq } = options.protocol.packets;
    this.#follower = new Follower(this.sessions, options.lines.length, firstSeq);
    if (options.silence !== undefined) {
      this.#silence = this.#createSilenceWatch(options.silence);
      this.#silenceDrive = new Drive(this.#silence, world.clock);
      this.#silenceDrive.arm();
    }
    this.#arbiter = this.#createArbiter();
    this.#arbiterDrive = new Drive(this.#arbiter, world.clock, () => this.#after());
    if (options.recovery !== undefined) {
      this.#client = this.#createClient(options.recovery);
    }
    if (options.snapshot !== undefined) this.#snapshot = this.#createSnapshot(options.snapshot);
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
          heartbeats: 0,
          silences: 0,
          duplicates: 0,
          late: 0,
          get lost() {
            return node.#losses[index]!.lost;
          },
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
      const repairs = options.recovery?.repairs;
      if (repairs !== undefined) {
        const receive = (bytes: Uint8Array): void => node.#onRepair(bytes);
        const soon = { ...repairs, soon: true };
        node.#subscriptions.push(await world.transport.subscribe(soon, receive));
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
    if (!this.#paused.empty || !(this.#snapshot?.idle ?? true)) return false;
    return this.#arbiter.complete && (this.#client?.idle ?? true);
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

  /** The side that asks, for what it has measured; undefined without recovery. */
  get recovery(): RecoveryLink | undefined {
    return this.#client;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#arbiterDrive.stop();
    this.#client?.close();
    this.#snapshot?.close();
    this.#silenceDrive?.stop();
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
        // What recovery brings on its own connection, the client has seen.
        if (via === "line" || recovery?.repairs !== undefined)
          this.#queue.push((now) => this.#client?.onFilled(from, until, now));
      },
      lost: (from, until, reason, atNs) => {
        totals.lost += until - from;
        observe({ event: "lost", atNs, from, until, reason });
        // The client gave most of them up itself; of the others it need not ask any more.
        this.#queue.push((now) => this.#client?.onFilled(from, until, now));
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

  #createClient(recovery: ListenerRecovery): RecoveryLink {
    return new RecoveryLink(this.#world, {
      ...recovery,
      codec: this.#options.protocol.recovery,
      sessions: this.sessions,
      totals: this.totals,
      observe: this.#options.observe,
      recovered: (messages) =>
        void this.#queue.push((now) => {
          messages.take((seq, bytes, start, end) => {
            this.#arbiter.onRecovered(seq, bytes, start, end, now);
          });
        }),
      abandoned: (from, until, reason) =>
        void this.#queue.push((now) => this.#arbiter.abandon(from, until, reason, now)),
      after: () => this.#after(),
    });
  }

  #createSnapshot(options: ListenerSnapshot & SnapshotUse): SnapshotLink {
    const { observe, recovery } = this.#options;
    return new SnapshotLink(this.#world, {
      ...options,
      observe,
      judge: (session, next) => this.#judgeSnapshot(session, next),
      loaded: ({ session, next, messages, since, attempt }) =>
        void this.#queue.push((now) => {
          const seq = this.#seqOf(next);
          const tookNs = now - since;
          const count = { attempt, messages: messages.length };
          observe({ event: "snapshot-loaded", atNs: now, session, ...count, next: seq, tookNs });
          options.loaded?.(messages, this.#first(options), seq);
          this.#arbiter.goOnFrom(seq, now);
        }),
      givenUp: (reason) =>
        void this.#queue.push((now) => {
          const { oldest } = this.#arbiter;
          const first = this.#first(options);
          const asks = recovery !== undefined;
          const next = asks ? Math.min(first, oldest ?? first) : (oldest ?? first);
          observe({ event: "snapshot-given-up", atNs: now, reason, next, recovery: asks });
          this.#arbiter.goOnFrom(next, now);
        }),
      after: () => this.#after(),
    });
  }

  /** The number of the first message of the latest session. */
  #first({ first }: SnapshotUse): Seq {
    const { current } = this.sessions;
    // Of the one that was joined, nobody has said where it began.
    return current === undefined || current.ordinal === 1 ? first : current.from;
  }

  /** The listener's number for one of the latest session. */
  #seqOf(wire: Seq): Seq {
    const { current } = this.sessions;
    return current === undefined ? wire : current.from + wire - current.first;
  }

  #load(session: Session | undefined): void {
    this.#queue.push((now) => this.#snapshot?.start(session?.name ?? "", now));
  }

  /** Why a snapshot is not one to begin with. */
  #judgeSnapshot(session: string, next: Seq): string | undefined {
    const name = this.sessions.current?.name ?? "";
    if (session.trim() !== name.trim()) return `it is of session ${session.trim() || "(none)"}`;
    if (next < (this.sessions.current?.first ?? 0)) return `SEQ:${next} is none of the session's`;
    const seq = this.#seqOf(next);
    const { oldest = seq, high = seq } = this.#arbiter;
    const { jumpMax } = this.#options.arbiter;
    if (seq > high + jumpMax) return `it goes on with SEQ:${seq}, far beyond SEQ:${high}`;
    // What lies between, recovery can bring.
    if (seq >= oldest || this.#options.recovery !== undefined) return undefined;
    return `it is too old: it goes on with SEQ:${seq}, and SEQ:${oldest} is the first that came`;
  }

  #cameLate(line: number, from: Seq, until: Seq): void {
    const { late } = this.arrivals[line]!;
    late.add(from, until);
    this.lines[line]!.late = late.size;
  }

  #onDatagram(line: number, received: LineReceived, bytes: Uint8Array): void {
    if (this.#closed) return;
    const pause = this.#paused.pause;
    if (pause !== undefined) return this.#hold(line, received, bytes, pause);
    const now = this.#world.clock.now();
    received.packets++;
    this.#silence?.onPacket(line, now);
    this.#onPacket(line, received, bytes, now);
    this.#after(now);
  }

  #onPacket(line: number, received: LineReceived, bytes: Uint8Array, now: Nanos): void {
    const { packets } = this.#options.protocol;
    const view = this.#view;
    const fault = packets.decode(bytes, view);
    if (fault !== undefined) return this.#onMalformed(received, fault, bytes, now);
    const place = this.#follower.place(line, view, this.#arbiter);
    if (place.kind === "stale") return this.#onMalformed(received, "old-session", bytes, now);
    const suspect = this.#suspect;
    this.#suspect = undefined;
    if (place.kind === "suspect") {
      if (suspect !== undefined) this.#onStrange(suspect, now);
      this.#suspect = { line, bytes: bytes.slice() };
      return;
    }
    if (place.kind === "begun") {
      this.#onSession(place.session, view, now);
      // The packet that made the name known came before this one.
      if (suspect !== undefined) {
        this.#onPacket(suspect.line, this.lines[suspect.line]!, suspect.bytes, now);
        packets.decode(bytes, view);
      }
    } else if (suspect !== undefined) this.#onStrange(suspect, now);
    const text = this.#options.observePackets ? packets.describe(view) : "";
    view.seq += place.shift;
    this.#onPlaced(line, received, view, text, now);
  }

  /** A packet whose number is the feed's. */
  #onPlaced(
    line: number,
    received: LineReceived,
    view: PacketView,
    text: string,
    now: Nanos,
  ): void {
    if (view.kind === "unavailable") return this.#onUnavailable(view);
    if (view.kind === "heartbeat") received.heartbeats++;
    if (view.kind === "end-of-session") this.#silence?.onEnd();
    this.arrivals[line]!.last = view.seq + view.count;
    // What comes after delivery has stopped is of no use, whichever line brings it.
    if (this.#arbiter.stoppedAt === undefined) received.messages += view.count;
    const again = this.#restarts[line]!.onPacket(view.seq, view.count);
    if (again !== undefined && !this.#follower.catchUp(line)) {
      this.#tellRestart(received.name, again, now);
    }
    if (this.#options.observePackets) {
      this.#options.observe({
        event: "received",
        atNs: now,
        line: received.name,
        from: view.seq,
        until: view.seq + view.count,
        text,
      });
    }
    this.#line = line;
    const first = this.#arbiter.waits && this.#arbiter.oldest === undefined;
    if (first) this.#load(this.sessions.current);
    if (!this.#arbiter.onPacket(line, view, now)) {
      this.#onMalformed(received, "far-ahead", view.bytes, now);
    } else if (view.kind !== "other") {
      for (const loss of this.#losses) loss.begin(view.seq);
      this.#losses[line]!.onPacket(view.seq, view.count);
    }
  }

  /** Nobody has said the same: a damaged byte made the session's name. */
  #onStrange({ line, bytes }: { line: number; bytes: Uint8Array }, now: Nanos): void {
    this.#onMalformed(this.lines[line]!, "unknown-session", bytes, now);
  }

  #onSession({ ordinal, name, from, first }: Session, view: PacketView, atNs: Nanos): void {
    if (view.kind === "reset" && this.#arbiter.untouched && !this.#arbiter.waits)
      this.#arbiter.begin(from + view.seq - first);
    this.#silence?.onBegin(atNs);
    if (ordinal === 1) return;
    if (this.#arbiter.waits && this.#arbiter.oldest !== undefined) {
      // What is held, and whatever is being loaded, is of the session before.
      this.#arbiter.forget(from);
      this.#load(this.sessions.current);
    }
    this.#options.observe({ event: "session-began", atNs, session: name, first, from });
  }

  /** What somebody has asked for, and everybody hears: only what is missing here is of use. */
  #onRepair(bytes: Uint8Array): void {
    if (this.#closed) return;
    const view = this.#view;
    const { packets } = this.#options.protocol;
    const now = this.#world.clock.now();
    this.totals.repairPackets++;
    if (packets.decode(bytes, view) !== undefined) this.totals.repairsMalformed++;
    else if (view.kind === "data" || view.kind === "unavailable") {
      const seq = this.sessions.seqOf(view.session, view.seq);
      if (seq !== undefined) {
        view.seq = seq;
        if (view.kind === "unavailable") this.#onUnavailable(view);
        else this.#onRepaired(view, now);
      }
    }
    this.#after();
  }

  #onRepaired({ seq, count, bytes, bounds }: PacketView, now: Nanos): void {
    for (let i = 0; i < count; i++) {
      this.#arbiter.onRecovered(seq + i, bytes, bounds[2 * i]!, bounds[2 * i + 1]!, now);
    }
  }

  /** Whoever asked for these need not wait for them. */
  #onUnavailable({ seq, count }: PacketView): void {
    this.#queue.push((now) => {
      this.#arbiter.abandon(seq, seq + count, "the server says that it is unavailable", now);
    });
  }

  #createSilenceWatch(silence: Nanos): SilenceWatch {
    const { observe, lines } = this.#options;
    return new SilenceWatch(silence, lines.length, this.#world.clock.now(), {
      silent: (line, sinceNs, atNs) => {
        this.lines[line]!.silences++;
        observe({ event: "line-silent", atNs, line: lines[line]!.name, sinceNs });
      },
      back: (line, sinceNs, atNs) =>
        observe({ event: "line-back", atNs, line: lines[line]!.name, sinceNs }),
    });
  }

  #hold(line: number, received: LineReceived, bytes: Uint8Array, pause: string): void {
    const asked = this.#options.lines[line]!.address.receiveBuffer;
    const bytesMax = received.receiveBuffer ?? asked ?? PAUSED_BYTES_MAX;
    if (this.#paused.keep(line, bytes, bytesMax)) return;
    received.overflowed++;
    const view = this.#view;
    if (this.#options.protocol.packets.decode(bytes, view) !== undefined) return;
    const from = this.sessions.seqOf(view.session, view.seq) ?? view.seq;
    const until = from + view.count;
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
    fault: DecodeFault | "far-ahead" | "old-session" | "unknown-session",
    bytes: Uint8Array,
    atNs: Nanos,
  ): void {
    received.malformed++;
    const text = printable(bytes);
    this.#options.observe({ event: "malformed", atNs, line: received.name, fault, text });
  }

  /** Carries out what the machines queued, until they have nothing more to say. */
  #after(now: Nanos = this.#world.clock.now()): void {
    if (this.#closed) return;
    for (let act = this.#queue.shift(); act !== undefined; act = this.#queue.shift()) act(now);
    this.#arbiterDrive.arm();
    this.#client?.arm();
    this.#snapshot?.arm();
    this.#silenceDrive?.arm();
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
