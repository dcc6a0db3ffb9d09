import type { Seq } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";

/** When a request got from one stage to the next. */
export interface RecoveryStages {
  /** The gap was noticed. */
  readonly detected: Nanos;
  /** An attempt began. */
  readonly decided: Nanos;
  /** There was a connection, and the request was sent. */
  readonly connected: Nanos;
  /** The first byte of an answer, or of a repair, came. */
  readonly firstByte: Nanos;
  /** Nothing of it was missing any more. */
  readonly filled: Nanos;
}

/** What the client does and tells. An `id` names one connection. Numbers are the feed's. */
export interface RecoveryClientSink {
  /** `server` is the position of the one to be asked among those there are. */
  connect(id: number, server: number): void;
  send(id: number, bytes: Uint8Array): void;
  /** Says that nothing follows what was sent. */
  finish(id: number): void;
  /** The connection is of no more use. */
  close(id: number): void;
  /** An attempt begins. The first is number 1. */
  asking(from: Seq, until: Seq, attempt: number, now: Nanos): void;
  requested(from: Seq, until: Seq, attempt: number, now: Nanos): void;
  /** The answer to what was asked, and to nothing else. The bytes are lent. */
  recovered(seq: Seq, bytes: Uint8Array, start: number, end: number, now: Nanos): void;
  /** A server said something that nobody had asked for, or nonsense. */
  wrongAnswer(text: string, now: Nanos): void;
  unreachable(reason: string, now: Nanos): void;
  failed(from: Seq, until: Seq, reason: string, now: Nanos): void;
  /** Given up for good. */
  abandoned(from: Seq, until: Seq, reason: string, now: Nanos): void;
  /** A request for [from, until) is over, and brought something. */
  stages(from: Seq, until: Seq, stages: RecoveryStages): void;
}
