/** Who sends packets of a Pillar feed again; messages.ts says in which words. */
import { readU16le, readU32le } from "../../../core/integers.ts";
import { formatRange, type Seq } from "../../../core/seq.ts";
import { type Nanos, wallTime } from "../../../core/time.ts";
import { FLAG, PACKET_HEADER, PACKET_MAX, TYPE, type XdpChannel } from "../../nyse-xdp/layout.ts";
import { XdpWriter } from "../../nyse-xdp/writer.ts";
import type { Asked, Refusal, RequestSink, ServerDialogue } from "../recovery.ts";
import { Repacker } from "../repacker.ts";
import { Sized } from "../sized.ts";
import {
  eachMessage,
  readRange,
  readSource,
  SIZE,
  writeHeartbeat,
  writeResponse,
  type XdpHeader,
  type XdpRange,
} from "./messages.ts";

const REFUSALS: Readonly<Record<Refusal, string>> = {
  "too-many": "3",
  quota: "4",
  "not-found": "6",
  session: "7",
};

/** Which feed is served, and to whom. */
export interface XdpServerOptions extends XdpChannel {
  /** The source ids that are known; none: all are. */
  readonly sources: readonly string[];
  readonly epochMs: number;
}

/**
 * A server's side of a connection. A request for more than there is gets accepted; what is not there
 * is then named on the group.
 */
export class XdpServer implements ServerDialogue {
  readonly settled = false;
  #options: XdpServerOptions;
  #out: RequestSink;
  #packets: Sized;
  #writer: XdpWriter;
  #repairs: Repacker;
  #control = new Uint8Array(PACKET_MAX);
  /** What was asked for and has no answer yet, by the number of the packet. */
  #asked = new Map<number, XdpRange>();
  #next = 1;
  /** The latest time that this dialogue was told. */
  #atNs: Nanos = 0;

  constructor(options: XdpServerOptions, out: RequestSink) {
    const { product, channel, epochMs } = options;
    this.#options = options;
    this.#out = out;
    this.#writer = new XdpWriter({ product, channel, epochMs, repair: true });
    this.#repairs = new Repacker(this.#writer, PACKET_MAX, (packet, only) => {
      packet[2] = only ? FLAG.againOnly : FLAG.againPart;
      out.repair(packet);
    });
    this.#packets = new Sized({
      sizeOf: readU16le,
      min: PACKET_HEADER,
      max: PACKET_MAX,
      block: (bytes) => this.#onPacket(bytes),
      fault: (fault, text) => out.fault(fault, text),
    });
  }

  push(bytes: Uint8Array): void {
    this.#packets.push(bytes);
  }

  end(): void {
    this.#packets.end();
  }

  begin(request: number, granted: Asked, atNs: Nanos): void {
    const asked = this.#take(request, granted);
    this.#respond(request, asked, "0", atNs);
    this.#repairs.begin(atNs);
    if (granted.from < granted.until) this.#unavailable(asked.from, granted.from, atNs);
  }

  message(seq: Seq, message: Uint8Array): void {
    this.#repairs.message(seq, message);
  }

  finish(from: Seq, until: Seq, atNs: Nanos): void {
    this.#repairs.finish();
    this.#unavailable(from, until, atNs);
  }

  refuse(request: number, asked: Asked, why: Refusal, atNs: Nanos): void {
    this.#respond(request, this.#take(request, asked), REFUSALS[why], atNs);
  }

  heartbeat(atNs: Nanos): void {
    this.#atNs = atNs;
    this.#out.reply(writeHeartbeat(this.#header(this.#next)));
  }

  #onPacket(bytes: Uint8Array): void {
    const number = readU32le(bytes, 4);
    if (bytes[2] === FLAG.heartbeat && bytes.length === PACKET_HEADER) return this.#out.alive();
    const whole = eachMessage(bytes, (at, size, index) =>
      this.#onMessage(bytes, at, size, number + index),
    );
    if (!whole || bytes[3] === 0) {
      this.#out.fault("bad-message", `a packet of ${bytes.length} bytes`);
    }
  }

  #onMessage(bytes: Uint8Array, at: number, size: number, request: number): void {
    const type = readU16le(bytes, at + 2);
    if (type === TYPE.heartbeatResponse && size === SIZE.heartbeatResponse) {
      if (this.#knows(readSource(bytes, at + 4))) this.#out.alive();
      return;
    }
    if (type !== TYPE.request || size !== SIZE.request) {
      const { product, channel } = this.#options;
      const none = { from: 0, until: 1, source: "", product, channel };
      return this.#turnDown(request, none, "9");
    }
    const range = readRange(bytes, at + 4);
    const { product, channel } = this.#options;
    if (!this.#knows(range.source)) return this.#turnDown(request, range, "1");
    if (range.product !== product) return this.#turnDown(request, range, "8");
    if (range.channel !== channel) return this.#turnDown(request, range, "7");
    // The specification has this status, and says that it is no longer sent; not what is instead.
    if (range.until <= range.from) return this.#turnDown(request, range, "2");
    this.#asked.set(request, range);
    const { from, until } = range;
    this.#out.request(request, { session: "", from, until }, describeRequest(range));
  }

  #knows(source: string): boolean {
    const { sources } = this.#options;
    return sources.length === 0 || sources.includes(source);
  }

  /** Refused by what is written in the request, whatever the server has. */
  #turnDown(request: number, range: XdpRange, status: string): void {
    this.#respond(request, range, status, this.#atNs);
    this.#out.alive();
  }

  /** What the request named; `else` where it is not one that this dialogue has read. */
  #take(request: number, { from, until }: Asked): XdpRange {
    const asked = this.#asked.get(request);
    this.#asked.delete(request);
    const { product, channel } = this.#options;
    return asked ?? { from, until, source: "", product, channel };
  }

  #respond(request: number, range: XdpRange, status: string, atNs: Nanos): void {
    this.#atNs = atNs;
    this.#out.reply(writeResponse(this.#header(this.#next++), request, range, status));
  }

  #header(number: number): XdpHeader {
    return { number, at: wallTime(this.#options.epochMs, this.#atNs) };
  }

  /** Tells the group that [from, until) cannot be had; nothing when there is nothing to tell. */
  #unavailable(from: Seq, until: Seq, atNs: Nanos): void {
    if (from >= until) return;
    const length = this.#writer.unavailable(this.#control, from, until, atNs);
    this.#out.repair(this.#control.subarray(0, length));
  }
}

/** A request as a person would write it. */
export function describeRequest(range: Pick<XdpRange, "from" | "until" | "source">): string {
  const source = range.source.replace(/[^\x20-\x7e]/g, "?");
  return `XDP request ${formatRange(range)} from ${source}`;
}
