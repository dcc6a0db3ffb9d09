import { setImmediate } from "node:timers";
import type { Endpoint } from "../../core/units.ts";
import { cannot, joining } from "../advice.ts";
import type { Granted } from "../buffers.ts";
import { receiverAddress, resolveInterface } from "../interfaces.ts";
import { RECEIVE_BUFFER_BYTES } from "../udp-node.ts";
import type { LineAddress, Subscription } from "../world.ts";
import { C, E, type LinuxCalls } from "./calls.ts";
import { Messages } from "./messages.ts";
import type { Readiness, Watch } from "./readiness.ts";
import {
  addressBytes,
  askForLinuxBuffer,
  checked,
  endpointOf,
  getNumbers,
  ipv4Bytes,
  openSocket,
  setNumber,
  systemError,
} from "./socket.ts";

/** Messages of one call; each is a packet, or a train of them. */
const MESSAGES_MAX = 8;

/** Room for the longest message. */
const MESSAGE_BYTES = 65_536;

/** Packets after which the rest of the program gets its turn. */
const TURN_MAX = 256;

/**
 * Turns without a packet, after one that was full, before the thread waits again: to be woken by it takes
 * as long as hundreds of packets do.
 */
const EMPTY_TURNS_MAX = 64;

/** Where `SO_MEMINFO` has the drops, among its numbers. */
const MEMINFO = { count: 9, drops: 8 } as const;

/** What a receiver shares with the other sockets of its path. */
export interface ReceiverPath {
  readonly calls: LinuxCalls;
  readonly readiness: Readiness;
  readonly receivers: Set<LinuxSubscription>;
}

/** Receives the packets of one line: as trains, where they were sent so. */
export class LinuxSubscription implements Subscription {
  readonly receiveBuffer: number | undefined;
  readonly shortfall: string | undefined;
  readonly #path: ReceiverPath;
  readonly #fd: number;
  readonly #receive: (bytes: Uint8Array, from?: Endpoint) => void;
  readonly #messages: Messages;
  readonly #slab = new Uint8Array(MESSAGES_MAX * MESSAGE_BYTES);
  readonly #names: Uint32Array;
  readonly #sizes = new Int32Array(MESSAGES_MAX);
  readonly #views: (Uint8Array | undefined)[][] = [];
  readonly #watch: Watch;
  /** Messages that the last call wrote to. */
  #used = MESSAGES_MAX;
  #draining = false;
  /** Turns without a packet that may still come before the thread waits. */
  #emptyTurns = 0;
  /** Packets that the last turn brought. */
  #came = 0;
  #closed = false;
  #drops = 0;
  #from: Endpoint | undefined;
  #fromPort = -1;
  #fromHost = -1;

