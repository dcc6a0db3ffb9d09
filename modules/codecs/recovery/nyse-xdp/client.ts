/** Who asks for packets of a Pillar feed again; messages.ts says in which words. */
import { readU16le, readU32le } from "../../../core/integers.ts";
import { FLAG, PACKET_HEADER, PACKET_MAX, TYPE, type XdpChannel } from "../../nyse-xdp/layout.ts";
import type { AnswerSink, Asked, ClientDialogue } from "../recovery.ts";
import { Sized } from "../sized.ts";
import { eachMessage, SIZE, timeless, writeHeartbeatResponse, writeRequest } from "./messages.ts";

const ACCEPTED = "0";

/** Why not, for people. Asking the same again is no use: quotas are those of a day. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ["1", "unknown source id"],
  ["2", "no such range"],
  ["3", "too many for one request"],
  ["4", "no requests left for the day"],
  ["5", "no refreshes left for the day"],
  ["6", "too old"],
  ["7", "no such channel"],
  ["8", "no such product"],
  ["9", "not a request that is served"],
]);

/** Who asks, and about which feed. */
export interface XdpClientOptions extends XdpChannel {
  readonly source: string;
  readonly epochMs: number;
}

/** A client's side of a connection; what it asks for arrives elsewhere. */
export class XdpClient implements ClientDialogue {
  #options: XdpClientOptions;
  #out: AnswerSink;
  #packets: Sized;
  /** The number of the next packet that asks for nothing. */
  #next = 1;

  constructor(options: XdpClientOptions, out: AnswerSink) {
    this.#options = options;
    this.#out = out;
    this.#packets = new Sized({
      sizeOf: readU16le,
      min: PACKET_HEADER,
      max: PACKET_MAX,
      block: (bytes) => this.#onPacket(bytes),
      fault: (fault, text) => out.fault(fault, text),
    });
  }

  ask(request: number, { from, until }: Asked): Uint8Array {
    const { epochMs, ...who } = this.#options;
    this.#next = request + 1;
    return writeRequest(timeless(request, epochMs), { ...who, from, until });
  }

  push(bytes: Uint8Array): void {
    this.#packets.push(bytes);
  }

  end(): void {
    this.#packets.end();
  }

  #onPacket(bytes: Uint8Array): void {
    if (bytes[2] === FLAG.heartbeat && bytes[3] === 0 && bytes.length === PACKET_HEADER) {
      const { source, epochMs } = this.#options;
      this.#out.reply(writeHeartbeatResponse(timeless(this.#next, epochMs), source));
      return;
    }
    const whole = eachMessage(bytes, (at, size) => this.#onMessage(bytes, at, size));
    if (!whole || bytes[3] === 0) {
      this.#out.fault("bad-message", `a packet of ${bytes.length} bytes`);
    }
  }

  #onMessage(bytes: Uint8Array, at: number, size: number): void {
    const type = readU16le(bytes, at + 2);
    if (type !== TYPE.response || size !== SIZE.response) {
      return this.#out.fault("bad-kind", `a message of type ${type}, ${size} bytes`);
    }
    const request = readU32le(bytes, at + 4);
    const status = String.fromCharCode(bytes[at + 28]!);
    if (status === ACCEPTED) return this.#out.accepted(request);
    const reason = REASONS.get(status);
    if (reason !== undefined) return this.#out.refused(request, reason, true);
    this.#out.fault("bad-message", `no status ${JSON.stringify(status)}`);
  }
}
