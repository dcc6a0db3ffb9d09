import type { RecoveryCodec } from "../codecs/recovery/recovery.ts";
import type { Observe, ServerEvent } from "../core/events.ts";
import type { Seq } from "../core/seq.ts";
import type { MessageReader } from "../core/store.ts";
import { type Cancel, MICROSECOND, type Nanos, NEVER, type TimeWindow } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";
import {
  RECOVERY_LIMITS,
  type RecoveryLimits,
  RecoveryServer,
  type RequestQuota,
} from "../protocol/recovery-server.ts";
import type { Faults } from "../protocol/recovery-server/faults.ts";
import type { Sessions } from "../protocol/sessions.ts";
import type { Connection, LineAddress, Listener, StreamHandler, World } from "../worlds/world.ts";
import { Drive } from "./drive.ts";
import { RepairSender } from "./repair-sender.ts";

/** What a recovery server is made of. */
export interface RecoveryNodeOptions {
  readonly listen: Endpoint;
  readonly codec: RecoveryCodec;
  readonly store: MessageReader;
  readonly limits?: RecoveryLimits;
  /** The sessions of the feed; without them, there is one without a name. */
  readonly sessions?: Sessions | undefined;
  /** The most messages that are sent for one request, if the protocol allows as many. */
  readonly requestMax?: number | undefined;
  readonly quota?: RequestQuota | undefined;
  /** Where repairs are sent, if not in the answer. */
  readonly repairs?: LineAddress | undefined;
  /** Called before what came is read: a store that another process writes may have more by now. */
  readonly look?: (() => void) | undefined;
  /** What it does wrong; their times begin with it, unless it is told otherwise. */
  readonly faults?: Faults | undefined;
  readonly observe: Observe<ServerEvent>;
}

/** Who is told when a server goes away as planned, comes back, or cannot. */
export interface OutageEvents {
  readonly away?: () => void;
  readonly back?: () => void;
  readonly failed?: (reason: unknown) => void;
}

/** Readings of a store in one go, and messages: one that never ends must not keep others from being heard, */
const LOOK_UPS_AT_ONCE = 16;
const MESSAGES_AT_ONCE = 2048;

/** and how long those who were kept waiting get. */
const BREATH: Nanos = 10 * MICROSECOND;

/** A recovery server in a world, answering from a store. */
export class RecoveryNode {
  /** Complete requests so far. */
  requests = 0;
  refused = 0;
  /** Servers that were opened with this one: they are closed with it. */
  others: readonly RecoveryNode[] = [];
  /** Called when a request was answered or a connection has gone. */
  onProgress: () => void = () => {};
  #world: World;
  #store: MessageReader;
  #server: RecoveryServer;
  #drive: Drive;
  #codec: RecoveryCodec;
  #at: Endpoint;
  #repairs: RepairSender | undefined;
  #observe: Observe<ServerEvent>;
  #look: (() => void) | undefined;
  #listener: Listener | undefined;
  #suspended = 0;
  #planned: Cancel[] = [];
  #closed = false;
  /** What is being done about the listener, one after the other. */
  #change: Promise<void> = Promise.resolve();
  #connections = new Map<number, Connection>();
  #ids = new Map<Connection, number>();
  #nextId = 1;
  /** What the machine wants done; a sink never calls back, so it is done after the call. */
  #lookUps: { id: number; from: Seq; until: Seq }[] = [];
  /** Whether the rest of them waits for its turn. */
  #waiting = false;

