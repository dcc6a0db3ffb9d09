import type { LineAddress, Sender, Transport } from "../worlds/world.ts";

/** Sends repairs to their group, one datagram each, and keeps those that the sender did not take. */
export class RepairSender {
  #sender: Sender | undefined;
  /** No more than one for each client that is being answered: who is told to wait, waits. */
  #waiting: Uint8Array[] = [];
  #ends = new Int32Array(1);

  /** Fails with a UserError when the group cannot be sent to. `drained`: there is room again. */
  static async open(
    transport: Transport,
    line: LineAddress,
    drained: () => void,
  ): Promise<RepairSender> {
    const repairs = new RepairSender();
    repairs.#sender = await transport.publish(line, {
      drained: () => {
        if (repairs.#flush()) drained();
      },
      // As on a line: what the system does not send is lost, and asked for again.
      failed: () => {},
    });
    return repairs;
  }

  /** Takes a copy of the packet. False: others should wait until it has drained. */
  send(packet: Uint8Array): boolean {
    if (this.#waiting.length === 0 && this.#pass(packet)) return true;
    this.#waiting.push(packet.slice());
    return false;
  }

  async close(): Promise<void> {
    this.#waiting = [];
    await this.#sender?.close();
  }

  #flush(): boolean {
    for (let packet = this.#waiting[0]; packet !== undefined; packet = this.#waiting[0]) {
      if (!this.#pass(packet)) return false;
      this.#waiting.shift();
    }
    return true;
  }

  #pass(packet: Uint8Array): boolean {
    this.#ends[0] = packet.length;
    return this.#sender?.send({ slab: packet, ends: this.#ends, count: 1 }) === 1;
  }
}
