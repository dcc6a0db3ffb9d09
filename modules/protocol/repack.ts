import {
  createView,
  type PacketCodec,
  type PacketView,
  type PacketWriter,
} from "../codecs/codec.ts";
import { invariant } from "../core/errors.ts";
import { type PacketRef, wireSeqOf } from "../impairments/impairment.ts";

/** Makes packets of some of a packet's messages, as the publisher would have packed them. */
export class Repack {
  #codec: PacketCodec;
  #view: PacketView;
  #writer: PacketWriter;

  constructor(codec: PacketCodec) {
    this.#codec = codec;
    this.#view = createView(codec.messagesMax);
    this.#writer = codec.writer();
  }

  /** Whether the packet can be taken apart: one whose bytes are damaged cannot. */
  open(packet: PacketRef): boolean {
    return (
      this.#codec.decode(packet.bytes, this.#view) === undefined &&
      this.#view.count === packet.count
    );
  }

  /** The opened packet's messages [from, until), counted from 0, in bytes of their own. */
  part(packet: PacketRef, from: number, until: number): PacketRef {
    const { bounds } = this.#view;
    const wireSeq = wireSeqOf(packet) + from;
    const into = new Uint8Array(packet.bytes.length);
    this.#writer.begin(into, packet.session?.name ?? "", wireSeq, packet.dueNs);
    for (let i = from; i < until; i++) {
      const message = packet.bytes.subarray(bounds[2 * i], bounds[2 * i + 1]);
      invariant(this.#writer.add(message), "a part of a packet is larger than the packet");
    }
    const bytes = into.subarray(0, this.#writer.end());
    const msg = packet.msg + from;
    return { ...packet, bytes, seq: packet.seq + from, wireSeq, msg, count: until - from };
  }
}
