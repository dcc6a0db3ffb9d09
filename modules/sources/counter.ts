import * as z from "zod";
import type { PacketCodec } from "../codecs/codec.ts";
import { UserError } from "../core/errors.ts";
import { size } from "../core/options.ts";
import type { Seq } from "../core/seq.ts";
import { plural } from "../core/units.ts";
import type { Source, SourceDefinition } from "./source.ts";
import { carries } from "./trial.ts";

const NUMBER_BYTES = 8;
const WORD_BYTES = 4;
const TWO_32 = 2 ** 32;

interface Options {
  /** In bytes. */
  readonly size: number;
}

/**
 * The message's number, the high byte first, without end. What comes after it repeats it, every
 * other time with all bits turned over, so that a spoiled byte can be told wherever it is.
 */
export const counter: SourceDefinition<Options> = {
  name: "counter",
  summary: "the message's number as 8 bytes, repeated up to a size",
  example: "source: { counter: { size: 100 bytes } }",
  options: z.strictObject({ size: size(NUMBER_BYTES).default(NUMBER_BYTES) }),
  fits,
  create({ size }, { packets, first }) {
    const wrong = fits(packets) ?? wrongSize(size, packets, first);
    if (wrong !== undefined) throw new UserError(`cannot send a counter: ${wrong}`);
    const write = counterWriter(size);
    return { write };
  },
};

function fits(packets: PacketCodec): string | undefined {
  if (carries(packets, counterOf(packets.firstSeq, NUMBER_BYTES))) return undefined;
  const known = packets.messages.join(" or ");
  return `the protocol takes no bytes as they come, only ${known}: write source: trades`;
}

function wrongSize(size: number, packets: PacketCodec, first: Seq): string | undefined {
  if (carries(packets, counterOf(first, size))) return undefined;
  let [low, high] = [NUMBER_BYTES, size];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (carries(packets, counterOf(first, middle))) low = middle;
    else high = middle;
  }
  const most = plural(low, "byte");
  return `no packet has room for ${plural(size, "byte")}: write size: ${most} or less`;
}

function counterOf(seq: Seq, size: number): Uint8Array {
  const message = new Uint8Array(size);
  counterWriter(size)(seq, message, 0);
  return message;
}

/** Words, not bytes, through a view that is made once: this source is for millions of messages a second. */
function counterWriter(size: number): Source["write"] {
  let whole: Uint8Array = new Uint8Array();
  let words: DataView = new DataView(whole.buffer);
  return (seq, into, at) => {
    if (into !== whole) {
      whole = into;
      words = new DataView(into.buffer, into.byteOffset, into.byteLength);
    }
    let high = 0;
    let low = seq | 0;
    if (seq >= TWO_32) {
      high = Math.floor(seq / TWO_32) | 0;
      low = (seq % TWO_32) | 0;
    }
    const end = at + size;
    let to = at;
    for (; to + NUMBER_BYTES <= end; to += NUMBER_BYTES) {
      words.setInt32(to, high);
      words.setInt32(to + WORD_BYTES, low);
      high = ~high;
      low = ~low;
    }
    if (to + WORD_BYTES <= end) {
      words.setInt32(to, high);
      to += WORD_BYTES;
      high = low;
    }
    for (; to < end; to++) {
      into[to] = high >>> 24;
      high <<= 8;
    }
    return size;
  };
}
