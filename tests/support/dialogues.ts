import type {
  AnswerSink,
  ClientDialogue,
  RecoveryCodec,
  RequestSink,
  ServerDialogue,
} from "../../modules/codecs/recovery/recovery.ts";
import { record } from "./record.ts";

/** A call of a sink as it was told, but with the bytes of a message instead of where they lie. */
export type Told = readonly unknown[];

interface Side<Dialogue> {
  readonly dialogue: Dialogue;
  /** What was told since the last time. */
  readonly take: () => Told[];
  /** Feeds bytes that are overwritten as soon as the call is over. */
  readonly feed: (...chunks: readonly Uint8Array[]) => Told[];
}

/** One connection of a client, and what its sink was told. */
export function clientOf(codec: RecoveryCodec): Side<ClientDialogue> {
  const recorded = record<AnswerSink>();
  return sideOf(codec.client(recorded.sink), () =>
    recorded.take().map((call): Told => {
      if (call[0] !== "message") return call;
      const [name, session, seq, bytes, start, end] = call;
      return [name, session, seq, bytes.slice(start, end)];
    }),
  );
}

/** One connection of a server, and what its sink was told. */
export function serverOf(codec: RecoveryCodec): Side<ServerDialogue> {
  const recorded = record<RequestSink>();
  return sideOf(codec.server(recorded.sink), () => recorded.take());
}

function sideOf<D extends { push(bytes: Uint8Array): void }>(
  dialogue: D,
  take: () => Told[],
): Side<D> {
  return {
    dialogue,
    take,
    feed: (...chunks) => {
      for (const chunk of chunks) {
        const lent = chunk.slice();
        dialogue.push(lent);
        lent.fill(0xdd);
      }
      return take();
    },
  };
}

/** Each byte by itself. */
export function byteByByte(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** All of the bytes behind each other. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

/** The bytes of every reply among what was told. */
export function repliesIn(told: readonly Told[]): Uint8Array[] {
  return told.filter(([name]) => name === "reply").map(([, bytes]) => bytes as Uint8Array);
}