  private constructor(world: World, options: RecoveryNodeOptions) {
    const { codec, limits = RECOVERY_LIMITS, observe, store } = options;
    const { sessions, requestMax, quota, faults } = options;
    this.#world = world;
    this.#store = store;
    this.#codec = codec;
    this.#at = options.listen;
    this.#observe = observe;
    this.#look = options.look;
    this.#server = new RecoveryServer(
      codec,
      limits,
      {
        lookUp: (id, from, until) => void this.#lookUps.push({ id, from, until }),
        send: (id, bytes) => this.#connections.get(id)?.write(bytes) ?? true,
        repair: (bytes) => this.#repairs?.send(bytes) ?? true,
        end: (id) => this.#connections.get(id)?.end(),
        destroy: (id) => this.#connections.get(id)?.destroy(),
        reset: (id) => this.#connections.get(id)?.reset(),
        struck: (peer, fault, atNs) => observe({ event: "fault", atNs, peer, fault }),
        request: (peer, text, atNs) => {
          this.requests++;
          observe({ event: "request", atNs, peer, text });
        },
        refused: (peer, reason, atNs) => {
          this.refused++;
          observe({ event: "refused", atNs, peer, reason });
        },
      },
      { extent: store, sessions, requestMax, quota, faults },
    );
    this.#drive = new Drive(this.#server, world.clock, () => this.#lookUp());
  }

  /** Starts to listen. Fails with a UserError when the place cannot be had. */
  static async open(world: World, options: RecoveryNodeOptions): Promise<RecoveryNode> {
    const node = new RecoveryNode(world, options);
    try {
      const { repairs } = options;
      if (repairs !== undefined) {
        node.#repairs = await RepairSender.open(world.transport, repairs, () => {
          node.#server.onRepairsDrained(world.clock.now());
          node.#after();
        });
      }
      node.#listener = await node.#listen();
    } catch (error) {
      await node.#repairs?.close();
      throw error;
    }
    return node;
  }

  /** Messages sent in answer. */
  get answered(): number {
    return this.#server.answered;
  }

  /** Clients that are connected now. */
  get connections(): number {
    return this.#server.connections;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#planned) cancel();
    this.#drive.stop();
    await this.#change;
    await this.#listener?.close();
    await this.#repairs?.close();
    await Promise.all(this.others.map((other) => other.close()));
  }

  /** The feed has ended: those who follow it are told when they have got all. */
  endOfSession(): void {
    this.#server.onEndOfSession(this.#world.clock.now());
    this.#after();
  }

  /** Goes away like a server that dies: the port is closed, and so are all connections. */
  suspend(): void {
    if (this.#suspended++ > 0 || this.#closed) return;
    this.#observe({ event: "recovery-down", atNs: this.#world.clock.now() });
    this.#change = this.#change.then(async () => {
      const listener = this.#listener;
      this.#listener = undefined;
      await listener?.close();
    });
  }

  /**
   * Answers again, from the same store, once for each `suspend` it was called. Fails with a UserError
   * when somebody else has taken the place meanwhile.
   */
  async resume(): Promise<void> {
    if (--this.#suspended > 0) return;
    const change = this.#change.then(async () => {
      if (this.#suspended > 0 || this.#closed) return;
      this.#listener = await this.#listen();
      this.#observe({ event: "recovery-up", atNs: this.#world.clock.now() });
    });
    // That it failed is told to who called; others only wait.
    this.#change = change.catch(() => {});
    await change;
  }

  /**
   * Is away from one time until another, both on the world's clock; NEVER: it does not come back.
   * `failed` when it cannot, since somebody else has taken the place.
   */
  plan({ from, until }: TimeWindow, { away, back, failed }: OutageEvents = {}): void {
    const { clock } = this.#world;
    this.#planned.push(
      clock.at(from, () => {
        away?.();
        this.suspend();
      }),
    );
    if (until >= NEVER) return;
    this.#planned.push(
      clock.at(until, () => {
        back?.();
        this.resume().catch((reason: unknown) => failed?.(reason));
      }),
    );
  }

  #listen(): Promise<Listener> {
    return this.#world.transport.listen(this.#at, this.#handler(), this.#codec.over);
  }

  #handler(): StreamHandler {
    const now = (): number => this.#world.clock.now();
    return {
      opened: (connection) => {
        const id = this.#nextId++;
        this.#ids.set(connection, id);
        this.#connections.set(id, connection);
        this.#server.onOpened(id, connection.peer, now());
        this.#after();
      },
      received: (connection, bytes) => {
        this.#look?.();
        this.#server.onBytes(this.#ids.get(connection)!, bytes, now());
        this.#after();
      },
      ended: (connection) => {
        this.#server.onEnd(this.#ids.get(connection)!, now());
        this.#after();
      },
      drained: (connection) => {
        this.#server.onDrained(this.#ids.get(connection)!, now());
        this.#after();
      },
      closed: (connection) => {
        const id = this.#ids.get(connection)!;
        this.#ids.delete(connection);
        this.#connections.delete(id);
        this.#server.onClosed(id);
        this.#after();
      },
    };
  }

  #after(): void {
    this.#lookUp();
    this.#drive.arm();
    this.onProgress();
  }

  #lookUp(): void {
    if (this.#waiting) return;
    const before = this.#server.answered;
    for (let turn = 0; this.#lookUps.length > 0; turn++) {
      const messages = this.#server.answered - before;
      if (turn === LOOK_UPS_AT_ONCE || messages >= MESSAGES_AT_ONCE) return this.#lookUpLater();
      const { id, from, until } = this.#lookUps.shift()!;
      this.#store.read({ from, until }, (seq, message) => this.#server.onMessage(id, seq, message));
      this.#server.onLookedUp(id);
    }
  }

  /** Others get their turn: who has gone would otherwise be read for without end. */
  #lookUpLater(): void {
    if (this.#waiting || this.#closed) return;
    this.#waiting = true;
    const { clock } = this.#world;
    clock.at(clock.now() + BREATH, () => {
      this.#waiting = false;
      if (!this.#closed) this.#after();
    });
  }
}
