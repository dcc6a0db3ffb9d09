import type { ByteFile } from "../../modules/core/byte-file.ts";
import { createRng } from "../../modules/core/rng.ts";
import type { Seq } from "../../modules/core/seq.ts";
import type { Source, SourceDeps } from "../../modules/sources/source.ts";
import { numberedCodec } from "./numbered-codec.ts";

/** What a source that reads a file is created with. */
export function fileDeps(file: ByteFile, given: Partial<SourceDeps> = {}): SourceDeps {
  return {
    first: 1,
    packets: numberedCodec,
    rng: createRng("source"),
    epochMs: 0,
    perSecond: 1,
    open: () => file,
    ...given,
  };
}

const latin1 = new TextDecoder("latin1");

/** A message of a source as text; undefined when there is none. */
export function messageOf(source: Source, seq: Seq): string | undefined {
  const into = new Uint8Array(1472).fill(0xdd);
  const length = source.write(seq, into, 0);
  return length < 0 ? undefined : latin1.decode(into.subarray(0, length));
}

/** All messages of a source, from `first` on. */
export function messagesOf(source: Source, first: Seq): string[] {
  const all: string[] = [];
  for (let seq = first; ; seq++) {
    const message = messageOf(source, seq);
    if (message === undefined) return all;
    all.push(message);
  }
}
