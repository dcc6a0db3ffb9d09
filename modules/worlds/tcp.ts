/** Byte streams through node:net. Each side may finish sending and go on listening. */
import { lookup } from "node:dns/promises";
import { setImmediate } from "node:timers";
import { connect, createServer, type Server, type Socket } from "node:net";
import { type Endpoint, formatEndpoint } from "../core/units.ts";
import { adviceOn, cannot, codeOf } from "./advice.ts";
import {
  type CloseReason,
  type Connection,
  type Ends,
  type Listener,
  type StreamHandler,
  WRITE_HELD_MAX,
} from "./world.ts";

/** Small writes of one turn are put together up to so many bytes. */
const BATCH_BYTES = 16 * 1024;

/** Room for the first of them: most connections are made for one request. */
const BATCH_BYTES_FIRST = 256;

/** A connection on a socket; it makes the events of all runtimes the same. */
class TcpConnection implements Connection {
  readonly peer: string;
  /** Resolves when the handler has had its last call. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #handler: StreamHandler;
  #state: "opening" | "open" | "destroyed" | "closed" = "opening";
  #finished = false;
  #ended = false;
  #reason: CloseReason | undefined;
  /** Bytes written that the system has not taken. */
  #held = 0;
  /** What was written in this turn: many small messages are one call of the system. */
  #batch: Uint8Array | undefined;
  #batched = 0;
  #full = false;

