/**
 * The virtual world: nothing waits, nothing is lost that was not told to be, and the same run gives
 * the same events at the same instants every time. It has every interface that is asked for.
 */
import { setImmediate } from "node:timers";
import { Scratch } from "../core/bytes.ts";
import { invariant } from "../core/errors.ts";
import { TimeHeap } from "../core/heap.ts";
import { type Cancel, type Clock, type Nanos, NEVER } from "../core/time.ts";
import { addressOf, type Endpoint, formatEndpoint } from "../core/units.ts";
import { cannot } from "./advice.ts";
import { SIM_LATENCY, SimConnection, SimExchange } from "./sim-connection.ts";
import {
  type Batch,
  type Connection,
  DATAGRAMS_PENDING_MAX,
  type LineAddress,
  type Listener,
  type Over,
  type Sender,
  type StreamHandler,
  type Subscription,
  type Transport,
  type World,
} from "./world.ts";

export { SIM_LATENCY } from "./sim-connection.ts";

/** Every virtual run begins then, so that all of them send the same bytes: a trading day's open. */
export const SIM_EPOCH_MS: number = Date.UTC(2025, 0, 2, 14, 30);

/** Whoever is in this world has this address. */
const HOST = "127.0.0.1";

/** What an IPv4 datagram can carry. */
const DATAGRAM_BYTES_MAX = 65_507;

interface Alarm {
  run: (() => void) | undefined;
}

/** A world of its own; nodes that are to meet must share one. */
export class SimWorld implements World {
  #now: Nanos = 0;
  #alarms = new TimeHeap<Alarm>();
  /** How to tell each of those in `until` that it waits in vain. */
  #waiting = new Set<(error: unknown) => void>();
  #pumping = false;
  #stirred = false;

  readonly clock: Clock = {
    kind: "virtual",
    epochMs: SIM_EPOCH_MS,
    now: () => this.#now,
    at: (time, run) => this.#at(time, run),
  };

  readonly transport: Transport = new SimTransport(this.clock, () => {
    this.#stirred = true;
  });

  until<T>(done: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#stirred = true;
      done.then(
        (value) => {
          this.#stirred = true;
          this.#waiting.delete(reject);
          resolve(value);
        },
        (error: unknown) => {
          this.#waiting.delete(reject);
          reject(error);
        },
      );
      void this.#pump();
    });
  }

  /** Time is one, however many wait: the first of them moves it, for all. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      for (let instant = 1; ; instant++) {
        // Virtual time would let nothing real happen: no Ctrl-C, and no line on its way to a pipe.
        if (instant % INSTANTS_AT_ONCE === 0) await turnOfTheLoop();
        // Nearly every instant stirs nobody, and a promise for each would be felt.
        for (let turn = 0; turn < MICROTASK_TURNS; turn++) await RESOLVED;
        if (this.#stirred) await this.#rest();
        if (this.#waiting.size === 0) break;
        const due = this.#alarms.due;
        if (due === undefined) {
          throw new Error(
            `virtual time stands still at ${this.#now} ns: nothing is left to happen`,
          );
        }
        this.#now = due;
        while (this.#alarms.due === due) this.#alarms.pop()!.run?.();
      }
    } catch (error) {
      for (const reject of this.#waiting) reject(error);
      this.#waiting.clear();
    }
    this.#pumping = false;
  }

  /**
   * Lets promises that the last instant resolved run their continuations before time moves on. When
   * these deal with the world there may be more, in a chain of any length: those get a whole turn of
   * the loop, which costs too much to be spent on every packet.
   */
  async #rest(): Promise<void> {
    while (this.#stirred) {
      this.#stirred = false;
      await turnOfTheLoop();
      for (let turn = 0; turn < MICROTASK_TURNS; turn++) await RESOLVED;
    }
  }

  #at(time: Nanos, run: () => void): Cancel {
    if (time === NEVER) return () => {};
    const alarm: Alarm = { run };
    this.#alarms.push(Math.max(time, this.#now), alarm);
    return () => {
      alarm.run = undefined;
    };
  }
}

/** A few milliseconds of real time. */
const INSTANTS_AT_ONCE = 1000;

const RESOLVED = Promise.resolve();

/** Longer than the way from an instant to whatever it opens, closes or waits for in this world. */
const MICROTASK_TURNS = 9;

function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => resolve()));
}

type Receive = (bytes: Uint8Array, from?: Endpoint) => void;

/** A line that is listened to. */
interface Receiver {
  readonly receive: Receive;
  /** The only sender that it hears. */
  readonly source: string | undefined;
}

interface Listening {
  readonly handler: StreamHandler;
  readonly connections: Set<SimConnection | SimExchange>;
}

class SimTransport implements Transport {
  /** To be called when somebody awaits us. */
  #stir: () => void;
  #clock: Clock;
  #groups = new Map<string, Set<Receiver>>();
  #listeners = new Map<string, Listening>();
  #nextPort = 49152;
  #nextSenderPort = 40_000;
  #lent = new Scratch(DATAGRAM_BYTES_MAX);

