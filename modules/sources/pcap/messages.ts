import { createView, type PacketCodec, type PacketView } from "../../codecs/codec.ts";
import { type ByteFile, FileWindow } from "../../core/byte-file.ts";
import { invariant, UserError } from "../../core/errors.ts";
import type { Seq } from "../../core/seq.ts";
import { quote } from "../../core/units.ts";
import { MESSAGE_BYTES_MAX } from "../source.ts";
import type { PacketIndex } from "./packet-index.ts";

/** Reads messages from the packets of a capture: the packet that was read last is kept. */
export class RecordedMessages {
  /** Nobody else moves it: what the view points into stays until the next packet is read. */
  #window: FileWindow;
  #codec: PacketCodec;
  #index: PacketIndex;
  #view: PacketView;
  /** Which messages are taken from the view: it may have some that another packet had before. */
  #from: Seq = 0;
  #until: Seq = 0;

  constructor(file: ByteFile, codec: PacketCodec, index: PacketIndex) {
    this.#window = new FileWindow(file);
    this.#codec = codec;
    this.#index = index;
    this.#view = createView(codec.messagesMax);
  }

  /** Writes a message that the index has, and returns its length in bytes. */
  write(seq: Seq, into: Uint8Array, at: number): number {
    if (seq < this.#from || seq >= this.#until) this.#load(seq);
    const { bytes, bounds } = this.#view;
    const message = 2 * (seq - this.#view.seq);
    const start = bounds[message]!;
    const length = bounds[message + 1]! - start;
    if (length > MESSAGE_BYTES_MAX) {
      throw new UserError(
        `Cannot publish message ${seq} of ${quote(this.#window.file.name)}: its ${length} bytes fit into ` +
          `no packet of this feed: take the protocol that it was captured with`,
      );
    }
    for (let i = 0; i < length; i++) into[at + i] = bytes[start + i]!;
    return length;
  }

  #load(seq: Seq): void {
    const { offset, length } = this.#index.placeOf(seq);
    const start = this.#window.show(offset, length);
    const bytes = this.#window.bytes.subarray(start, start + length);
    const fault = start < 0 ? "truncated" : this.#codec.decode(bytes, this.#view);
    invariant(fault === undefined, `packet at ${offset} was readable, and is ${fault} now`);
    const { from, until } = this.#index.rangeOf(seq);
    this.#from = from;
    this.#until = until;
  }
}
