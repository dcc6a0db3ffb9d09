/**
 * Programs that speak as the small Rust demo does that feedlab descends from: what is on the wire is
 * the same, byte for byte and close for close. Only the place is an argument, and loopback.
 */
import { createSocket, type Socket as DatagramSocket } from "node:dgram";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Endpoint } from "../../modules/core/units.ts";

/** The answers that its recovery server was born with. */
export const ANCESTOR_STORE: readonly number[] = [1, 10, 15, 20, 25];

/** One that has every number that its publisher loses, too. */
export const FULL_STORE: readonly number[] = Array.from({ length: 200 }, (_, i) => i + 1);

/** Something that is open until it is closed. */
export interface Open {
  close(): Promise<void>;
}

/** Publishes `SEQ:n|PRICE:p` from 1 on, and skips each 5th. Resolves when the last has left. */
export async function publishAsAncestor(group: Endpoint, messages: number): Promise<void> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  socket.setMulticastInterface("127.0.0.1");
  socket.setMulticastLoopback(true);
  for (let seq = 1; seq <= messages; seq++) {
    if (seq % 5 === 0) continue;
    const text = `SEQ:${seq}|PRICE:${100 + seq}`;
    await new Promise<void>((resolve) =>
      socket.send(text, group.port, group.host, () => resolve()),
    );
  }
  await new Promise<void>((resolve) => socket.close(() => resolve()));
}

/** Connects, asks, reads once, closes; never says that it has finished asking. */
export function askAsAncestor(server: Endpoint, seq: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: server.host, port: server.port }, () =>
      socket.write(`GET SEQ:${seq}`),
    );
    socket.on("data", (bytes: Uint8Array) => {
      resolve(new TextDecoder().decode(bytes));
      socket.destroy();
    });
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });
}

/** The client: prints what it hears, and asks for the one number that it expected. */
export class AncestorClient implements Open {
  readonly lines: string[] = [];
  #socket: DatagramSocket;
  #expected = 1;
  #queue: Promise<void> = Promise.resolve();
  #waiting: { readonly line: string; readonly resolve: () => void }[] = [];

  private constructor(socket: DatagramSocket, server: Endpoint) {
    this.#socket = socket;
    // One packet after the other: while it asks, it hears nothing.
    socket.on("message", (bytes) => {
      this.#queue = this.#queue.then(() => this.#hear(String(bytes), server));
    });
  }

  static async open(group: Endpoint, server: Endpoint): Promise<AncestorClient> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(group.port, "0.0.0.0", resolve));
    socket.addMembership(group.host, "127.0.0.1");
    return new AncestorClient(socket, server);
  }

  /** Resolves when it has printed this line. */
  async line(line: string): Promise<void> {
    if (this.lines.includes(line)) return;
    await new Promise<void>((resolve) => this.#waiting.push({ line, resolve }));
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(() => resolve()));
    await this.#queue;
  }

  async #hear(text: string, server: Endpoint): Promise<void> {
    const seq = Number(text.split("|")[0]!.split(":")[1]);
    this.#print(`Received: ${text}`);
    if (seq !== this.#expected) {
      const missing = this.#expected;
      this.#print(`⚠️ Missing packet(s)! Requesting SEQ:${missing} from recovery server...`);
      this.#print(`Sending recovery request: GET SEQ:${missing}`);
      const answer = await askAsAncestor(server, missing);
      this.#print(
        answer === undefined ? `❌ No data received for SEQ:${missing}` : `✅ Recovered: ${answer}`,
      );
    }
    this.#expected = seq + 1;
  }

  #print(line: string): void {
    this.lines.push(line);
    for (const waiting of this.#waiting) if (waiting.line === line) waiting.resolve();
  }
}

/** The recovery server: accepts, reads once, answers if it was asked, closes. */
export class AncestorRecovery implements Open {
  readonly requests: string[] = [];
  #server: Server;
  #sockets = new Set<Socket>();

  private constructor(server: Server, store: readonly number[]) {
    this.#server = server;
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      socket.on("error", () => {});
      socket.once("data", (bytes: Uint8Array) => {
        const request = new TextDecoder().decode(bytes);
        this.requests.push(request);
        if (!request.startsWith("GET SEQ:")) return socket.end();
        const seq = Number(request.slice("GET SEQ:".length).trim());
        socket.end(store.includes(seq) ? `Recovered data for SEQ:${seq}` : "Not found");
      });
    });
  }

  static async open(at: Endpoint, store: readonly number[]): Promise<AncestorRecovery> {
    const server = createServer({ allowHalfOpen: true });
    await new Promise<void>((resolve) => server.listen(at.port, at.host, resolve));
    return new AncestorRecovery(server, store);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}
