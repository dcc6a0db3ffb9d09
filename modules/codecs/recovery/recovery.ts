/**
 * What a recovery protocol must do: one dialogue a connection, on each side. A dialogue knows the
 * bytes; who asks when, for how long and how often, and who may, the machines in protocol/ know.
 */
import type { Definition } from "../../core/registry.ts";
import type { Seq } from "../../core/seq.ts";
import type { Nanos } from "../../core/time.ts";
import type { CodecDeps, DecodeFault } from "../codec.ts";

/** Numbers [from, until) of one session; its name is empty where sessions have none. */
export interface Asked {
  readonly session: string;
  readonly from: Seq;
  readonly until: Seq;
}

/** Why a server does not send what was asked for. */
export type Refusal =
  /** It does not have it: never published, or published too long ago. */
  | "not-found"
  /** More than it sends for one request. */
  | "too-many"
  /** The client has asked too often. */
  | "quota"
  /** Not a session that it has. */
  | "session";

/** What a client learns from the server. Bytes are lent: copy what must outlive the call. */
export interface AnswerSink {
  /** A retransmitted message spans bytes[start] .. bytes[end]. */
  message(session: string, seq: Seq, bytes: Uint8Array, start: number, end: number): void;
  /** The server has taken a request; what it brings is on its way, perhaps elsewhere. */
  accepted(request: number): void;
  /** The server will not answer. `final`: asking again is no use; `reason` is for people. */
  refused(request: number, reason: string, final: boolean): void;
  /** Nothing more comes for this request, whether all of it has come or not. */
  answered(request: number): void;
  /** To be sent to the server now: what its heartbeat wants to hear, say. */
  reply(bytes: Uint8Array): void;
  /** Bytes that mean nothing here; `text` shows them, made printable. */
  fault(fault: DecodeFault, text: string): void;
}

/** A client's side of one connection, or of one datagram and what comes back. */
export interface ClientDialogue {
  /**
   * The bytes that ask. `request` is 1 for the first on this connection and names it when the sink is
   * told of it. The bytes are new each time.
   */
  ask(request: number, asked: Asked): Uint8Array;
  /** What the server sent, in any chunking of a stream, or one datagram. */
  push(bytes: Uint8Array): void;
  /** The server has finished sending: what is held is all there will be. */
  end(): void;
  /** What to send before the connection is closed, where the protocol has a word for it. */
  leave?(): Uint8Array;
  /** What to send when nothing was sent for `clientSilence`. */
  heartbeat?(): Uint8Array;
}

/** What a server learns from a client, and what its dialogue wants sent. Bytes are lent. */
export interface RequestSink {
  /**
   * Numbers are asked for; `until` is beyond every number when all from there on are wanted, and
   * `from` is undefined for the newest message only. `text` is for people.
   */
  request(
    request: number,
    asked: Omit<Asked, "from"> & { readonly from: Seq | undefined },
    text: string,
  ): void;
  /** To be sent to this client. */
  reply(bytes: Uint8Array): void;
  /** To be sent to the group of repairs, as one datagram. */
  repair(bytes: Uint8Array): void;
  /** The client is about to go. */
  left(): void;
  /** It has shown that it lives, without asking for anything. */
  alive(): void;
  /** Bytes that mean nothing here; `text` shows them, made printable. */
  fault(fault: DecodeFault, text: string): void;
}

/** A server's side of one connection, or of one datagram. What it wants sent, it tells its sink. */
export interface ServerDialogue {
  push(bytes: Uint8Array): void;
  /** The client has finished sending: what is held is all there will be. */
  end(): void;
  /**
   * True when what is held could already be a whole request, were it not that more may follow: a
   * quiet moment then means that it is one.
   */
  readonly settled: boolean;
  /** An answer begins. [from, until) will be sent, in order; empty when there is nothing. */
  begin(request: number, granted: Asked, atNs: Nanos): void;
  /** One message of it. */
  message(seq: Seq, message: Uint8Array): void;
  /** True when the latest message did not fit into the answer any more, and no later one will. */
  readonly full?: boolean;
  /** The answer is whole but for [from, until), which was asked for and is not there. */
  finish(from: Seq, until: Seq, atNs: Nanos): void;
  /** There will be no answer, for this reason. `asked` is what the request named. */
  refuse(request: number, asked: Asked, why: Refusal, atNs: Nanos): void;
  /** Says what it says when nothing was sent for `serverSilence`. */
  heartbeat?(atNs: Nanos): void;
  /** Says that the session is over. */
  endOfSession?(atNs: Nanos): void;
}

/** How lost messages are asked for and answered. */
export interface RecoveryCodec {
  /** What carries requests and answers: byte streams, or one datagram each. */
  readonly over: "stream" | "datagram";
  /** Where messages that are sent again arrive: in the answer, or on a group that all can hear. */
  readonly repairs: "answer" | "group";
  /** The most messages that one request can name. */
  readonly requestMax: number;
  /**
   * What a connection is for. `one`: one request and its answer. `many`: requests, one after the
   * other, for as long as it lasts. `follow`: one request, and after what was asked for, what is
   * published from then on, until the client leaves.
   */
  readonly connection: "one" | "many" | "follow";
  /** Whether a request is whole only when the client has finished sending, or has been quiet. */
  readonly requestEnds: boolean;
  /** False: an answer only says that the message is known, not what was in it. */
  readonly carriesPayload: boolean;
  /** Whether an answer names the session that its messages are of. */
  readonly sessions?: true;
  /** After so long without a word to the client, the server's dialogue has a heartbeat. */
  readonly serverSilence?: Nanos;
  /** After so long without a word to the server, the client's dialogue has a heartbeat. */
  readonly clientSilence?: Nanos;
  client(out: AnswerSink): ClientDialogue;
  server(out: RequestSink): ServerDialogue;
  /** A request and an answer as a person would write them. */
  describeRequest(asked: Asked): string;
  describeAnswer(session: string, seq: Seq): string;
}

/** A recovery protocol as `recovery.protocol` names it. */
export type RecoveryDefinition<Options> = Definition<Options, RecoveryCodec, CodecDeps>;
