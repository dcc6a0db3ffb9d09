/** Writes blocks of the Consolidated Tape; layout.ts says what they look like. */
import { readU16be, writeU16be, writeU32be } from "../../core/integers.ts";
import type { Seq } from "../../core/seq.ts";
import { type Nanos, type WallTime, wallTime } from "../../core/time.ts";
import type { PacketWriter } from "../codec.ts";
import {
  BLOCK_HEADER,
  BLOCK_MAX,
  CHECKSUM_AT,
  checksumOf,
  type CtaFeed,
  type CtaVersion,
  LETTER,
  lineMessage,
  MESSAGE_HEADER,
  MESSAGES_MAX,
} from "./layout.ts";

/** What all blocks of a feed have in common. */
export interface BlockOptions {
  readonly feed: CtaFeed;
  readonly version: CtaVersion;
  /** When the run began: milliseconds since 1970, UTC. */
  readonly epochMs: number;
  /** Whether the blocks are sent again. Their time is that of the block, not of the original. */
  readonly repair: boolean;
}

/** Writes blocks: of data, and of the control messages that tell of the line. */
export class BlockWriter implements PacketWriter {
  #options: BlockOptions;
  #into: Uint8Array = new Uint8Array();
  #room = 0;
  #length = 0;
  #messages = 0;

  constructor(options: BlockOptions) {
    this.#options = options;
  }

  begin(into: Uint8Array, _session: string, seq: Seq, atNs: Nanos): void {
    const room = Math.min(into.length, BLOCK_MAX);
    // Even, so that a padding byte always fits.
    this.#room = room - (room % 2);
    this.#into = into;
    this.#length = BLOCK_HEADER;
    this.#messages = 0;
    const { feed, version, epochMs, repair } = this.#options;
    const { seconds, nanos } = wallTime(epochMs, atNs);
    into[0] = version;
    into[3] = LETTER[feed];
    into[4] = repair ? LETTER.again : LETTER.original;
    writeU32be(into, 5, seq);
    writeU32be(into, 10, seconds);
    writeU32be(into, 14, nanos);
  }

  /**
   * False also for what can be no message of a block: its first two bytes are not its length, or it
   * tells of the line, which is what `heartbeat`, `endOfSession` and `reset` are for.
   */
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
    if (length < MESSAGE_HEADER || readU16be(this.#into, start) !== length) return false;
    if (lineMessage(this.#into, start) !== undefined) return false;
    this.#length += length;
    this.#messages++;
    return true;
  }

  end(): number {
    const into = this.#into;
    let length = this.#length;
    if (length % 2 !== 0) into[length++] = 0;
    into[9] = this.#messages;
    writeU16be(into, 1, length);
    writeU16be(into, CHECKSUM_AT, checksumOf(into, length));
    return length;
  }

  heartbeat(into: Uint8Array, _session: string, next: Seq, atNs: Nanos): number {
    return this.#control(into, LETTER.lineIntegrity, next - 1, atNs);
  }

  endOfSession(into: Uint8Array, _session: string, next: Seq, atNs: Nanos): number {
    return this.#control(into, LETTER.endOfDay, next, atNs);
  }

  /** `made` is when the message was made, where that is known: a little before its block. */
  reset(into: Uint8Array, _session: string, next: Seq, atNs: Nanos, made?: WallTime): number {
    const type = next === 1 ? LETTER.startOfDay : LETTER.reset;
    return this.#control(into, type, next - 1, atNs, made);
  }

  #control(into: Uint8Array, type: number, number: number, atNs: Nanos, made?: WallTime): number {
    this.begin(into, "", number, atNs);
    const at = BLOCK_HEADER;
    writeU16be(into, at, MESSAGE_HEADER);
    into[at + 2] = LETTER.control;
    into[at + 3] = type;
    into[at + 4] = LETTER.sip;
    // A message is made before its block is: it has the second in which that was.
    const { seconds } = made ?? wallTime(this.#options.epochMs, atNs);
    writeU32be(into, at + 5, seconds);
    into.fill(0, at + 9, at + MESSAGE_HEADER);
    writeU32be(into, at + 9, made?.nanos ?? 0);
    into[at + 13] = 1;
    this.#length = at + MESSAGE_HEADER;
    this.#messages = 1;
    return this.end();
  }
}
