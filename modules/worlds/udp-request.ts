/** Requests and answers over UDP: a datagram each, without a connection that the network knows of. */
import { lookup } from "node:dns/promises";
import { type Endpoint, formatEndpoint } from "../core/units.ts";
import { adviceOn, cannot, codeOf } from "./advice.ts";
import { type DatagramSocket, openDatagramSocket } from "./datagram-socket.ts";
import {
  type CloseReason,
  type Connection,
  DATAGRAMS_PENDING_MAX,
  type Ends,
  type Listener,
  type StreamHandler,
  WRITE_HELD_MAX,
} from "./world.ts";

/** Sends a copy of the bytes, and calls back when it has left or never will. */
type Send = (bytes: Uint8Array, left: (error: unknown) => void) => void;

/** One end of an exchange. */
class UdpConnection implements Connection {
  readonly peer: string;
  ends: Ends | undefined = undefined;
  /** Resolves when the handler has had its last call. */
  readonly closed: Promise<void>;
  readonly #handler: StreamHandler;
  /** `server`: it was made by a datagram that came, and ends when it has been answered. */
  readonly #side: "client" | "server";
  readonly #send: Send;
  #state: "opening" | "open" | "ending" | "closed" = "opening";
  #held = 0;
  #full = false;
  #wasClosed: () => void = () => {};

  constructor(peer: string, handler: StreamHandler, side: "client" | "server", send: Send) {
    this.peer = peer;
    this.#handler = handler;
    this.#side = side;
    this.#send = send;
    this.closed = new Promise((resolve) => (this.#wasClosed = resolve));
  }

  onOpen(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#handler.opened(this);
  }

  onReceived(bytes: Uint8Array): void {
    if (this.#state === "open") this.#handler.received(this, bytes);
  }

  onFailed(error: unknown): void {
    const refused = codeOf(error) === "ECONNREFUSED";
    const message = refused
      ? cannot(`connect to ${this.peer}`, error).message
      : `Lost the connection with ${this.peer}: ${adviceOn(error)}`;
    this.finish({ kind: refused ? "refused" : "failed", message });
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state === "ending" || this.#state === "closed") return true;
    const { length } = bytes;
    this.#held += length;
    this.#full ||= this.#held >= WRITE_HELD_MAX;
    this.#send(bytes, (error) => this.#onLeft(length, error));
    return !this.#full;
  }

  end(): void {
    if (this.#side === "client" || this.#state === "closed") return;
    this.#state = "ending";
    if (this.#held === 0) this.finish(undefined);
  }

  destroy(): void {
    this.finish(undefined);
  }

  reset(): void {
    this.destroy();
  }

  /** Tells the handler, once and never inside a call of its own. */
  finish(reason: CloseReason | undefined): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    queueMicrotask(() => {
      this.#handler.closed(this, reason);
      this.#wasClosed();
    });
  }

  #onLeft(bytes: number, error: unknown): void {
    this.#held -= bytes;
    if (error) this.onFailed(error);
    if (this.#held === 0 && this.#state === "ending") this.finish(undefined);
    if (!this.#full || this.#held > WRITE_HELD_MAX / 2) return;
    this.#full = false;
    if (this.#state === "open") this.#handler.drained?.(this);
  }
}

/** Opens a socket to ask from; the handler is told how it went, never before this returns. */
export function connectUdp(to: Endpoint, handler: StreamHandler): Connection {
  let opened: { readonly socket: DatagramSocket; readonly peer: Endpoint } | undefined;
  let early: (() => void)[] = [];
  const send: Send = (bytes, left) => {
    if (opened !== undefined) return opened.socket.send(bytes, opened.peer, left);
    const copy = new Uint8Array(bytes);
    early.push(() => send(copy, left));
  };
  const connection = new UdpConnection(formatEndpoint(to), handler, "client", send);
  const open = async (): Promise<void> => {
    try {
      const { address } = await lookup(to.host, { family: 4 });
      const peer = { host: address, port: to.port };
      const socket = await openDatagramSocket({ host: "0.0.0.0", port: 0 }, peer, {
        received: (bytes) => connection.onReceived(bytes),
        failed: (error) => connection.onFailed(error),
      });
      void connection.closed.then(() => socket.close());
      opened = { socket, peer };
      connection.ends = { local: socket.local, remote: peer };
      for (const act of early) act();
      early = [];
      connection.onOpen();
    } catch (error) {
      const { message } = cannot(`connect to ${connection.peer}`, error);
      connection.finish({ kind: "failed", message });
    }
  };
  void open();
  return connection;
}

/** Throws a UserError when the name is not known or the port cannot be had. */
export async function listenUdp(at: Endpoint, handler: StreamHandler): Promise<Listener> {
  const connections = new Set<UdpConnection>();
  let closing = false;
  try {
    const { address } = await lookup(at.host, { family: 4 });
    const socket = await openDatagramSocket({ host: address, port: at.port }, undefined, {
      received: (bytes, from) => {
        if (closing || connections.size >= DATAGRAMS_PENDING_MAX) return;
        const send: Send = (answer, left) => socket.send(answer, from, left);
        const connection = new UdpConnection(formatEndpoint(from), handler, "server", send);
        connection.ends = { local: socket.local, remote: from };
        connections.add(connection);
        void connection.closed.then(() => connections.delete(connection));
        connection.onOpen();
        connection.onReceived(bytes);
      },
      // Somebody whom we answered has gone: the others are still here.
      failed: () => {},
    });
    return {
      close: async () => {
        closing = true;
        const open = [...connections];
        for (const connection of open) connection.destroy();
        await Promise.all([socket.close(), ...open.map(({ closed }) => closed)]);
      },
    };
  } catch (error) {
    throw cannot(`listen on ${formatEndpoint(at)}`, error);
  }
}
