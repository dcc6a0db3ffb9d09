/**
 * What a snapshot protocol must do: one dialogue a connection, on each side, over a byte stream. A
 * dialogue knows the bytes; who waits how long, and which snapshot will do, the machines in protocol/
 * know. Numbers are the wire's.
 */
import type { Seq } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";
import type { DecodeFault } from "../codec.ts";

/** What a client learns from the server. Bytes are lent: copy what must outlive the call. */
export interface SnapshotAnswerSink {
  /** A message of the snapshot spans bytes[start] .. bytes[end]. */
  message(bytes: Uint8Array, start: number, end: number): void;
  /** That was all: it stands for the messages of the session before `next`, and none from there on. */
  complete(session: string, next: Seq): void;
  /** There will be none; `reason` is for people. */
  refused(reason: string): void;
  /** Bytes that mean nothing here; `text` shows them, made printable. */
  fault(fault: DecodeFault, text: string): void;
}

/** A client's side of one connection. */
export interface SnapshotClientDialogue {
  /** The bytes that ask for a snapshot of a session; of the latest if the name is empty. */
  ask(session: string): Uint8Array;
  push(bytes: Uint8Array): void;
  /** The server has finished sending. */
  end(): void;
  /** What to send when nothing was sent for `clientSilence`. */
  heartbeat(): Uint8Array;
}

/** What a server learns from a client, and what its dialogue wants sent. Bytes are lent. */
export interface SnapshotRequestSink {
  /** A snapshot of this session is wanted; of the latest if the name is empty. `text` is for people. */
  request(session: string, text: string): void;
  reply(bytes: Uint8Array): void;
  /** The client is about to go. */
  left(): void;
  /** Bytes that mean nothing here; `text` shows them, made printable. */
  fault(fault: DecodeFault, text: string): void;
}

/** A server's side of one connection: `begin`, `message` for each, `complete`; or `refuse`. */
export interface SnapshotServerDialogue {
  push(bytes: Uint8Array): void;
  end(): void;
  begin(session: string): void;
  message(message: Uint8Array): void;
  complete(next: Seq): void;
  /** There is no snapshot of such a session, or not yet. */
  refuse(): void;
}

/** How snapshots are asked for and sent. */
export interface SnapshotCodec {
  /** After so long without a word to the server, the client's dialogue has a heartbeat. */
  readonly clientSilence: Nanos;
  client(out: SnapshotAnswerSink): SnapshotClientDialogue;
  server(out: SnapshotRequestSink): SnapshotServerDialogue;
}
