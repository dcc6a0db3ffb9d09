import { setImmediate, setTimeout } from "node:timers";
import { invariant, UserError } from "../../core/errors.ts";
import { type Endpoint, formatEndpoint, quote } from "../../core/units.ts";
import { adviceOn, cannot, publishing } from "../advice.ts";
import { resolveInterface } from "../interfaces.ts";
import type { Batch, LineAddress, Sender, SenderEvents } from "../world.ts";
import { C, E, type LinuxCalls } from "./calls.ts";
import { Messages } from "./messages.ts";
import {
  addressBytes,
  askForLinuxBuffer,
  checked,
  ipv4Bytes,
  localAddress,
  openSocket,
  setNumber,
  systemError,
} from "./socket.ts";
import { endOfTrain, TRAIN_BYTES_MAX } from "./trains.ts";

/**
 * Packets that leave in one turn of the event loop; more are back-pressure. Without it a listener in
 * our process would get no turn before its buffer is full.
 */
export const TURN_MAX = 256;

/** Messages of one call; each is a train, or a packet that nothing goes with. */
const MESSAGES_MAX = 64;

/** How long to wait when the system has no room, in milliseconds. */
const FULL_MS = 1;

/** What a sender shares with the other sockets of its path. */
export interface SenderPath {
  readonly calls: LinuxCalls;
  /** Lets the listeners of this program take what has come. */
  listenersFirst(): void;
}

/** Sends the packets of one line: as trains, where neighbours are of equal size. */
export class LinuxSender implements Sender {
  readonly from: Endpoint;
  readonly sendBuffer: number | undefined;
  readonly shortfall: string | undefined;
  readonly #path: SenderPath;
  readonly #fd: number;
  readonly #to: string;
  readonly #events: SenderEvents;
  readonly #messages: Messages;
  /** Where the message of each number ends, in packets. */
  readonly #until = new Int32Array(MESSAGES_MAX);
  /** The longest packet that may be in a train: one that fits into the interface's frames. */
  #longest = TRAIN_BYTES_MAX;
  #sentInTurn = 0;
  #turnEnds = false;
  #wanted = false;
  #full = false;
  #closed = false;

  private constructor(path: SenderPath, fd: number, line: LineAddress, events: SenderEvents) {
    const { calls } = path;
    this.from = localAddress(calls, fd);
    const { bytes, shortfall } = askForLinuxBuffer(calls, fd, "send", line.sendBuffer);
    this.sendBuffer = bytes;
    this.shortfall = shortfall;
    this.#path = path;
    this.#fd = fd;
    this.#to = quote(formatEndpoint(line.group));
    this.#events = events;
    this.#messages = new Messages(calls, MESSAGES_MAX, false);
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  static open(path: SenderPath, line: LineAddress, events: SenderEvents): LinuxSender {
    const act = publishing(line);
    if (!(line.ttl >= 1 && line.ttl <= 255)) {
      throw new UserError(`Cannot ${act} with ttl ${line.ttl}: write one from 1 to 255`);
    }
    const { calls } = path;
    let fd: number | undefined;
    try {
      const host = resolveInterface(line.interface);
      fd = openSocket(calls);
      checked("bind", calls.bind(fd, addressBytes({ host, port: 0 })));
      const by = ipv4Bytes(host);
      checked("setsockopt", calls.setsockopt(fd, C.IPPROTO_IP, C.IP_MULTICAST_IF, by));
      setNumber(calls, fd, [C.IPPROTO_IP, C.IP_MULTICAST_TTL], line.ttl);
      // Without it nobody on this machine would hear us.
      setNumber(calls, fd, [C.IPPROTO_IP, C.IP_MULTICAST_LOOP], 1);
      checked("connect", calls.connect(fd, addressBytes(line.group)));
      return new LinuxSender(path, fd, line, events);
    } catch (error) {
      if (fd !== undefined) calls.close(fd);
      throw cannot(act, error);
    }
  }

  send(batch: Batch): number {
    invariant(!this.#closed, "a sender was used after it was closed");
    const room = Math.min(batch.count, TURN_MAX - this.#sentInTurn);
    const taken = room === 0 ? 0 : this.#send(batch, room);
    this.#sentInTurn += taken;
    if (taken < batch.count) this.#wanted = true;
    if (taken < room) this.#full = true;
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
      this.#path.calls.close(this.#fd);
    }
    return Promise.resolve();
  }

  #endTurn(): void {
    this.#turnEnds = false;
    this.#sentInTurn = 0;
    if (!this.#wanted) return;
    if (this.#full) {
      // Nobody says when there is room again.
      this.#turnEnds = true;
      this.#full = false;
      setTimeout(() => this.#endTurn(), FULL_MS);
      return;
    }
    this.#wanted = false;
    this.#path.listenersFirst();
    if (!this.#closed) this.#events.drained();
  }

  /** Sends the first packets of a batch, and returns how many the system had room for. */
  #send({ slab, ends }: Batch, until: number): number {
    const { calls } = this.#path;
    const address = slab.length === 0 ? 0 : calls.addressOf(slab);
    let next = 0;
    // Each turn sends a packet, says why it cannot, or makes the trains shorter.
    while (next < until) {
      const count = this.#load(address, ends, next, until);
      const sent = calls.sendmmsg(this.#fd, this.#messages.headers, count);
      if (sent > 0) next = this.#until[sent - 1]!;
      else if (sent === -E.EAGAIN || sent === -E.ENOBUFS || sent === -E.ENOMEM) return next;
      else if (sent !== -E.EINTR) next = this.#refused(ends, next, -sent);
    }
    return next;
  }

  /** Writes down the messages that the packets from `next` on make, and returns how many. */
  #load(address: number, ends: Int32Array, next: number, until: number): number {
    const messages = this.#messages;
    let count = 0;
    let from = next;
    while (from < until && count < MESSAGES_MAX) {
      const end = endOfTrain(ends, from, until, this.#longest);
      const start = from === 0 ? 0 : ends[from - 1]!;
      const size = end === from + 1 ? undefined : ends[from]! - start;
      messages.place(count, address + start, ends[end - 1]! - start);
      messages.control(count, C.SOL_UDP, C.UDP_SEGMENT, size);
      this.#until[count++] = end;
      from = end;
    }
    return count;
  }

  /** The system took nothing of the first message. Returns the packet to go on with. */
  #refused(ends: Int32Array, next: number, errno: number): number {
    const size = ends[next]! - (next === 0 ? 0 : ends[next - 1]!);
    if (this.#until[0]! > next + 1) {
      // Too long for the interface's frames, which older kernels call invalid; anything else, and
      // there are no trains on it at all.
      const long = errno === E.EMSGSIZE || errno === E.EINVAL;
      this.#longest = long ? size - 1 : 0;
      return next;
    }
    const advice = adviceOn(systemError("sendmmsg", errno));
    this.#events.failed(`Cannot send to ${this.#to}: ${advice}`);
    return next + 1;
  }
}