  constructor(socket: Socket, peer: string, handler: StreamHandler) {
    this.#socket = socket;
    this.peer = peer;
    this.#handler = handler;
    // A request and its answer are small; neither should wait for more to send.
    socket.setNoDelay(true);
    socket.on("data", (bytes: Uint8Array) => {
      if (this.#state === "open") handler.received(this, bytes);
    });
    socket.on("end", () => this.#onEnd());
    socket.on("error", (error) => {
      if (this.#state !== "destroyed") this.#reason ??= this.#reasonFor(error);
    });
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#onClose();
        resolve();
      });
    });
  }

  get ends(): Ends | undefined {
    const { localAddress, localPort, remoteAddress, remotePort } = this.#socket;
    if (localAddress === undefined || localPort === undefined) return undefined;
    if (remoteAddress === undefined || remotePort === undefined) return undefined;
    return {
      local: { host: localAddress, port: localPort },
      remote: { host: remoteAddress, port: remotePort },
    };
  }

  onOpen(): void {
    if (this.#state !== "opening") return;
    this.#state = "open";
    this.#handler.opened(this);
  }

  write(bytes: Uint8Array): boolean {
    if (this.#finished || this.#state === "destroyed" || this.#state === "closed") return true;
    this.#held += bytes.length;
    if (this.#batched + bytes.length > BATCH_BYTES) this.#flush();
    if (bytes.length > BATCH_BYTES) this.#pass(new Uint8Array(bytes));
    else {
      this.#room(this.#batched + bytes.length).set(bytes, this.#batched);
      if (this.#batched === 0) queueMicrotask(() => this.#flush());
      this.#batched += bytes.length;
    }
    // What was taken at once is told later: then this says to wait a little without need.
    this.#full ||= this.#held >= WRITE_HELD_MAX;
    return !this.#full;
  }

  end(): void {
    if (this.#finished) return;
    this.#flush();
    this.#finished = true;
    this.#socket.end();
  }

  destroy(): void {
    if (this.#state === "closed") return;
    this.#state = "destroyed";
    this.#reason = undefined;
    this.#batched = 0;
    this.#socket.destroy();
  }

  reset(): void {
    if (this.#state === "closed") return;
    this.#state = "destroyed";
    this.#reason = undefined;
    this.#socket.resetAndDestroy();
  }

  /** The batch, with room for so many bytes. */
  #room(bytes: number): Uint8Array {
    const batch = this.#batch;
    if (batch !== undefined && batch.length >= bytes) return batch;
    const larger = new Uint8Array(bytes <= BATCH_BYTES_FIRST ? BATCH_BYTES_FIRST : BATCH_BYTES);
    if (batch !== undefined) larger.set(batch.subarray(0, this.#batched));
    this.#batch = larger;
    return larger;
  }

  #flush(): void {
    if (this.#batched === 0) return;
    const bytes = this.#batch!.slice(0, this.#batched);
    this.#batched = 0;
    if (this.#state !== "destroyed" && this.#state !== "closed") this.#pass(bytes);
  }

  /** The socket keeps what the system does not take at once: the bytes are its own. */
  #pass(bytes: Uint8Array): void {
    this.#socket.write(bytes, () => this.#onTaken(bytes.length));
  }

  #onTaken(bytes: number): void {
    this.#held -= bytes;
    if (!this.#full || this.#held > WRITE_HELD_MAX / 2) return;
    // Not at once: Bun takes what is written as fast as it comes, be it for a peer that has gone, and
    // whoever goes on from here would let nobody else have a turn, not even the word that it has.
    setImmediate(() => this.#onRoom());
  }

  #onRoom(): void {
    if (!this.#full || this.#held > WRITE_HELD_MAX / 2) return;
    this.#full = false;
    if (this.#state === "open" && !this.#finished) this.#handler.drained?.(this);
  }

  #onEnd(): void {
    if (this.#state !== "open" || this.#ended) return;
    this.#ended = true;
    this.#handler.ended(this);
  }

  #onClose(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#handler.closed(this, this.#reason);
  }

  #reasonFor(error: unknown): CloseReason {
    const code = codeOf(error);
    if (this.#state === "open") {
      const kind = RESETS.has(code) ? "reset" : "failed";
      return { kind, message: `Lost the connection with ${this.peer}: ${adviceOn(error)}` };
    }
    const act = `connect to ${this.peer}`;
    // Bun can show a refusal as a reset.
    if (code === "ECONNREFUSED" || code === "ECONNRESET") {
      return { kind: "refused", message: cannot(act, error, "ECONNREFUSED").message };
    }
    return { kind: "failed", message: cannot(act, error).message };
  }
}

/** What the system says when the other side is gone: to a reader, to a writer, to either. */
const RESETS: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** Starts to connect; the handler is told how it went, never before this returns. */
export function connectTcp(to: Endpoint, handler: StreamHandler): Connection {
  const socket = connect({ host: to.host, port: to.port, family: 4, allowHalfOpen: true });
  const connection = new TcpConnection(socket, formatEndpoint(to), handler);
  socket.on("connect", () => connection.onOpen());
  return connection;
}

/** Throws a UserError when the name is not known or the port cannot be had. */
export async function listenTcp(at: Endpoint, handler: StreamHandler): Promise<Listener> {
  const listener = new TcpListener(handler);
  try {
    // Looked up here because the runtimes disagree on the error, and take IPv6 when they find it.
    const { address } = await lookup(at.host, { family: 4 });
    await listener.open(at.port, address);
  } catch (error) {
    throw cannot(`listen on ${formatEndpoint(at)}`, error);
  }
  return listener;
}

class TcpListener implements Listener {
  readonly #server: Server;
  readonly #connections = new Set<TcpConnection>();
  #closed: Promise<unknown> | undefined;

  constructor(handler: StreamHandler) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      // The runtime may hand over what it had accepted already.
      if (this.#closed === undefined) this.#accept(socket, handler);
      else socket.destroy();
    });
  }

  open(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      // Stays on after the promise has settled: a failing accept is no reason to stop.
      this.#server.on("error", reject);
      this.#server.listen({ port, host }, resolve);
    });
  }

  async close(): Promise<void> {
    this.#closed ??= this.#finish();
    await this.#closed;
  }

  #accept(socket: Socket, handler: StreamHandler): void {
    const connection = new TcpConnection(socket, peerOf(socket), handler);
    this.#connections.add(connection);
    void connection.closed.then(() => this.#connections.delete(connection));
    connection.onOpen();
  }

  #finish(): Promise<unknown> {
    const stopped = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const connections = [...this.#connections];
    for (const connection of connections) connection.destroy();
    return Promise.all([stopped, ...connections.map(({ closed }) => closed)]);
  }
}

function peerOf(socket: Socket): string {
  return formatEndpoint({ host: socket.remoteAddress ?? "?", port: socket.remotePort ?? 0 });
}
