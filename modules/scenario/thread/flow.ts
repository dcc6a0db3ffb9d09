/**
 * Keeps a publisher in one thread from running away from a listener in another: where both share a thread,
 * they take turns, and a slow machine is late but loses nothing. Here the publisher waits while more packets
 * are on their way than the listener's receive buffer is sure to hold.
 */
import { MICROSECOND, MILLISECOND, type Nanos } from "../../core/time.ts";
import { formatEndpoint } from "../../core/units.ts";
import type {
  Batch,
  LineAddress,
  Sender,
  SenderEvents,
  Transport,
  World,
} from "../../worlds/world.ts";

/** What a packet takes of a receive buffer at most, as systems count, and with as much again to spare. */
const PACKET_BYTES = 8192;

/** Packets that are let go whatever the buffer is, and where its size is not known. */
const PACKETS_MIN = 64;

/** How often a publisher that waits looks again. */
const LOOK_INTERVAL: Nanos = 20 * MICROSECOND;

/** When nothing has come for so long, what is missing is taken for lost. */
const LOST_AFTER: Nanos = 500 * MILLISECOND;

/** Of each line: packets that may be on their way, 0 while nobody listens, and those received. */
const WORDS = 2;

/** Shared memory for the flow on so many lines. */
export function createFlow(lines: number): SharedArrayBuffer {
  return new SharedArrayBuffer(WORDS * lines * Int32Array.BYTES_PER_ELEMENT);
}

/** The world for the listener of these lines: what it receives is counted. */
export function listeningWorld(
  world: World,
  flow: SharedArrayBuffer,
  lines: readonly Pick<LineAddress, "group">[],
): World {
  const words = new Int32Array(flow);
  const { transport } = world;
  return withTransport(world, {
    subscribe: async (line, receive) => {
      const at = WORDS * indexOf(line, lines);
      if (at < 0) return transport.subscribe(line, receive);
      let received = 0;
      const subscription = await transport.subscribe(line, (bytes, from) => {
        receive(bytes, from);
        Atomics.store(words, at + 1, (received = (received + 1) | 0));
      });
      const { receiveBuffer = 0 } = subscription;
      Atomics.store(words, at, Math.max(PACKETS_MIN, Math.floor(receiveBuffer / PACKET_BYTES)));
      return {
        receiveBuffer: subscription.receiveBuffer,
        shortfall: subscription.shortfall,
        kernelDrops: () => subscription.kernelDrops(),
        close: () => {
          Atomics.store(words, at, 0);
          return subscription.close();
        },
      };
    },
  });
}

/** The world for the publisher of these lines: it waits for whoever listens. */
export function publishingWorld(
  world: World,
  flow: SharedArrayBuffer,
  lines: readonly Pick<LineAddress, "group">[],
): World {
  const words = new Int32Array(flow);
  return withTransport(world, {
    publish: async (line, events) => {
      const inner = await world.transport.publish(line, events);
      const at = WORDS * indexOf(line, lines);
      return at < 0
        ? inner
        : new WaitingSender(world, inner, events, words.subarray(at, at + WORDS));
    },
  });
}

/** Sends no more than the listener has room for. */
class WaitingSender implements Sender {
  #world: World;
  #inner: Sender;
  #events: SenderEvents;
  #words: Int32Array;
  /** Packets since somebody listens, as he counts them. */
  #sent = 0;
  #heard = false;
  #waiting = false;
  #closed = false;

  constructor(world: World, inner: Sender, events: SenderEvents, words: Int32Array) {
    this.#world = world;
    this.#inner = inner;
    this.#events = events;
    this.#words = words;
  }

  get from(): Sender["from"] {
    return this.#inner.from;
  }

  get sendBuffer(): number | undefined {
    return this.#inner.sendBuffer;
  }

  get shortfall(): string | undefined {
    return this.#inner.shortfall;
  }

  send(batch: Batch): number {
    const room = this.#room();
    if (room >= batch.count) return this.#pass(batch);
    // The listener's turn: we look after it.
    const taken = room <= 0 ? 0 : this.#pass({ ...batch, count: room });
    if (taken === Math.max(0, room)) this.#wait();
    return taken;
  }

  close(): Promise<void> {
    this.#closed = true;
    return this.#inner.close();
  }

  #pass(batch: Batch): number {
    const taken = this.#inner.send(batch);
    this.#sent = (this.#sent + taken) | 0;
    return taken;
  }

  #room(): number {
    const window = Atomics.load(this.#words, 0);
    const received = Atomics.load(this.#words, 1);
    if (window === 0 || !this.#heard) this.#sent = received;
    this.#heard = window > 0;
    return this.#heard ? window - ((this.#sent - received) | 0) : Infinity;
  }

  #wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    const { clock } = this.#world;
    let received = Atomics.load(this.#words, 1);
    let since = clock.now();
    const look = (): void => {
      if (this.#closed) return;
      const now = clock.now();
      const latest = Atomics.load(this.#words, 1);
      if (latest !== received) {
        received = latest;
        since = now;
      } else if (now - since >= LOST_AFTER) this.#sent = received;
      // In bulk: not for one packet at a time.
      if (2 * this.#room() < Atomics.load(this.#words, 0)) {
        clock.at(now + LOOK_INTERVAL, look);
        return;
      }
      this.#waiting = false;
      this.#events.drained();
    };
    clock.at(since + LOOK_INTERVAL, look);
  }
}

function indexOf(line: LineAddress, lines: readonly Pick<LineAddress, "group">[]): number {
  const place = formatEndpoint(line.group);
  return lines.findIndex(({ group }) => formatEndpoint(group) === place);
}

function withTransport(world: World, own: Partial<Transport>): World {
  const { clock, transport, threads } = world;
  const path = transport.path?.bind(transport);
  return {
    clock,
    threads,
    until: (done) => world.until(done),
    transport: {
      ...(path && { path }),
      publish: (line, events) => transport.publish(line, events),
      subscribe: (line, receive) => transport.subscribe(line, receive),
      listen: (at, handler, over) => transport.listen(at, handler, over),
      connect: (to, handler, over) => transport.connect(to, handler, over),
      ...own,
    },
  };
}
