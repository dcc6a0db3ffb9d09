import * as z from "zod";
import type { PacketCodec } from "../codecs/codec.ts";
import { UserError } from "../core/errors.ts";
import { size } from "../core/options.ts";
import type { Seq } from "../core/seq.ts";
import { plural } from "../core/units.ts";
import { put64 } from "../messages/put.ts";
import type { SourceDefinition } from "./source.ts";
import { carries } from "./trial.ts";

const NUMBER_BYTES = 8;

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
    return { write: (seq, into, at) => writeCounter(seq, into, at, size) };
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
  writeCounter(seq, message, 0, size);
  return message;
}

function writeCounter(seq: Seq, into: Uint8Array, at: number, size: number): number {
  put64(into, at, seq);
  const end = at + size;
  for (let i = at + NUMBER_BYTES; i < end; i++) into[i] = ~into[i - NUMBER_BYTES]!;
  return size;
}
