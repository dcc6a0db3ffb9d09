import { LINK } from "./frame.ts";
import { BLOCK, BYTE_ORDER, OPTION, padded } from "./pcapng.ts";
import { nanoTicks } from "./timestamp.ts";

/** The program that wrote a section. */
const USER_APPLICATION = 4;

const NANOSECONDS = 9;
const COMMENT_BYTES_MAX = 0xffff;
const PACKET_HEADER_BYTES = 28;
const OPTION_BYTES = 4;
const utf8 = new TextEncoder();

/** A point in time and how a packet came about. */
export interface PacketNote {
  readonly line: number;
  /** Since 1970. */
  readonly seconds: number;
  readonly nanos: number;
  readonly comment: string | undefined;
}

/** Writes blocks of a pcapng file, in little-endian order, one at a time into one buffer. */
export class BlockWriter {
  #bytes: Uint8Array;
  #view: DataView;

  constructor() {
    this.#bytes = new Uint8Array(4096);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** What a file begins with. */
  section(application: string): Uint8Array {
    const name = utf8.encode(application);
    const options = this.#reserve(24 + optionBytes(name) + OPTION_BYTES + 4, 24);
    this.#view.setUint32(8, BYTE_ORDER, true);
    this.#view.setUint16(12, 1, true);
    this.#view.setUint16(14, 0, true);
    // How long the section will be is not known: all ones.
    this.#view.setBigInt64(16, -1n, true);
    return this.#close(
      BLOCK.section,
      this.#endOptions(this.#option(options, USER_APPLICATION, name)),
    );
  }

  /** An interface: Ethernet, with nanoseconds. They are numbered in order. */
  interface(name: string): Uint8Array {
    const encoded = utf8.encode(name);
    let at = this.#reserve(16 + optionBytes(encoded) + 8 + OPTION_BYTES + 4, 16);
    this.#view.setUint16(8, LINK.ethernet, true);
    this.#view.setUint16(10, 0, true);
    // No packet is cut.
    this.#view.setUint32(12, 0, true);
    at = this.#option(at, OPTION.interfaceName, encoded);
    at = this.#option(at, OPTION.resolution, Uint8Array.of(NANOSECONDS));
    return this.#close(BLOCK.interface, this.#endOptions(at));
  }

  /** Room for a packet of `length` bytes: what is written there is what `packet` finishes. */
  frame(length: number): DataView {
    // A comment has room to spare, so that nothing that was written moves when it follows.
    this.#reserve(
      PACKET_HEADER_BYTES + padded(length) + 2 * OPTION_BYTES + padded(COMMENT_BYTES_MAX) + 4,
      0,
    );
    return new DataView(this.#bytes.buffer, PACKET_HEADER_BYTES, length);
  }

  /** Closes the block of the packet that was written into `frame`. */
  packet(length: number, { line, seconds, nanos, comment }: PacketNote): Uint8Array {
    const { high, low } = nanoTicks(seconds, nanos);
    this.#view.setUint32(8, line, true);
    this.#view.setUint32(12, high, true);
    this.#view.setUint32(16, low, true);
    this.#view.setUint32(20, length, true);
    this.#view.setUint32(24, length, true);
    const end = PACKET_HEADER_BYTES + length;
    const options = PACKET_HEADER_BYTES + padded(length);
    this.#bytes.fill(0, end, options);
    if (comment === undefined) return this.#close(BLOCK.enhanced, options);
    const text = shortened(utf8.encode(comment));
    const close = this.#endOptions(this.#option(options, OPTION.comment, text));
    return this.#close(BLOCK.enhanced, close);
  }

  /** Makes room, and returns where what follows the fixed part begins. */
  #reserve(length: number, fixed: number): number {
    if (length > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * length);
      this.#view = new DataView(this.#bytes.buffer);
    }
    return fixed;
  }

  #option(at: number, option: number, value: Uint8Array): number {
    this.#view.setUint16(at, option, true);
    this.#view.setUint16(at + 2, value.length, true);
    const end = at + OPTION_BYTES + value.length;
    const next = at + OPTION_BYTES + padded(value.length);
    this.#bytes.set(value, at + OPTION_BYTES);
    this.#bytes.fill(0, end, next);
    return next;
  }

  #endOptions(at: number): number {
    this.#view.setUint32(at, OPTION.end, true);
    return at + OPTION_BYTES;
  }

  /** The whole block: its length stands at both of its ends. */
  #close(type: number, end: number): Uint8Array {
    const length = end + 4;
    this.#view.setUint32(0, type, true);
    this.#view.setUint32(4, length, true);
    this.#view.setUint32(end, length, true);
    return this.#bytes.subarray(0, length);
  }
}

function optionBytes(value: Uint8Array): number {
  return OPTION_BYTES + padded(value.length);
}

/** Cut to what an option can hold, not within a character. */
function shortened(text: Uint8Array): Uint8Array {
  if (text.length <= COMMENT_BYTES_MAX) return text;
  let end = COMMENT_BYTES_MAX;
  while ((text[end]! & 0xc0) === 0x80) end--;
  return text.subarray(0, end);
}
