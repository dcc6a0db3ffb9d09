/** Sending multicast through Bun's own datagrams: many packets to a call, where node:dgram sends one. */
import { createSocket } from "node:dgram";
import { clearTimeout, setImmediate, setTimeout } from "node:timers";
import { invariant, UserError } from "../core/errors.ts";
import { type Endpoint, formatEndpoint, quote } from "../core/units.ts";
import { adviceOn, cannot, codeOf, publishing } from "./advice.ts";
import { askForBuffer } from "./buffers.ts";
import { resolveInterface } from "./interfaces.ts";
import type { BunDatagramSocket, UdpSocket } from "./runtime.ts";
import { bind, close } from "./udp-node.ts";
import type { Batch, LineAddress, Sender, SenderEvents } from "./world.ts";

/**
 * Packets that leave in one turn of the event loop; more are back-pressure. Without it a listener in
 * our process would get no turn before its buffer is full.
 */
export const TURN_MAX = 256;

/**
 * Packets of one call. Bun makes one system call of up to 204; of what stops a longer one on the way
 * it tells less.
 */
const CALL_MAX = 128;

/** How long to wait when there is no room, in milliseconds, for Bun does not always say when there is. */
const FULL_MS = 1;

/** How systems say that there is no room now. Bun throws all but EAGAIN. */
const NO_ROOM: ReadonlySet<string> = new Set(["EAGAIN", "EINTR", "ENOBUFS", "ENOMEM"]);

/**
 * Sends the packets of one line, in order, and keeps none of them. Bun's datagrams cannot be asked for
 * a send buffer, so a line with a wish for one is for NodeSender.
 */
export class BunSender implements Sender {
  readonly from: Endpoint;
  readonly sendBuffer: number | undefined;
  /** Nothing was asked for. */
  readonly shortfall = undefined;
  readonly #socket: BunDatagramSocket;
  readonly #to: string;
  readonly #events: SenderEvents;
  /** The packets of a call. One array for all calls. */
  readonly #packets: Uint8Array[] = [];
  #sentInTurn = 0;
  #turnEnds = false;
  #wanted = false;
  /** Runs while there is no room. */
  #full: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  private constructor(
    socket: BunDatagramSocket,
    sendBuffer: number | undefined,
    line: LineAddress,
    events: SenderEvents,
  ) {
    this.from = { host: socket.hostname, port: socket.port };
    this.sendBuffer = sendBuffer;
    this.#socket = socket;
    this.#to = quote(formatEndpoint(line.group));
    this.#events = events;
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  static async open(
    udpSocket: UdpSocket,
    line: LineAddress,
    events: SenderEvents,
  ): Promise<BunSender> {
    const act = publishing(line);
    if (!(line.ttl >= 1 && line.ttl <= 255)) {
      throw new UserError(`Cannot ${act} with ttl ${line.ttl}: write one from 1 to 255`);
    }
    let socket: BunDatagramSocket | undefined;
    let sender: BunSender | undefined;
    try {
      const hostname = resolveInterface(line.interface);
      const sendBuffer = await usualSendBuffer(hostname);
      const { host, port } = line.group;
      socket = await udpSocket({
        hostname,
        port: 0,
        // Without it each packet would need the address beside it, which costs as much as the call.
        connect: { hostname: host, port },
        socket: {
          drain: () => {
            if (sender !== undefined) sender.#roomAgain();
          },
          error: (...told) => {
            if (sender !== undefined) sender.#heard(told.at(-1));
          },
        },
      });
      socket.setMulticastInterface(hostname);
      socket.setMulticastTTL(line.ttl);
      // Without it nobody on this machine would hear us.
      socket.setMulticastLoopback(true);
      sender = new BunSender(socket, sendBuffer, line, events);
      return sender;
    } catch (error) {
      socket?.close();
      throw cannot(act, error);
    }
  }

  send(batch: Batch): number {
    invariant(!this.#closed, "a sender was used after it was closed");
    const taken = this.#send(batch, Math.min(batch.count, TURN_MAX - this.#sentInTurn));
    this.#sentInTurn += taken;
    if (taken < batch.count) this.#wanted = true;
    if (!this.#turnEnds) {
      this.#turnEnds = true;
      setImmediate(() => this.#endTurn());
    }
    return taken;
  }

  /** What was taken has left: the system keeps a copy. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      clearTimeout(this.#full);
      this.#socket.close();
    }
    return Promise.resolve();
  }

  #endTurn(): void {
    this.#turnEnds = false;
    this.#sentInTurn = 0;
    this.#tellOfRoom();
  }

  /** Bun says so, or it is time to try. */
  #roomAgain(): void {
    clearTimeout(this.#full);
    this.#full = undefined;
    // Who was told here, in a turn whose share has left, would send nothing.
    if (!this.#turnEnds) this.#tellOfRoom();
  }

  #tellOfRoom(): void {
    if (!this.#wanted || this.#full !== undefined || this.#closed) return;
    this.#wanted = false;
    this.#events.drained();
  }

  /** Sends the first packets of a batch, and returns how many there was room for. */
  #send({ slab, ends }: Batch, until: number): number {
    let next = 0;
    while (next < until && this.#full === undefined) {
      this.#load(slab, ends, next, Math.min(until, next + CALL_MAX));
      const sent = this.#call();
      if (sent === 0) this.#full = setTimeout(() => this.#roomAgain(), FULL_MS);
      next += sent;
    }
    return next;
  }

  /** A view for each packet, which takes a fiftieth of the time that the system takes for it. */
  #load(slab: Uint8Array, ends: Int32Array, from: number, until: number): void {
    const packets = this.#packets;
    packets.length = until - from;
    let start = from === 0 ? 0 : ends[from - 1]!;
    for (let i = from; i < until; i++) {
      const end = ends[i]!;
      packets[i - from] = slab.subarray(start, end);
      start = end;
    }
  }

  /** How many of the packets are done with: they have left, or the first one of them never will. */
  #call(): number {
    try {
      return this.#socket.sendMany(this.#packets);
    } catch (error) {
      if (NO_ROOM.has(codeOf(error))) return 0;
      this.#failed(error);
      return 1;
    }
  }

  /** The error queue holds what was thrown before, and what routers say; node:dgram leaves it, too. */
  #heard(error: unknown): void {
    if (error instanceof Error && "errqueue" in error && error.errqueue === true) return;
    this.#failed(error);
  }

  #failed(error: unknown): void {
    this.#events.failed(`Cannot send to ${this.#to}: ${adviceOn(error)}`);
  }
}

/** What the system gives who asks for nothing. Bun's own datagrams do not tell, node:dgram's do. */
async function usualSendBuffer(address: string): Promise<number | undefined> {
  const socket = createSocket("udp4");
  try {
    await bind(socket, 0, address);
    return askForBuffer(socket, "send", undefined).bytes;
  } finally {
    await close(socket);
  }
}
