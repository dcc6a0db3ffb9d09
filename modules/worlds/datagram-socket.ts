/** A UDP socket that sends in order and tells who sent what, through whatever the runtime has. */
import { createSocket } from "node:dgram";
import type { Endpoint } from "../core/units.ts";
import { type DenoAddress, type DenoDatagramSocket, deno } from "./runtime.ts";

/** The longest datagram there is. A shorter buffer would cut off silently. */
const DATAGRAM_MAX_BYTES = 65_535;

/** What a socket tells of its own accord. Never inside a call of ours. */
export interface DatagramEvents {
  /** The bytes are lent. */
  received(bytes: Uint8Array, from: Endpoint): void;
  failed(error: unknown): void;
}

/** A bound socket. */
export interface DatagramSocket {
  /** Where it is; a host of zeros is every address of this machine. */
  readonly local: Endpoint;
  /** Sends a copy of the bytes after what was sent before, and calls back when it has left or never will. */
  send(bytes: Uint8Array, to: Endpoint, left: (error: unknown) => void): void;
  /** Drops what has not left. */
  close(): Promise<void>;
}

/**
 * Binds a socket at an address, whose host is a number. With a `peer`, it hears that one alone, and
 * where the runtime can tell, hears of it when nobody is there. Fails with the system's error.
 */
export function openDatagramSocket(
  at: Endpoint,
  peer: Endpoint | undefined,
  events: DatagramEvents,
): Promise<DatagramSocket> {
  const listenDatagram = deno?.listenDatagram;
  if (listenDatagram === undefined) return openNode(at, peer, events);
  const { host: hostname, port } = at;
  const socket = listenDatagram({ transport: "udp", hostname, port, reuseAddress: false });
  return Promise.resolve(new DenoSocket(socket, peer, events));
}

async function openNode(
  at: Endpoint,
  peer: Endpoint | undefined,
  events: DatagramEvents,
): Promise<DatagramSocket> {
  const socket = createSocket("udp4");
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    await new Promise<void>((resolve) => socket.close(() => resolve()));
  };
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      const opened = (): void => {
        socket.off("error", reject);
        resolve();
      };
      socket.bind({ port: at.port, address: at.host }, () => {
        if (peer === undefined) opened();
        else socket.connect(peer.port, peer.host, opened);
      });
    });
  } catch (error) {
    await close();
    throw error;
  }
  socket.on("error", (error) => {
    if (!closed) events.failed(error);
  });
  socket.on("message", (bytes, { address, port }) => {
    if (!closed) events.received(bytes, { host: address, port });
  });
  const { address, port } = socket.address();
  return {
    local: { host: address, port },
    send: (bytes, to, left) => {
      const copy = new Uint8Array(bytes);
      if (peer === undefined) socket.send(copy, to.port, to.host, left);
      else socket.send(copy, left);
    },
    close,
  };
}

/** Deno's node:dgram takes 64 KiB for each datagram, so there it is Deno's own socket. */
class DenoSocket implements DatagramSocket {
  readonly local: Endpoint;
  readonly #socket: DenoDatagramSocket;
  readonly #peer: Endpoint | undefined;
  readonly #events: DatagramEvents;
  readonly #done: Promise<void>;
  /** What was sent last: the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();
  #closing = false;

  constructor(socket: DenoDatagramSocket, peer: Endpoint | undefined, events: DatagramEvents) {
    const { hostname: host, port } = socket.addr as DenoAddress;
    this.local = { host, port };
    this.#socket = socket;
    this.#peer = peer;
    this.#events = events;
    this.#done = this.#run();
  }

  send(
    bytes: Uint8Array,
    { host: hostname, port }: Endpoint,
    left: (error: unknown) => void,
  ): void {
    const copy = new Uint8Array(bytes);
    this.#last = this.#last
      .then(async () => {
        if (!this.#closing) await this.#socket.send(copy, { transport: "udp", hostname, port });
        return null;
      })
      .catch((error: unknown) => error)
      .then(left);
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#socket.close();
    }
    await this.#done;
  }

  async #run(): Promise<void> {
    const buffer = new Uint8Array(DATAGRAM_MAX_BYTES);
    while (!this.#closing) {
      try {
        const [bytes, from] = await this.#socket.receive(buffer);
        const { hostname: host, port } = from as DenoAddress;
        if (!this.#closing && this.#wants(host, port)) this.#events.received(bytes, { host, port });
      } catch (error) {
        // Our own close interrupts it.
        if (this.#closing) return;
        this.#events.failed(error);
        return;
      }
    }
  }

  #wants(host: string, port: number): boolean {
    return this.#peer === undefined || (host === this.#peer.host && port === this.#peer.port);
  }
}
