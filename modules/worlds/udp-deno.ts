/**
 * Receiving multicast through Deno's own datagrams. Its node:dgram takes 64 KiB for each packet and
 * loses one in ten at 5000 packets a second.
 */
import { createSocket, type Socket } from "node:dgram";
import process from "node:process";
import { UserError } from "../core/errors.ts";
import type { Endpoint } from "../core/units.ts";
import { unasked } from "./buffers.ts";
import { cannot, joining } from "./advice.ts";
import { endpoints, receiverAddress, resolveInterface } from "./interfaces.ts";
import { kernelDrops } from "./kernel-drops.ts";
import type { DenoAddress, DenoDatagramSocket, ListenDatagram } from "./runtime.ts";
import { bind, close } from "./udp-node.ts";
import type { LineAddress, Subscription } from "./world.ts";

/** The longest datagram there is. A shorter buffer would cut packets off silently. */
const DATAGRAM_MAX_BYTES = 65_535;

/** Receives the packets of one line, each into the same buffer. */
export class DenoSubscription implements Subscription {
  /** Deno neither sets the size nor tells it. */
  readonly receiveBuffer = undefined;
  readonly shortfall: string | undefined;
  readonly #socket: DenoDatagramSocket;
  readonly #membership: Socket | undefined;
  readonly #bound: Endpoint;
  readonly #source: string | undefined;
  readonly #receive: (bytes: Uint8Array, from?: Endpoint) => void;
  readonly #done: Promise<void>;
  readonly #fromOf = endpoints();
  #closing = false;
  #left: Promise<void> | undefined;

  private constructor(
    socket: DenoDatagramSocket,
    membership: Socket | undefined,
    bound: Endpoint,
    { receiveBuffer, source }: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ) {
    this.#socket = socket;
    this.#membership = membership;
    this.#bound = bound;
    this.#source = source;
    this.shortfall = unasked("receive", receiveBuffer);
    this.#receive = receive;
    this.#done = this.#run();
  }

  /** Throws a UserError when the interface is not there or the system refuses. */
  static async open(
    listenDatagram: ListenDatagram,
    line: LineAddress,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ): Promise<DenoSubscription> {
    const { host, port } = line.group;
    let socket: DenoDatagramSocket | undefined;
    let membership: Socket | undefined;
    try {
      const address = resolveInterface(line.interface);
      const hostname = receiverAddress(host);
      socket = listenDatagram({ transport: "udp", hostname, port, reuseAddress: true });
      if (line.source === undefined) await socket.joinMulticastV4(host, address);
      else membership = await joinSource(line.source, host, address);
      return new DenoSubscription(socket, membership, { host: hostname, port }, line, receive);
    } catch (error) {
      socket?.close();
      if (membership !== undefined) await close(membership);
      throw cannot(joining(line), error);
    }
  }

  kernelDrops(): number | undefined {
    return kernelDrops(this.#bound);
  }

  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      this.#socket.close();
      this.#left = this.#membership === undefined ? undefined : close(this.#membership);
    }
    await Promise.all([this.#done, this.#left]);
  }

  async #run(): Promise<void> {
    const buffer = new Uint8Array(DATAGRAM_MAX_BYTES);
    while (!this.#closing) {
      const packet = await this.#next(buffer);
      if (packet === undefined || this.#closing) continue;
      const [bytes, from] = packet;
      const { hostname, port } = from as DenoAddress;
      // Others on this machine may have joined the group for other senders.
      if (this.#source !== undefined && hostname !== this.#source) continue;
      this.#receive(bytes, this.#fromOf(hostname, port));
    }
  }

  async #next(buffer: Uint8Array): Promise<[Uint8Array, object] | undefined> {
    try {
      return await this.#socket.receive(buffer);
    } catch (error) {
      // Our own close interrupts it. Anything else is not ours to swallow.
      if (this.#closing) return undefined;
      throw error;
    }
  }
}

/**
 * Deno's datagrams can join a group, but not for one sender; node:dgram can, and a Linux socket that
 * is bound to a group gets what any socket here has joined it for. So another socket, on a port that
 * nobody sends to, is the member.
 */
async function joinSource(source: string, group: string, address: string): Promise<Socket> {
  if (process.platform !== "linux") {
    throw new UserError(
      `Deno cannot choose the source on ${process.platform}: ` +
        `run it with Bun or Node, or leave the source out`,
    );
  }
  const socket = createSocket("udp4");
  try {
    await bind(socket, 0, address);
    socket.addSourceSpecificMembership(source, group, address);
    return socket;
  } catch (error) {
    await close(socket);
    throw error;
  }
}
