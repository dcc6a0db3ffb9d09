import type { PacketCodec, PacketWriter } from "../codecs/codec.ts";
import { invariant } from "../core/errors.ts";
import type { Seq } from "../core/seq.ts";
import type { MessageStore } from "../core/store.ts";
import type { Nanos } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import type { Source } from "../sources/source.ts";

/** The largest packet: an Ethernet frame less its IPv4 and UDP headers. */
export const PACKET_BYTES_MAX = 1472;

/** Gives a source's messages their numbers, keeps them in the store, and puts them into packets. */
export class Sequencer {
  #source: Source;
  #store: MessageStore;
  #writer: PacketWriter;
  #publish: (packet: PacketRef) => void;
  #first: Seq;
  #next: Seq;
  #packet = new Uint8Array(PACKET_BYTES_MAX);
  #message = new Uint8Array(PACKET_BYTES_MAX);

  constructor(
    codec: PacketCodec,
    source: Source,
    store: MessageStore,
    publish: (packet: PacketRef) => void,
  ) {
    this.#source = source;
    this.#store = store;
    this.#writer = codec.writer();
    this.#publish = publish;
    this.#first = store.next;
    this.#next = store.next;
  }

  /** The number that the next message will get. */
  get next(): Seq {
    return this.#next;
  }

  /** Publishes one packet; false when the source has no more. The packet's bytes are lent. */
  publish(dueNs: Nanos): boolean {
    const seq = this.#next;
    const length = this.#source.write(seq, this.#message);
    if (length < 0) return false;
    const message = this.#message.subarray(0, length);
    this.#writer.begin(this.#packet, "", seq);
    invariant(this.#writer.add(message), `message ${seq} of ${length} bytes fits no packet`);
    // Stored before it is sent: whoever asks for it can only have seen a later one.
    this.#store.append(seq, message);
    this.#next = seq + 1;
    const bytes = this.#packet.subarray(0, this.#writer.end());
    this.#publish({ bytes, kind: "data", seq, count: 1, msg: seq - this.#first + 1, dueNs });
    return true;
  }
}
