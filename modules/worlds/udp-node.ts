/**
 * Multicast through node:dgram: sending on Node and Deno, and on Bun where a send buffer is asked for;
 * receiving on Bun and Node.
 */
import { createSocket, type Socket } from "node:dgram";
import { setImmediate } from "node:timers";
import { invariant, UserError } from "../core/errors.ts";
import { type Endpoint, formatEndpoint, quote } from "../core/units.ts";
import { askForBuffer, type Granted } from "./buffers.ts";
import { adviceOn, cannot, joining, publishing } from "./advice.ts";
import { endpoints, receiverAddress, resolveInterface } from "./interfaces.ts";
import { kernelDrops } from "./kernel-drops.ts";
import { deno } from "./runtime.ts";
import type { Batch, LineAddress, Sender, SenderEvents, Subscription } from "./world.ts";

/** Packets that a sender has taken and the system has not; more is back-pressure. */
export const HELD_MAX = 256;

/** A sender that was full says so when it holds no more than this many, so as to refill in bulk. */
const HELD_LOW = HELD_MAX / 2;

/** Deno sends what was not awaited in reverse order, so there it is one at a time. */
const AT_ONCE_MAX = deno === undefined ? HELD_MAX : 1;

/**
 * Deno looks whether its sockets can be read once in 61 turns of its event loop, and a send that
 * succeeds takes no turn. A listener in our process would hear nothing of a feed at full speed, so
 * there a sender stands back for so many turns after so many packets.
 */
const BURST_MAX = deno === undefined ? Infinity : 64;
const REST_TURNS = 64;

/** Asked for by every receiver that is told nothing else; the system may grant less. */
export const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

/** A batch that was taken, from its packet `next` on. */
interface Taken {
  readonly bytes: Uint8Array;
  readonly ends: Int32Array;
  next: number;
}

