/** Puts messages that are sent again into packets, which need not be those that they first came in. */
import { invariant } from "../../core/errors.ts";
import type { Seq } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";
import type { PacketWriter } from "../codec.ts";

/** As many messages in a packet as it has room for. The packets are lent. */
export class Repacker {
  #writer: PacketWriter;
  #emit: (packet: Uint8Array, only: boolean) => void;
  #buffer: Uint8Array;
  #atNs: Nanos = 0;
  #open = false;
  /** The number that follows those in the open packet. */
  #next: Seq = 0;
  #packets = 0;

  /** `only`: the answer has no other packet. */
  constructor(
    writer: PacketWriter,
    packetMax: number,
    emit: (packet: Uint8Array, only: boolean) => void,
  ) {
    this.#writer = writer;
    this.#emit = emit;
    this.#buffer = new Uint8Array(packetMax);
  }

  /** An answer begins. */
  begin(atNs: Nanos): void {
    this.#open = false;
    this.#packets = 0;
    this.#atNs = atNs;
  }

  message(seq: Seq, message: Uint8Array): void {
    if (this.#open) {
      // The numbers of a packet follow each other.
      if (seq === this.#next && this.#writer.add(message)) {
        this.#next = seq + 1;
        return;
      }
      this.#flush(false);
    }
    this.#writer.begin(this.#buffer, "", seq, this.#atNs);
    const { length } = message;
    invariant(this.#writer.add(message), `message ${seq} of ${length} bytes fits no packet`);
    this.#open = true;
    this.#next = seq + 1;
  }

  /** The answer is whole. */
  finish(): void {
    if (this.#open) this.#flush(this.#packets === 0);
  }

  #flush(only: boolean): void {
    this.#open = false;
    this.#packets++;
    this.#emit(this.#buffer.subarray(0, this.#writer.end()), only);
  }
}
