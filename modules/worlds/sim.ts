/**
 * The virtual world: nothing waits, nothing is lost that was not told to be, and the same run gives
 * the same events at the same instants every time.
 */
import { UserError } from "../core/errors.ts";
import { TimeHeap } from "../core/heap.ts";
import { type Cancel, type Clock, MICROSECOND, type Nanos } from "../core/time.ts";
import { type Endpoint, formatEndpoint } from "../core/units.ts";
import type {
  Batch,
  CloseReason,
  Connection,
  LineAddress,
  Listener,
  Sender,
  StreamHandler,
  Subscription,
  Transport,
  World,
} from "./world.ts";

/** How long a packet, or a piece of a byte stream, is under way: about what loopback takes. */
export const SIM_LATENCY: Nanos = 10 * MICROSECOND;

interface Alarm {
  run: (() => void) | undefined;
}

/** A world of its own; nodes that are to meet must share one. */
export class SimWorld implements World {
  #now: Nanos = 0;
  #alarms = new TimeHeap<Alarm>();

  readonly clock: Clock = {
    kind: "virtual",
    now: () => this.#now,
    at: (time, run) => this.#at(time, run),
  };

  readonly transport: Transport = new SimTransport(this.clock);

  async until<T>(done: Promise<T>): Promise<T> {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    done.then(settle, settle);
    for (;;) {
      // Promises that the last instant resolved run their continuations before time moves on.
      await drainMicrotasks();
      if (settled) return done;
      const due = this.#alarms.due;
      if (due === undefined) {
        throw new Error(`virtual time stands still at ${this.#now} ns: nothing is left to happen`);
      }
      this.#now = due;
      while (this.#alarms.due === due) this.#alarms.pop()!.run?.();
    }
  }

  #at(time: Nanos, run: () => void): Cancel {
    const alarm: Alarm = { run };
    this.#alarms.push(Math.max(time, this.#now), alarm);
    return () => {
      alarm.run = undefined;
    };
  }
}

/** Longer than any chain of awaits that opening or closing a node goes through. */
const MICROTASK_TURNS = 8;

async function drainMicrotasks(): Promise<void> {
  for (let turn = 0; turn < MICROTASK_TURNS; turn++) await Promise.resolve();
}

type Receive = (bytes: Uint8Array) => void;

class SimTransport implements Transport {
  #clock: Clock;
  #groups = new Map<string, Set<Receive>>();
  #listeners = new Map<string, StreamHandler>();
  #nextPort = 49152;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async publish(line: LineAddress): Promise<Sender> {
    const key = formatEndpoint(line.group);
    return {
      send: (batch) => this.#send(key, batch),
      close: () => Promise.resolve(),
    };
  }

  async subscribe(line: LineAddress, receive: Receive): Promise<Subscription> {
    const key = formatEndpoint(line.group);
    const receivers = this.#groups.get(key) ?? new Set();
    this.#groups.set(key, receivers.add(receive));
    return {
      receiveBuffer: undefined,
      kernelDrops: () => 0,
      close: async () => void receivers.delete(receive),
    };
  }

  async listen(at: Endpoint, handler: StreamHandler): Promise<Listener> {
    const key = formatEndpoint(at);
    if (this.#listeners.has(key)) {
      throw new UserError(
        `Cannot listen on ${key}: the port is taken: stop the program that has it, ` +
          `or choose another port`,
        "environment",
      );
    }
    const open = new Set<Connection>();
    this.#listeners.set(key, {
      received: (connection, bytes) => handler.received(connection, bytes),
      ended: (connection) => handler.ended(connection),
      opened(connection) {
        open.add(connection);
        handler.opened(connection);
      },
      closed(connection, reason) {
        open.delete(connection);
        handler.closed(connection, reason);
      },
    });
    return {
      close: async () => {
        this.#listeners.delete(key);
        for (const connection of open) connection.destroy();
      },
    };
  }

  connect(to: Endpoint, handler: StreamHandler): Connection {
    const port = this.#nextPort++;
    const client = new SimConnection(this.#clock, formatEndpoint(to), handler);
    this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
      if (client.gone) return;
      const listening = this.#listeners.get(client.peer);
      if (listening === undefined) {
        client.close({ kind: "refused", message: `connection refused by ${client.peer}` });
        return;
      }
      const server = new SimConnection(this.#clock, `127.0.0.1:${port}`, listening);
      client.other = server;
      server.other = client;
      listening.opened(server);
      handler.opened(client);
    });
    return client;
  }

  #send(key: string, batch: Batch): number {
    let start = 0;
    for (let i = 0; i < batch.count; i++) {
      const end = batch.ends[i]!;
      const packet = batch.slab.slice(start, end);
      start = end;
      this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
        for (const receive of this.#groups.get(key) ?? []) {
          // A copy each, wiped afterwards: who keeps lent bytes is found out at once.
          const lent = packet.slice();
          receive(lent);
          lent.fill(0xdd);
        }
      });
    }
    return batch.count;
  }
}

/** One end of a byte stream. What is written arrives at `other` one latency later, in order. */
class SimConnection implements Connection {
  readonly peer: string;
  other: SimConnection | undefined;
  /** True after `closed` was called, or will be. */
  gone = false;
  #clock: Clock;
  #handler: StreamHandler;
  #endSent = false;
  #endReceived = false;

  constructor(clock: Clock, peer: string, handler: StreamHandler) {
    this.#clock = clock;
    this.peer = peer;
    this.#handler = handler;
  }

  write(bytes: Uint8Array): void {
    if (this.gone || this.#endSent) return;
    const copy = bytes.slice();
    this.#later((other) => other.#handler.received(other, copy));
  }

  end(): void {
    if (this.gone || this.#endSent) return;
    this.#endSent = true;
    this.#later((other) => {
      other.#endReceived = true;
      other.#handler.ended(other);
      other.#closeWhenBothEnded();
    });
    this.#closeWhenBothEnded();
  }

  destroy(): void {
    if (this.gone) return;
    // After both ends have finished this is an ordinary close; before, the peer sees a reset.
    const orderly = this.#endReceived && this.#endSent;
    if (!orderly) {
      this.#later((other) => other.close({ kind: "reset", message: "connection reset by peer" }));
    }
    this.close(undefined);
  }

  /** Tells the handler, once, in an instant of its own: a sink never calls back. */
  close(reason: CloseReason | undefined): void {
    if (this.gone) return;
    this.gone = true;
    this.#clock.at(this.#clock.now(), () => this.#handler.closed(this, reason));
  }

  #closeWhenBothEnded(): void {
    if (this.#endSent && this.#endReceived) this.close(undefined);
  }

  #later(act: (other: SimConnection) => void): void {
    const other = this.other;
    if (other === undefined) return;
    this.#clock.at(this.#clock.now() + SIM_LATENCY, () => {
      if (!other.gone) act(other);
    });
  }
}
