/**
 * Recovery as the small Rust demo does it: one request a connection, `GET SEQ:10`, answered with
 * `Recovered data for SEQ:10` or `Not found`, and the server closes.
 */
import * as z from "zod";
import { type Seq, SEQ_MAX } from "../../core/seq.ts";
import type {
  AnswerSink,
  Asked,
  ClientDialogue,
  RecoveryCodec,
  RecoveryDefinition,
  RequestSink,
  ServerDialogue,
} from "./recovery.ts";

const encoder = new TextEncoder();
const ascii = new TextDecoder("latin1");

const NOT_FOUND = "Not found";
/** Nothing honest comes near it: a number and four words. */
const ANSWER_BYTES_MAX = 1024;

const REQUEST_BYTES_MAX = 1024;

/** Lost messages are asked for one at a time, and the answer says nothing of their content. */
export const demoRecovery: RecoveryDefinition<Record<string, never>> = {
  name: "demo",
  summary: "GET SEQ:10 over TCP, one message a connection",
  example: "protocol: demo",
  options: z.strictObject({}),
  create: () => recovery,
};

const recovery: RecoveryCodec = {
  over: "stream",
  repairs: "answer",
  requestMax: 1,
  connection: "one",
  requestEnds: true,
  carriesPayload: false,
  client: (out) => new Client(out),
  server: (out) => new Server(out),
  describeRequest,
  describeAnswer,
};

function describeRequest({ from }: Asked): string {
  return `GET SEQ:${from}`;
}

function describeAnswer(_session: string, seq: Seq): string {
  return `Recovered data for SEQ:${seq}`;
}

/** An answer is everything up to the end of the stream, or the first line of it. */
class Client implements ClientDialogue {
  #out: AnswerSink;
  #bytes: number[] = [];
  #done = false;

  constructor(out: AnswerSink) {
    this.#out = out;
  }

  ask(_request: number, asked: Asked): Uint8Array {
    return encoder.encode(describeRequest(asked));
  }

  push(bytes: Uint8Array): void {
    if (this.#done) return;
    for (const byte of bytes.subarray(0, ANSWER_BYTES_MAX + 1)) this.#bytes.push(byte);
    if (this.#bytes.length <= ANSWER_BYTES_MAX) return;
    this.#done = true;
    this.#out.fault("too-long", printable(ascii.decode(Uint8Array.from(this.#bytes))));
  }

  end(): void {
    if (this.#done || this.#bytes.length === 0) return;
    this.#done = true;
    const bytes = Uint8Array.from(this.#bytes);
    const text = ascii.decode(bytes).trim();
    if (text === NOT_FOUND) return this.#out.refused(1, "not found", true);
    const [, digits] = /^Recovered data for SEQ:(\d+)$/.exec(text) ?? [];
    if (digits === undefined) return this.#out.fault("bad-message", printable(text));
    const seq = Number(digits);
    if (seq > SEQ_MAX) return this.#out.fault("seq-unsafe", printable(text));
    const start = ascii.decode(bytes).indexOf(text);
    this.#out.message("", seq, bytes, start, start + text.length);
  }
}

/**
 * A request needs no terminator, so `GET SEQ:1` may yet become `GET SEQ:10`: only a newline, the end
 * of the stream, or a quiet moment (which the server decides) tells that it is whole.
 */
class Server implements ServerDialogue {
  #out: RequestSink;
  #text = "";
  #done = false;

  constructor(out: RequestSink) {
    this.#out = out;
  }

  get settled(): boolean {
    return !this.#done && /^\s*GET SEQ:\s*\d+\s*$/.test(this.#text);
  }

  push(bytes: Uint8Array): void {
    if (this.#done) return;
    const room = REQUEST_BYTES_MAX + 1 - this.#text.length;
    this.#text += ascii.decode(bytes.subarray(0, room));
    if (this.#text.trimStart().includes("\n")) return this.#finish();
    if (this.#text.length <= REQUEST_BYTES_MAX) return;
    this.#done = true;
    this.#out.fault("too-long", printable(this.#text));
  }

  end(): void {
    if (!this.#done && this.#text.trim() !== "") this.#finish();
  }

  begin(): void {}

  message(seq: Seq): void {
    this.#out.reply(encoder.encode(describeAnswer("", seq)));
  }

  finish(from: Seq, until: Seq): void {
    if (from < until) this.refuse();
  }

  refuse(): void {
    this.#out.reply(encoder.encode(NOT_FOUND));
  }

  #finish(): void {
    this.#done = true;
    const text = this.#text
      .trim()
      .split(/[\r\n]/, 1)[0]!
      .trimEnd();
    const [, digits] = /^GET SEQ:\s*(\d+)$/.exec(text) ?? [];
    const seq = Number(digits);
    if (digits === undefined) this.#out.fault("bad-message", printable(text));
    else if (seq > SEQ_MAX) this.#out.fault("seq-unsafe", printable(text));
    else this.#out.request(1, { session: "", from: seq, until: seq + 1 }, text);
  }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
}
