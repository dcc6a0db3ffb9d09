/**
 * Receiving multicast through Deno's own datagrams. Its node:dgram takes 64 KiB for each packet and
 * loses one in ten at 5000 packets a second.
 */
import type { Endpoint } from "../core/units.ts";
import { cannot, joining } from "./advice.ts";
import { endpoints, receiverAddress, resolveInterface } from "./interfaces.ts";
import { kernelDrops } from "./kernel-drops.ts";
import type { DenoAddress, DenoDatagramSocket, ListenDatagram } from "./runtime.ts";
import type { LineAddress, Subscription } from "./world.ts";

/** The longest datagram there is. A shorter buffer would cut packets off silently. */
const DATAGRAM_MAX_BYTES = 65_535;

/** Receives the packets of one line, each into the same buffer. */
export class DenoSubscription implements Subscription {
  /** Deno neither sets the size nor tells it. */
  readonly receiveBuffer = undefined;
  readonly #socket: DenoDatagramSocket;
  readonly #bound: Endpoint;
  readonly #receive: (bytes: Uint8Array, from?: Endpoint) => void;
  readonly #done: Promise<void>;
  readonly #fromOf = endpoints();
  #closing = false;

  private constructor(
    socket: DenoDatagramSocket,
    bound: Endpoint,
    receive: (bytes: Uint8Array, from?: Endpoint) => void,
  ) {
    this.#socket = socket;
    this.#bound = bound;
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
    try {
      const address = resolveInterface(line.interface);
      const hostname = receiverAddress(host);
      socket = listenDatagram({ transport: "udp", hostname, port, reuseAddress: true });
      await socket.joinMulticastV4(host, address);
      return new DenoSubscription(socket, { host: hostname, port }, receive);
    } catch (error) {
      socket?.close();
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
    }
    await this.#done;
  }

  async #run(): Promise<void> {
    const buffer = new Uint8Array(DATAGRAM_MAX_BYTES);
    while (!this.#closing) {
      const packet = await this.#next(buffer);
      if (packet === undefined || this.#closing) continue;
      const [bytes, from] = packet;
      const { hostname, port } = from as DenoAddress;
      this.#receive(bytes, this.#fromOf(hostname, port));
    }
  }

  async #next(buffer: Uint8Array): Promise<[Uint8Array, unknown] | undefined> {
    try {
      return await this.#socket.receive(buffer);
    } catch (error) {
      // Our own close interrupts it. Anything else is not ours to swallow.
      if (this.#closing) return undefined;
      throw error;
    }
  }
}