  private constructor(
    path: ReceiverPath,
    fd: number,
    granted: Granted,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ) {
    this.#path = path;
    this.#fd = fd;
    this.receiveBuffer = granted.bytes;
    this.shortfall = granted.shortfall;
    this.#receive = receive;
    this.#messages = new Messages(path.calls, MESSAGES_MAX, true);
    this.#names = new Uint32Array(this.#messages.names.buffer);
    const slab = path.calls.addressOf(this.#slab);
    for (let i = 0; i < MESSAGES_MAX; i++) {
      this.#messages.place(i, slab + MESSAGE_BYTES * i, MESSAGE_BYTES);
    }
    this.#watch = path.readiness.watch(fd, () => this.#turn());
    path.receivers.add(this);
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  static open(
    path: ReceiverPath,
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): LinuxSubscription {
    const { calls } = path;
    const { host, port } = line.group;
    let fd: number | undefined;
    try {
      const address = resolveInterface(line.interface);
      fd = openSocket(calls);
      // Others on this machine may listen to the same feed.
      setNumber(calls, fd, [C.SOL_SOCKET, C.SO_REUSEADDR], 1);
      setNumber(calls, fd, [C.SOL_UDP, C.UDP_GRO], 1);
      const granted = receiveBufferOf(calls, fd, line.receiveBuffer);
      checked("bind", calls.bind(fd, addressBytes({ host: receiverAddress(host), port })));
      join(calls, fd, line, address);
      return new LinuxSubscription(path, fd, granted, receive);
    } catch (error) {
      if (fd !== undefined) calls.close(fd);
      throw cannot(joining(line), error);
    }
  }

  kernelDrops(): number | undefined {
    if (this.#closed) return this.#drops;
    const { count, drops } = MEMINFO;
    const option = [C.SOL_SOCKET, C.SO_MEMINFO] as const;
    return getNumbers(this.#path.calls, this.#fd, option, count)?.[drops];
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#drops = this.kernelDrops() ?? 0;
      this.#closed = true;
      this.#path.receivers.delete(this);
      this.#watch.end();
      this.#path.calls.close(this.#fd);
    }
    return Promise.resolve();
  }

  /** Takes what has come, as far as one turn goes. False: there was nothing, or no more. */
  drain(): boolean {
    // Who is being told of a packet may send one, and the sender come back here.
    if (this.#draining) return false;
    this.#draining = true;
    this.#came = 0;
    try {
      while (this.#came < TURN_MAX && !this.#closed) {
        for (let i = 0; i < this.#used; i++) this.#messages.reset(i);
        const count = this.#path.calls.recvmmsg(this.#fd, this.#messages.headers, MESSAGES_MAX);
        if (count === -E.EAGAIN) return false;
        if (count === -E.EINTR) continue;
        if (count < 0) throw systemError("recvmmsg", -count);
        this.#used = count;
        for (let i = 0; i < count && !this.#closed; i++) this.#came += this.#deliver(i);
      }
      return !this.#closed;
    } finally {
      this.#draining = false;
    }
  }

  readonly #nextTurn = (): void => this.#turn();

  /** While packets come there are turns in a row; then the thread waits again. */
  #turn(): void {
    if (this.#closed) return;
    // Who is told of a packet may throw; the next one is for them all the same.
    let more = true;
    try {
      more = this.drain();
    } finally {
      const busy = more || (this.#emptyTurns > 0 && this.#came > 0);
      this.#emptyTurns = busy ? EMPTY_TURNS_MAX : this.#emptyTurns - 1;
      if (this.#emptyTurns > 0) setImmediate(this.#nextTurn);
      else if (!this.#closed) this.#watch.again();
    }
  }

  /** Hands over the packets of one message, and returns how many there were. */
  #deliver(i: number): number {
    const messages = this.#messages;
    const from = this.#fromOf(i);
    const start = MESSAGE_BYTES * i;
    const end = start + messages.length(i);
    const size = messages.controlled(i, C.SOL_UDP, C.UDP_GRO) || end - start;
    const views = end - start > size ? this.#viewsOf(i, size) : undefined;
    let packets = 0;
    let at = start;
    do {
      const next = Math.min(at + size, end);
      const bytes =
        views === undefined || next < at + size
          ? this.#slab.subarray(at, next)
          : (views[packets] ??= this.#slab.subarray(at, next));
      packets++;
      this.#receive(bytes, from);
      at = next;
    } while (at < end && !this.#closed);
    return packets;
  }

  /** The cars of the trains that come into the place `i`: nearly always of one size. */
  #viewsOf(i: number, size: number): (Uint8Array | undefined)[] {
    if (this.#sizes[i] !== size) {
      this.#sizes[i] = size;
      this.#views[i] = [];
    }
    return this.#views[i]!;
  }

  /** One object of each address that comes several times in a row. */
  #fromOf(i: number): Endpoint {
    const port = this.#names[4 * i]!;
    const host = this.#names[4 * i + 1]!;
    if (this.#from === undefined || port !== this.#fromPort || host !== this.#fromHost) {
      this.#fromPort = port;
      this.#fromHost = host;
      this.#from = endpointOf(this.#messages.names, 16 * i);
    }
    return this.#from;
  }
}

function join(
  calls: LinuxCalls,
  fd: number,
  { group, source }: LineAddress,
  address: string,
): void {
  const bytes = [...ipv4Bytes(group.host), ...ipv4Bytes(address)];
  const membership = source === undefined ? bytes : [...bytes, ...ipv4Bytes(source)];
  const option = source === undefined ? C.IP_ADD_MEMBERSHIP : C.IP_ADD_SOURCE_MEMBERSHIP;
  checked("setsockopt", calls.setsockopt(fd, C.IPPROTO_IP, option, new Uint8Array(membership)));
}

function receiveBufferOf(calls: LinuxCalls, fd: number, wish: number | undefined): Granted {
  if (wish !== undefined) return askForLinuxBuffer(calls, fd, "receive", wish);
  // Nobody wished for it, so nobody is told that it is less.
  const { bytes } = askForLinuxBuffer(calls, fd, "receive", RECEIVE_BUFFER_BYTES);
  return { bytes, shortfall: undefined };
}
