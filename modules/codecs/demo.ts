/**
 * The text protocol of the small Rust demo that feedlab descends from. A datagram is
 * `SEQ:7|PRICE:107`: one message, ASCII, no newline, no session, no heartbeat. Recovery is one
 * request a connection: `GET SEQ:10`, answered with `Recovered data for SEQ:10` or `Not found`,
 * and the server closes.
 */
import { writeDecimal } from "../core/bytes.ts";
import type { Definition } from "../core/registry.ts";
import { type Seq, SEQ_MAX } from "../core/seq.ts";
import * as z from "zod";
import type {
  DecodeFault,
  PacketCodec,
  PacketView,
  PacketWriter,
  Protocol,
  RecoveryCodec,
  RecoveryDecoder,
  RecoveryFrames,
} from "./codec.ts";

const encoder = new TextEncoder();
const ascii = new TextDecoder("latin1");

const PREFIX = encoder.encode("SEQ:");
const PRICE = encoder.encode("PRICE:");
const BAR = 0x7c;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Nothing honest comes near it: two numbers and two words. */
const PACKET_BYTES_MAX = 1024;
const NOT_FOUND = "Not found";

/** Lost messages are asked for one at a time, and the text says nothing of prices. */
export const demo: Definition<Record<string, never>, Protocol> = {
  name: "demo",
  summary: "the text protocol of the original demo: SEQ:7|PRICE:107, GET SEQ:10",
  example: "protocol: demo",
  options: z.strictObject({}),
  create: () => ({ packets, recovery }),
};

const packets: PacketCodec = {
  messagesMax: 1,
  firstSeq: 1,
  heartbeats: false,
  decode,
  writer: () => new DemoWriter(),
  describe: (view) => ascii.decode(view.bytes),
};

function decode(bytes: Uint8Array, into: PacketView): DecodeFault | undefined {
  if (bytes.length === 0) return "empty";
  if (bytes.length > PACKET_BYTES_MAX) return "too-long";
  for (let i = 0; i < PREFIX.length; i++) if (bytes[i] !== PREFIX[i]) return "bad-message";
  let at = PREFIX.length;
  let seq = 0;
  for (; at < bytes.length && bytes[at] !== BAR; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return "bad-number";
    seq = seq * 10 + digit;
    if (seq > SEQ_MAX) return "seq-unsafe";
  }
  if (at === PREFIX.length) return "bad-number";
  const start = at + 1;
  for (let i = start; i < bytes.length; i++) if (bytes[i]! > 0x7e) return "not-ascii";
  if (!isPrice(bytes, start)) return "bad-message";
  into.bytes = bytes;
  into.kind = "data";
  into.session = "";
  into.seq = seq;
  into.count = 1;
  into.bounds[0] = start;
  into.bounds[1] = bytes.length;
  return undefined;
}

/** `PRICE:`, a number, and nothing after it. By hand: every packet comes through here. */
function isPrice(bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < PRICE.length; i++) if (bytes[start + i] !== PRICE[i]) return false;
  const sign = start + PRICE.length;
  const whole = bytes[sign] === MINUS ? sign + 1 : sign;
  const point = digitsEnd(bytes, whole);
  if (point === whole || bytes[point] !== POINT) return point > whole && point === bytes.length;
  const end = digitsEnd(bytes, point + 1);
  return end > point + 1 && end === bytes.length;
}

function digitsEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at]! >= 0x30 && bytes[at]! <= 0x39) at++;
  return at;
}

class DemoWriter implements PacketWriter {
  #into: Uint8Array = new Uint8Array();
  #length = 0;
  #messages = 0;

  begin(into: Uint8Array, _session: string, seq: Seq): void {
    this.#into = into;
    for (let i = 0; i < PREFIX.length; i++) into[i] = PREFIX[i]!;
    const end = writeDecimal(into, PREFIX.length, seq);
    into[end] = BAR;
    this.#length = end + 1;
    this.#messages = 0;
  }

  add(message: Uint8Array): boolean {
    if (this.#messages === 1 || this.#length + message.length > this.#into.length) return false;
    this.#into.set(message, this.#length);
    this.#length += message.length;
    this.#messages++;
    return true;
  }

  end(): number {
    return this.#length;
  }

  heartbeat(): number {
    return 0;
  }

  endOfSession(): number {
    return 0;
  }
}

const recovery: RecoveryCodec = {
  requestMax: 1,
  carriesPayload: false,
  request: (from) => encoder.encode(describeRequest(from)),
  message: (seq) => encoder.encode(describeAnswer(seq)),
  notFound: () => encoder.encode(NOT_FOUND),
  describeRequest,
  describeAnswer,
  requests: (out) => new RequestDecoder(out),
  answers: (out) => new AnswerDecoder(out),
};

function describeRequest(seq: Seq): string {
  return `GET SEQ:${seq}`;
}

function describeAnswer(seq: Seq): string {
  return `Recovered data for SEQ:${seq}`;
}

/**
 * A request needs no terminator, so `GET SEQ:1` may yet become `GET SEQ:10`: only a newline, the end
 * of the stream, or a quiet moment (which the server decides) tells that it is whole.
 */
class RequestDecoder implements RecoveryDecoder {
  #out: RecoveryFrames;
  #text = "";
  #done = false;

  constructor(out: RecoveryFrames) {
    this.#out = out;
  }

  get settled(): boolean {
    return !this.#done && /^\s*GET SEQ:\s*\d+\s*$/.test(this.#text);
  }

  push(bytes: Uint8Array): void {
    if (this.#done) return;
    this.#text += ascii.decode(bytes);
    const line = this.#text.trimStart();
    if (line.includes("\n")) this.#finish();
  }

  end(): void {
    if (!this.#done && this.#text.trim() !== "") this.#finish();
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
    else this.#out.request(seq, seq + 1, text);
  }
}

/** An answer is everything up to the end of the stream, or the first line of it. */
class AnswerDecoder implements RecoveryDecoder {
  readonly settled = false;
  #out: RecoveryFrames;
  #bytes: number[] = [];
  #done = false;

  constructor(out: RecoveryFrames) {
    this.#out = out;
  }

  push(bytes: Uint8Array): void {
    if (this.#done) return;
    for (const byte of bytes.subarray(0, PACKET_BYTES_MAX + 1)) this.#bytes.push(byte);
    if (this.#bytes.length <= PACKET_BYTES_MAX) return;
    this.#done = true;
    this.#out.fault("too-long", printable(ascii.decode(Uint8Array.from(this.#bytes))));
  }

  end(): void {
    if (this.#done || this.#bytes.length === 0) return;
    this.#done = true;
    const bytes = Uint8Array.from(this.#bytes);
    const text = ascii.decode(bytes).trim();
    if (text === NOT_FOUND) return this.#out.notFound();
    const [, digits] = /^Recovered data for SEQ:(\d+)$/.exec(text) ?? [];
    if (digits === undefined) return this.#out.fault("bad-message", printable(text));
    const seq = Number(digits);
    if (seq > SEQ_MAX) return this.#out.fault("seq-unsafe", printable(text));
    const start = ascii.decode(bytes).indexOf(text);
    this.#out.message(seq, bytes, start, start + text.length);
  }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, "?").slice(0, 64);
}
