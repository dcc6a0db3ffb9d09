/** Writes packets of NYSE's Pillar feeds; layout.ts says what they look like. */
import { readU16le, writeU16le, writeU32le } from "../../core/integers.ts";
import type { Seq } from "../../core/seq.ts";
import { type Nanos, type WallTime, wallTime } from "../../core/time.ts";
import type { PacketWriter } from "../codec.ts";
import {
  CONTROL_SIZE,
  FLAG,
  MESSAGE_HEADER,
  MESSAGES_MAX,
  NUMBER_MAX,
  PACKET_HEADER,
  PACKET_MAX,
  TYPE,
  type XdpChannel,
} from "./layout.ts";

/** What all packets of a feed have in common. */
export interface XdpOptions extends XdpChannel {
  /** When the run began: milliseconds since 1970, UTC. */
  readonly epochMs: number;
  /** Whether the packets are sent again: each is then the only one of its answer. */
  readonly repair: boolean;
}

/** Writes packets: of data, and of what tells of the feed itself. */
export class XdpWriter implements PacketWriter {
  #options: XdpOptions;
  #into: Uint8Array = new Uint8Array();
  #room = 0;
  #length = 0;
  #messages = 0;

  constructor(options: XdpOptions) {
    this.#options = options;
  }

  begin(into: Uint8Array, _session: string, seq: Seq, atNs: Nanos): void {
    const flag = this.#options.repair ? FLAG.againOnly : FLAG.original;
    this.#begin(into, flag, seq, atNs);
  }

  /** False also for what is no message of a packet: its first two bytes are not its length. */
  add(message: Uint8Array): boolean {
    if (this.at + message.length > this.#into.length) return false;
    this.#into.set(message, this.at);
    return this.take(message.length);
  }

  get at(): number {
    return this.#length;
  }

  take(length: number): boolean {
    const start = this.#length;
    if (this.#messages === MESSAGES_MAX || start + length > this.#room) return false;
    if (length < MESSAGE_HEADER || readU16le(this.#into, start) !== length) return false;
    this.#length += length;
    this.#messages++;
    return true;
  }

  end(): number {
    writeU16le(this.#into, 0, this.#length);
    this.#into[3] = this.#messages;
    return this.#length;
  }

  heartbeat(into: Uint8Array, _session: string, next: Seq, atNs: Nanos): number {
    this.#begin(into, FLAG.heartbeat, next, atNs);
    return this.end();
  }

  /** A heartbeat: the format has no end of session, and the next number shows the tail as well. */
  endOfSession(into: Uint8Array, session: string, next: Seq, atNs: Nanos): number {
    return this.heartbeat(into, session, next, atNs);
  }

  /** `made` is when the message was made, if not with its packet. */
  reset(into: Uint8Array, _session: string, next: Seq, atNs: Nanos, made?: WallTime): number {
    this.#begin(into, FLAG.reset, next - 1, atNs);
    const { seconds, nanos } = made ?? wallTime(this.#options.epochMs, atNs);
    return this.#control(TYPE.reset, seconds, nanos);
  }

  /** Says that [from, until) cannot be had any more. */
  unavailable(into: Uint8Array, from: Seq, until: Seq, atNs: Nanos): number {
    // Of no sequence: the packet has no number that counts.
    this.#begin(into, FLAG.unavailable, 1, atNs);
    return this.#control(TYPE.unavailable, from, Math.min(until - 1, NUMBER_MAX));
  }

  /** A message of two numbers, the product and the channel. */
  #control(type: number, first: number, second: number): number {
    const into = this.#into;
    const at = PACKET_HEADER;
    writeU16le(into, at, CONTROL_SIZE);
    writeU16le(into, at + 2, type);
    writeU32le(into, at + 4, first);
    writeU32le(into, at + 8, second);
    into[at + 12] = this.#options.product;
    into[at + 13] = this.#options.channel;
    this.#length = at + CONTROL_SIZE;
    this.#messages = 1;
    return this.end();
  }

  #begin(into: Uint8Array, flag: number, number: number, atNs: Nanos): void {
    this.#room = Math.min(into.length, PACKET_MAX);
    this.#into = into;
    this.#length = PACKET_HEADER;
    this.#messages = 0;
    const { seconds, nanos } = wallTime(this.#options.epochMs, atNs);
    into[2] = flag;
    writeU32le(into, 4, number);
    writeU32le(into, 8, seconds);
    writeU32le(into, 12, nanos);
  }
}
