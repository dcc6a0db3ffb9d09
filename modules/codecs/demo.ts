/**
 * The text protocol of the small Rust demo that feedlab descends from. A datagram is
 * `SEQ:7|PRICE:107`: one message, ASCII, no newline, no session, no heartbeat.
 */
import { writeDecimal } from "../core/bytes.ts";
import { type Seq, SEQ_MAX } from "../core/seq.ts";
import * as z from "zod";
import type {
  DecodeFault,
  PacketCodec,
  PacketView,
  PacketWriter,
  ProtocolDefinition,
} from "./codec.ts";
import { demoRecovery } from "./recovery/demo.ts";

const encoder = new TextEncoder();
const ascii = new TextDecoder("latin1");

const PREFIX = encoder.encode("SEQ:");
const PRICE = encoder.encode("PRICE:");
const BAR = 0x7c;
const MINUS = 0x2d;
const POINT = 0x2e;
/** Nothing honest comes near it: two numbers and two words. */
const PACKET_BYTES_MAX = 1024;

/** Lost messages are asked for one at a time, and the text says nothing of prices. */
export const demo: ProtocolDefinition<Record<string, never>> = {
  name: "demo",
  summary: "the text protocol of the original demo: SEQ:7|PRICE:107, GET SEQ:10",
  example: "protocol: demo",
  options: z.strictObject({}),
  create: (_options, deps) => ({ packets, recovery: demoRecovery.create({}, deps) }),
};

const packets: PacketCodec = {
  messagesMax: 1,
  packetMax: PACKET_BYTES_MAX,
  firstSeq: 1,
  lastSeq: SEQ_MAX - 1,
  heartbeats: false,
  sessionBytes: 0,
  messages: ["text"],
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
  into.repair = false;
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
    if (this.at + message.length > this.#into.length) return false;
    this.#into.set(message, this.at);
    return this.take(message.length);
  }

  get at(): number {
    return this.#length;
  }

  take(length: number): boolean {
    if (this.#messages === 1 || this.#length + length > this.#into.length) return false;
    this.#length += length;
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

  reset(): number {
    return 0;
  }
}
