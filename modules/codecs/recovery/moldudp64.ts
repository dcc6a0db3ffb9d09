/**
 * Requests as MoldUDP64 has them: 20 bytes from the client's own address, answered to it with one
 * ordinary packet (Nasdaq, MoldUDP64 1.00). What does not fit into that packet must be asked for
 * again, and what is not there is answered with silence.
 */
import * as z from "zod";
import { invariant } from "../../core/errors.ts";
import { size } from "../../core/options.ts";
import { formatRange, type Seq, SEQ_MAX } from "../../core/seq.ts";
import { createView, type DecodeFault, type PacketCodec, type PacketView } from "../codec.ts";
import {
  COUNT_AT,
  HEADER_BYTES,
  HeaderWriter,
  seqOf,
  SessionReader,
  shortAt,
} from "../moldudp64/header.ts";
import { DATAGRAM_BYTES_MAX, moldPackets } from "../moldudp64/packets.ts";
import { showBytes, showSession } from "../show.ts";
import type {
  AnswerSink,
  Asked,
  ClientDialogue,
  RecoveryCodec,
  RecoveryDefinition,
  RequestSink,
  ServerDialogue,
} from "./recovery.ts";

/** One less than its two bytes hold: that one would look like an end of session. */
const REQUEST_MAX = 0xfffe;
/** Room for the header and a message worth its name. */
const PACKET_BYTES_MIN = 64;
/** What an Ethernet frame carries of a datagram. */
const PACKET_BYTES = 1472;

/** What may be said of the answers. */
export interface MoldRecoveryOptions {
  /** The longest answer, in bytes. */
  readonly answer: number;
}

/** Requests and answers are one datagram each; nothing says that there is no answer. */
export const moldRecovery: RecoveryDefinition<MoldRecoveryOptions> = {
  name: "moldudp64",
  summary: "20 bytes over UDP, answered with the messages that fit into one packet",
  example: "protocol: moldudp64",
  options: z.strictObject({
    answer: size(PACKET_BYTES_MIN)
      .refine((bytes) => bytes <= DATAGRAM_BYTES_MAX, {
        error: `UDP carries no more than ${DATAGRAM_BYTES_MAX} bytes: write that or less`,
      })
      .default(PACKET_BYTES)
      .describe("the longest answer"),
  }),
  create: ({ answer }) => moldRequests(answer),
};

function moldRequests(packetBytesMax: number): RecoveryCodec {
  const packets = moldPackets();
  const sessions = new SessionReader();
  // A view of so many messages is large, and is read out before push returns: one is enough.
  const view = createView(packets.messagesMax);
  return {
    over: "datagram",
    repairs: "answer",
    requestMax: REQUEST_MAX,
    connection: "many",
    requestEnds: false,
    carriesPayload: true,
    sessions: true,
    client: (out) => new Client(out, packets, view),
    server: (out) => new Server(out, packets, sessions, packetBytesMax),
    describeRequest,
    describeAnswer: (session, seq) => `${showSession(session)} ${seq}`,
  };
}

function describeRequest({ session, ...range }: Asked): string {
  return `request ${showSession(session)} ${formatRange(range)}`;
}

/** Requests that an answer may be for; before them, whoever asked has long given up. */
const ASKED_MAX = 256;

/**
 * Each datagram that comes back stands for itself: no answer is longer than one, and which request it
 * is for only its first number says.
 */
class Client implements ClientDialogue {
  #header = new HeaderWriter();
  #out: AnswerSink;
  #packets: PacketCodec;
  #view: PacketView;
  /** What had no answer yet, the latest last. */
  #asked: (Asked & { readonly request: number })[] = [];

  constructor(out: AnswerSink, packets: PacketCodec, view: PacketView) {
    this.#out = out;
    this.#packets = packets;
    this.#view = view;
  }

  ask(request: number, { session, from, until }: Asked): Uint8Array {
    const count = until - from;
    invariant(count >= 1 && count <= REQUEST_MAX, `a request for ${count} messages`);
    this.#asked.push({ request, session, from, until });
    if (this.#asked.length > ASKED_MAX) this.#asked.shift();
    const bytes = new Uint8Array(HEADER_BYTES);
    this.#header.put(bytes, session, from, count);
    return bytes;
  }

  push(bytes: Uint8Array): void {
    const view = this.#view;
    const fault = this.#packets.decode(bytes, view);
    if (fault !== undefined) return this.#out.fault(fault, showBytes(bytes));
    // A heartbeat or an end of session belongs on the lines; here it answers nothing.
    if (view.kind !== "data") return this.#out.fault("bad-kind", this.#packets.describe(view));
    const { session, seq, count, bounds } = view;
    for (let i = 0; i < count; i++) {
      this.#out.message(session, seq + i, bytes, bounds[2 * i]!, bounds[2 * i + 1]!);
    }
    // Who asked twice for the same has given up the first one.
    const at = this.#asked.findLastIndex(({ from, until }) => from <= seq && seq < until);
    const [answered] = at < 0 ? [] : this.#asked.splice(at, 1);
    if (answered !== undefined) this.#out.answered(answered.request);
  }

  end(): void {}
}

class Server implements ServerDialogue {
  readonly settled = false;
  #out: RequestSink;
  #sessions: SessionReader;
  #bytesMax: number;
  #answer: Uint8Array | undefined;
  #writer;
  /** The number that fits next; undefined when nothing more does. */
  #next: Seq | undefined;
  #messages = 0;

  constructor(out: RequestSink, packets: PacketCodec, sessions: SessionReader, bytesMax: number) {
    this.#out = out;
    this.#sessions = sessions;
    this.#bytesMax = bytesMax;
    this.#writer = packets.writer();
  }

  push(bytes: Uint8Array): void {
    const fault = faultOf(bytes);
    if (fault !== undefined) return this.#out.fault(fault, showBytes(bytes));
    const from = seqOf(bytes)!;
    const until = from + shortAt(bytes, COUNT_AT);
    const asked = { session: this.#sessions.read(bytes), from, until };
    this.#out.request(1, asked, describeRequest(asked));
  }

  end(): void {}

  begin(_request: number, { session, from }: Asked): void {
    this.#answer ??= new Uint8Array(this.#bytesMax);
    this.#writer.begin(this.#answer, session, from, 0);
    this.#next = from;
    this.#messages = 0;
  }

  get full(): boolean {
    return this.#next === undefined;
  }

  message(seq: Seq, message: Uint8Array): void {
    if (this.#next === undefined) return;
    // A packet numbers its messages by their order alone: after a hole, nothing can follow.
    if (seq !== this.#next || !this.#writer.add(message)) return void (this.#next = undefined);
    this.#next++;
    this.#messages++;
  }

  finish(): void {
    if (this.#messages === 0) return;
    this.#out.reply(this.#answer!.subarray(0, this.#writer.end()));
    this.#messages = 0;
    this.#next = undefined;
  }

  /** There is no packet that says no. */
  refuse(): void {}
}

/** What is wrong with a request, which looks like a header without a packet. */
function faultOf(bytes: Uint8Array): DecodeFault | undefined {
  if (bytes.length === 0) return "empty";
  if (bytes.length < HEADER_BYTES) return "truncated";
  if (bytes.length > HEADER_BYTES) return "trailing-bytes";
  const seq = seqOf(bytes);
  const count = shortAt(bytes, COUNT_AT);
  if (seq === undefined || count > SEQ_MAX - seq + 1) return "seq-unsafe";
  return count === 0 ? "bad-number" : undefined;
}