/** Sends the packets of one line, in order. */
export class NodeSender implements Sender {
  readonly from: Endpoint;
  readonly sendBuffer: number | undefined;
  readonly shortfall: string | undefined;
  readonly #socket: Socket;
  readonly #line: LineAddress;
  readonly #events: SenderEvents;
  readonly #queue: Taken[] = [];
  #held = 0;
  #atOnce = 0;
  #burst = 0;
  #resting = false;
  #wanted = false;
  #emptied: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  private constructor(socket: Socket, line: LineAddress, granted: Granted, events: SenderEvents) {
    const { address: host, port } = socket.address();
    this.from = { host, port };
    this.sendBuffer = granted.bytes;
    this.shortfall = granted.shortfall;
    this.#socket = socket;
    this.#line = line;
    this.#events = events;
    socket.on("error", (error) => this.#failed(error));
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  static async open(line: LineAddress, events: SenderEvents): Promise<NodeSender> {
    const act = publishing(line);
    if (!(line.ttl >= 1 && line.ttl <= 255)) {
      throw new UserError(`Cannot ${act} with ttl ${line.ttl}: write one from 1 to 255`);
    }
    const socket = createSocket("udp4");
    try {
      const address = resolveInterface(line.interface);
      await bind(socket, 0, address);
      socket.setMulticastInterface(address);
      socket.setMulticastTTL(line.ttl);
      // Without it nobody on this machine would hear us.
      socket.setMulticastLoopback(true);
      const granted = askForBuffer(socket, "send", line.sendBuffer);
      return new NodeSender(socket, line, granted, events);
    } catch (error) {
      await close(socket);
      throw cannot(act, error);
    }
  }

  send({ slab, ends, count }: Batch): number {
    invariant(this.#closed === undefined, "a sender was used after it was closed");
    const taken = Math.min(count, HELD_MAX - this.#held);
    if (taken < count) this.#wanted = true;
    if (taken === 0) return 0;
    // The caller writes the next batch into the same slab. Not slice(): a Buffer's does not copy.
    const bytes = new Uint8Array(slab.subarray(0, ends[taken - 1]));
    this.#queue.push({ bytes, ends: ends.slice(0, taken), next: 0 });
    this.#held += taken;
    this.#pump();
    return taken;
  }

  close(): Promise<void> {
    this.#closed ??= this.#finish();
    return this.#closed;
  }

  async #finish(): Promise<void> {
    if (this.#held > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
    await close(this.#socket);
  }

  #pump(): void {
    const { host, port } = this.#line.group;
    while (this.#atOnce < AT_ONCE_MAX && !this.#resting) {
      const batch = this.#queue[0];
      if (batch === undefined) return;
      const start = batch.next === 0 ? 0 : batch.ends[batch.next - 1]!;
      const end = batch.ends[batch.next]!;
      batch.next++;
      if (batch.next === batch.ends.length) this.#queue.shift();
      this.#atOnce++;
      this.#socket.send(batch.bytes, start, end - start, port, host, this.#left);
      this.#burst++;
      if (this.#burst === BURST_MAX) this.#rest(REST_TURNS);
    }
  }

  #rest(turns: number): void {
    this.#resting = turns > 0;
    if (this.#resting) {
      setImmediate(() => this.#rest(turns - 1));
    } else {
      this.#burst = 0;
      this.#pump();
    }
  }

  /** One packet has left, or never will. */
  readonly #left = (error: Error | null): void => {
    this.#held--;
    this.#atOnce--;
    if (error) this.#failed(error);
    this.#pump();
    if (this.#wanted && this.#held <= HELD_LOW) {
      this.#wanted = false;
      // Not now: who sends again at once, for ever, would let nothing else in the program happen.
      setImmediate(() => {
        if (this.#closed === undefined) this.#events.drained();
      });
    }
    if (this.#held === 0) this.#emptied?.();
  };

  #failed(error: unknown): void {
    const to = quote(formatEndpoint(this.#line.group));
    this.#events.failed(`Cannot send to ${to}: ${adviceOn(error)}`);
  }
}

/** Receives the packets of one line. */
export class NodeSubscription implements Subscription {
  readonly receiveBuffer: number | undefined;
  readonly shortfall: string | undefined;
  readonly #socket: Socket;
  readonly #bound: Endpoint;
  #closed: Promise<void> | undefined;

  private constructor(
    socket: Socket,
    bound: Endpoint,
    granted: Granted,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ) {
    this.#socket = socket;
    this.#bound = bound;
    this.receiveBuffer = granted.bytes;
    this.shortfall = granted.shortfall;
    const fromOf = endpoints();
    socket.on("message", (bytes, { address, port }) => {
      // What was read from the system in one go may go on past the close.
      if (this.#closed === undefined) receive(bytes, fromOf(address, port));
    });
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  static async open(
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): Promise<NodeSubscription> {
    const { host, port } = line.group;
    // Others on this machine may listen to the same feed.
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    try {
      const address = resolveInterface(line.interface);
      const bound = { host: receiverAddress(host), port };
      await bind(socket, bound.port, bound.host);
      const granted = receiveBufferOf(socket, line.receiveBuffer);
      if (line.source === undefined) socket.addMembership(host, address);
      else socket.addSourceSpecificMembership(line.source, host, address);
      return new NodeSubscription(socket, bound, granted, receive);
    } catch (error) {
      await close(socket);
      throw cannot(joining(line), error);
    }
  }

  kernelDrops(): number | undefined {
    return kernelDrops(this.#bound);
  }

  close(): Promise<void> {
    this.#closed ??= close(this.#socket);
    return this.#closed;
  }
}

function receiveBufferOf(socket: Socket, wish: number | undefined): Granted {
  if (wish !== undefined) return askForBuffer(socket, "receive", wish);
  // Nobody wished for it, so nobody is told that it is less.
  const { bytes } = askForBuffer(socket, "receive", RECEIVE_BUFFER_BYTES);
  return { bytes, shortfall: undefined };
}

/** Binds a socket; rejects when the system refuses. */
export function bind(socket: Socket, port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ port, address }, () => {
      socket.off("error", reject);
      resolve();
    });
  });
}

/** Resolves when the socket is closed. */
export function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
