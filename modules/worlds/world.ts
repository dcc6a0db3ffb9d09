/**
 * A world: a clock and a transport. The same machines and nodes run in each; `live` is real sockets
 * and real time, `sim` is virtual time.
 */
import type { Clock } from "../core/time.ts";
import type { Endpoint } from "../core/units.ts";

/** A clock and a transport that belong together. */
export interface World {
  readonly clock: Clock;
  readonly transport: Transport;
  /** Absent where everything happens in one thread. */
  readonly threads?: Threads | undefined;
  /** Lets time pass until `done` settles, and returns what it settled with. */
  until<T>(done: Promise<T>): Promise<T>;
}

/** Where a part of a run can have a thread of its own, in this world and on its clock. */
export interface Threads {
  /** Resolves when the thread is there, or to a few words on why there is none. */
  start(events: ThreadEvents): Promise<Thread | string>;
}

/** What a thread lets others know. */
export interface ThreadEvents {
  /** It posted this. */
  received(message: unknown): void;
  /** It broke, and nothing more will come. */
  failed(error: unknown): void;
}

/** A thread. What is posted is plain data and copied, but for shared memory. */
export interface Thread {
  post(message: unknown): void;
  /** Ends it at once. */
  close(): Promise<void>;
}

/** Where a line of a feed is published. */
export interface LineAddress {
  readonly group: Endpoint;
  /** An interface name or one of its IPv4 addresses. */
  readonly interface: string;
  /** Routers that a packet may pass, plus one: 1 stays on the local network. */
  readonly ttl: number;
  /** The IPv4 address of the one sender that a receiver hears; undefined: whoever sends there. */
  readonly source?: string | undefined;
  /** Bytes that a sender asks the system to keep for it; undefined: whatever the system gives. */
  readonly sendBuffer?: number | undefined;
  /** The same for a receiver; undefined: as much as helps, without a word when it is less. */
  readonly receiveBuffer?: number | undefined;
  /** Few packets come, and each is waited for: to be told soon counts for more than to be told of many. */
  readonly soon?: boolean | undefined;
}

/** Packets back to back in one slab: packet i spans ends[i - 1] .. ends[i]. */
export interface Batch {
  readonly slab: Uint8Array;
  readonly ends: Int32Array;
  readonly count: number;
}

/** What a sender tells of its own accord. */
export interface SenderEvents {
  /** There is room again after `send` took less than it was given. Never called inside `send`. */
  drained(): void;
  /** The system refused a packet; the sender goes on. */
  failed(reason: string): void;
}

/** Publishes packets on one line. */
export interface Sender {
  /** Where its packets come from, where that is known. */
  readonly from?: Endpoint | undefined;
  /** The send buffer that the system granted, in bytes, where it can be known. */
  readonly sendBuffer: number | undefined;
  /** Why that is less than the line asks for, and what to do about it; undefined: it is not. */
  readonly shortfall: string | undefined;
  /** Sends in order, copies what it keeps, and returns the packets taken: the rest must wait. */
  send(batch: Batch): number;
  /** Resolves when everything taken has left. */
  close(): Promise<void>;
}

/** One line being listened to. */
export interface Subscription {
  /** The receive buffer that the system granted, in bytes, where it can be known. */
  readonly receiveBuffer: number | undefined;
  /** Why that is less than the line asks for, and what to do about it; undefined: it is not. */
  readonly shortfall: string | undefined;
  /**
   * Packets so far that the system dropped because nobody read them in time, where it can tell. On
   * the path `linux` a train of packets that was sent as one counts as one, for the system cuts it
   * after it was read: then there were so many at least.
   */
  kernelDrops(): number | undefined;
  /** Nothing is received from now on, even before it resolves. */
  close(): Promise<void>;
}

/** What carries requests and answers: byte streams, or datagrams, each of which stands for itself. */
export type Over = "stream" | "datagram";

/**
 * What happens on a connection. `connection` is the same object throughout. Nothing is called before
 * `connect` returns.
 *
 * Over datagrams, each one received is one call, and nobody ever finishes sending. At a listener each
 * datagram is a connection of its own: it opens, brings that datagram, and lasts until we end it.
 */
export interface StreamHandler {
  opened(connection: Connection): void;
  /** The bytes are lent. */
  received(connection: Connection, bytes: Uint8Array): void;
  /** The peer has finished sending; we may still write. */
  ended(connection: Connection): void;
  /** There is room again after `write` said that there is none. Never called inside `write`. */
  drained?(connection: Connection): void;
  /** The last call. `reason` is set when it did not end well; it never opened if `refused`. */
  closed(connection: Connection, reason: CloseReason | undefined): void;
}

/** Why a connection did not end well. Over datagrams, a refusal may come after it opened. */
export interface CloseReason {
  readonly kind: "refused" | "reset" | "failed";
  readonly message: string;
}

/** The addresses of both ends of a connection. */
export interface Ends {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** Bytes written to a connection that may be under way before `write` asks to wait. */
export const WRITE_HELD_MAX = 64 * 1024;

/** Datagrams that one listener has in hand; it looks at no further one before one of them is done. */
export const DATAGRAMS_PENDING_MAX = 1024;

/** One end of a byte stream, or of an exchange of datagrams. */
export interface Connection {
  /** Who is at the other end, for people. */
  readonly peer: string;
  /** Where both ends are, from `opened` on, where that is known. */
  readonly ends?: Ends | undefined;
  /**
   * Takes the bytes, a copy of them. False: more should wait for `drained`, or memory grows. Does
   * nothing, and returns true, after `end`, `destroy` or `closed`.
   */
  write(bytes: Uint8Array): boolean;
  /**
   * Says that we have finished sending. Over datagrams nobody can be told: a listener's connection
   * closes when what was written has left, and a client's goes on receiving.
   */
  end(): void;
  /** Drops the connection now; `closed` follows, without a reason. The peer sees an end or a reset. */
  destroy(): void;
  /** Drops it so that the peer sees a reset, whatever was sent; datagrams have none. */
  reset(): void;
}

/** A port that connections can be opened to. */
export interface Listener {
  /** Stops listening and drops the connections that are open; resolves when all are closed. */
  close(): Promise<void>;
}

/** How the packets of lines are to travel: `auto` is Linux's own way where it works. */
export type TransportChoice = "auto" | "portable" | "linux";

/** How the packets of lines travel. */
export interface TransportPath {
  /** `portable`: the runtime's sockets. `linux`: our own. */
  readonly name: "portable" | "linux";
  /** Why that one, for people. */
  readonly reason: string;
}

/** Opening can fail with a UserError that names the act, the value and the remedy. */
export interface Transport {
  /** The way that lines take, where there is more than one. */
  path?(): Promise<TransportPath>;
  publish(line: LineAddress, events: SenderEvents): Promise<Sender>;
  /** The bytes that `receive` is given are lent. `from` is who sent them, where that is known. */
  subscribe(
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): Promise<Subscription>;
  /** Over byte streams, unless told otherwise. */
  listen(at: Endpoint, handler: StreamHandler, over?: Over): Promise<Listener>;
  connect(to: Endpoint, handler: StreamHandler, over?: Over): Connection;
}