  constructor(clock: Clock, stir: () => void) {
    this.#clock = clock;
    this.#stir = stir;
  }

  async publish(line: LineAddress): Promise<Sender> {
    this.#stir();
    const key = formatEndpoint(line.group);
    // Which address another interface has only a real machine knows: its packets are for all.
    const host = addressOf(line.interface);
    const from = { host: host ?? HOST, port: this.#nextSenderPort++ };
    let closed = false;
    return {
      from,
      sendBuffer: undefined,
      shortfall: undefined,
      send: (batch) => {
        invariant(!closed, "a sender was used after it was closed");
        return this.#send(key, host, from, batch);
      },
      close: async () => {
        closed = true;
      },
    };
  }

  async subscribe(line: LineAddress, receive: Receive): Promise<Subscription> {
    this.#stir();
    const key = formatEndpoint(line.group);
    const receivers = this.#groups.get(key) ?? new Set();
    // One of its own: somebody may subscribe twice with the same function.
    const receiver: Receiver = { receive, source: line.source };
    this.#groups.set(key, receivers.add(receiver));
    return {
      receiveBuffer: undefined,
      shortfall: undefined,
      kernelDrops: () => 0,
      close: async () => void receivers.delete(receiver),
    };
  }

  async listen(at: Endpoint, handler: StreamHandler, over: Over = "stream"): Promise<Listener> {
    this.#stir();
    const key = keyOf(at, over);
    if (this.#listeners.has(key)) {
      throw cannot(`listen on ${formatEndpoint(at)}`, undefined, "EADDRINUSE");
    }
    const listening: Listening = { handler, connections: new Set() };
    this.#listeners.set(key, listening);
    let closed: Promise<unknown> | undefined;
    const finish = (): Promise<unknown> => {
      this.#stir();
      this.#listeners.delete(key);
      const connections = [...listening.connections];
      for (const connection of connections) connection.destroy();
      return Promise.all(connections.map(({ closed }) => closed));
    };
    return {
      close: async () => void (await (closed ??= finish())),
    };
  }

  connect(to: Endpoint, handler: StreamHandler, over: Over = "stream"): Connection {
    const port = this.#nextPort++;
    if (over === "datagram") return this.#exchange(to, handler, port);
    const client = new SimConnection(this.#clock, formatEndpoint(to), handler);
    this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
      if (client.gone) return;
      const listening = this.#listeners.get(keyOf(to, "stream"));
      if (listening === undefined) {
        const { message } = cannot(`connect to ${client.peer}`, undefined, "ECONNREFUSED");
        client.close({ kind: "refused", message });
        return;
      }
      const { connections } = listening;
      const local = { host: HOST, port };
      const server = new SimConnection(this.#clock, formatEndpoint(local), listening.handler);
      client.ends = { local, remote: to };
      server.ends = { local: to, remote: local };
      connections.add(server);
      void server.closed.then(() => connections.delete(server));
      server.meet(client);
      client.meet(server);
      listening.handler.opened(server);
      handler.opened(client);
    });
    return client;
  }

  #exchange(to: Endpoint, handler: StreamHandler, port: number): Connection {
    const local = { host: HOST, port };
    const client = new SimExchange(this.#clock, formatEndpoint(to), handler, (bytes) => {
      if (client.gone) return;
      const listening = this.#listeners.get(keyOf(to, "datagram"));
      if (listening === undefined) return client.refuse();
      const { connections } = listening;
      if (connections.size >= DATAGRAMS_PENDING_MAX) return;
      const server = new SimExchange(
        this.#clock,
        formatEndpoint(local),
        listening.handler,
        (answer) => client.receive(answer),
      );
      server.ends = { local: to, remote: local };
      connections.add(server);
      void server.closed.then(() => connections.delete(server));
      server.open(true);
      server.receive(bytes);
    });
    client.ends = { local, remote: to };
    this.#clock.at(this.#clock.now(), () => client.open(false));
    return client;
  }

  #send(key: string, host: string | undefined, from: Endpoint, batch: Batch): number {
    const { count } = batch;
    if (count === 0) return 0;
    const ends = Array.from({ length: count }, (_, i) => batch.ends[i]!);
    const bytes = batch.slab.slice(0, ends.at(-1));
    this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
      let start = 0;
      for (const end of ends) {
        this.#bring(key, host, from, bytes.subarray(start, end));
        start = end;
      }
    });
    return count;
  }

  /** A packet arrives wherever its group is heard. */
  #bring(key: string, host: string | undefined, from: Endpoint, packet: Uint8Array): void {
    for (const { receive, source } of this.#groups.get(key) ?? []) {
      if (source !== undefined && host !== undefined && source !== host) continue;
      // A copy each, wiped afterwards: who keeps lent bytes is found out at once.
      const lent = this.#lent.start(packet.length);
      lent.set(packet);
      receive(lent, from);
      lent.fill(0xdd);
    }
  }
}

/** Byte streams and datagrams have ports of their own. */
function keyOf(at: Endpoint, over: Over): string {
  return `${over} ${formatEndpoint(at)}`;
}
