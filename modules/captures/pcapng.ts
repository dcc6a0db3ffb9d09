import type { FileWindow } from "../core/byte-file.ts";
import { broken, RECORD_BYTES_MAX } from "./fault.ts";
import { type Frame, NO_COMMENTS } from "./frame.ts";
import { type ReadTicks, readTicks } from "./timestamp.ts";

/** The types of the blocks that matter to us; any other is skipped. */
export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  /** What was before the enhanced one. */
  packet: 2,
  simple: 3,
  enhanced: 6,
} as const;

/** Numbers of options. A comment may stand in every block, the others in that of an interface. */
export const OPTION = { end: 0, comment: 1, interfaceName: 2, resolution: 9, offset: 14 } as const;

/** What a section begins with, in the byte order of all that is in it. */
export const BYTE_ORDER = 0x1a2b3c4d;

/** Microseconds, unless the interface says otherwise. */
const RESOLUTION_DEFAULT = 6;

const EMPTY_BLOCK_BYTES = 12;

interface Interface {
  readonly link: number;
  readonly name: string;
  /** Longer packets were cut to it. */
  readonly snap: number;
  readonly readTicks: ReadTicks;
}

const utf8 = new TextDecoder();

/** Reads the packets of a pcapng file into `frame`, one a call; false after the last one. */
export function readPcapng(window: FileWindow, frame: Frame): () => boolean {
  const reader = new PcapngReader(window, frame);
  return () => reader.next();
}

class PcapngReader {
  #window: FileWindow;
  #frame: Frame;
  #little = true;
  /** Of the section that is being read, in the order of their numbers. */
  #interfaces: Interface[] = [];
  /** Where the block begins that is read next. */
  #offset = 0;

  constructor(window: FileWindow, frame: Frame) {
    this.#window = window;
    this.#frame = frame;
  }

  next(): boolean {
    const { name, size } = this.#window.file;
    while (this.#offset < size) {
      const offset = this.#offset;
      const type = this.#word(offset);
      // This type is the same in both byte orders.
      if (type === BLOCK.section) this.#openSection(offset);
      const length = this.#word(offset + 4);
      if (length < EMPTY_BLOCK_BYTES || length % 4 !== 0) {
        throw broken(name, offset, `a block claims to have ${length} bytes`);
      }
      if (offset + length > size) throw broken(name, offset, "the file ends within a block");
      if (this.#word(offset + length - 4) !== length) {
        throw broken(name, offset, "the two lengths of a block differ");
      }
      this.#offset = offset + length;
      if (this.#read(type, offset, offset + length - 4)) return true;
    }
    return false;
  }

  #openSection(offset: number): void {
    const start = this.#window.show(offset, 16);
    if (start < 0) throw broken(this.#window.file.name, offset, "the file ends within a block");
    const order = this.#window.view.getUint32(start + 8, true);
    this.#little = order === BYTE_ORDER;
    if (!this.#little && order !== swapped(BYTE_ORDER)) {
      throw broken(this.#window.file.name, offset, "a section has no byte order");
    }
    this.#interfaces = [];
  }

  /** True when the block, which ends at `end` but for its second length, was a packet. */
  #read(type: number, offset: number, end: number): boolean {
    switch (type) {
      case BLOCK.interface:
        this.#interfaces.push(this.#readInterface(offset, end));
        return false;
      case BLOCK.enhanced:
        this.#readPacket(offset, end, this.#word(offset + 8));
        return true;
      case BLOCK.packet:
        this.#readPacket(offset, end, this.#half(offset + 8));
        return true;
      case BLOCK.simple:
        this.#readSimple(offset, end);
        return true;
      default:
        return false;
    }
  }

  #readInterface(offset: number, end: number): Interface {
    let name = "";
    let resolution = RESOLUTION_DEFAULT;
    let seconds = 0;
    this.#options(offset + 16, end, (option, start, length) => {
      const { bytes, view } = this.#window;
      if (option === OPTION.interfaceName)
        name = utf8.decode(bytes.subarray(start, start + length));
      if (option === OPTION.resolution && length === 1) resolution = view.getUint8(start);
      if (option === OPTION.offset && length === 8) {
        seconds = Number(view.getBigInt64(start, this.#little));
      }
    });
    return {
      link: this.#half(offset + 8),
      name,
      snap: this.#word(offset + 12) || RECORD_BYTES_MAX,
      readTicks: readTicks(resolution, seconds),
    };
  }

  #readPacket(offset: number, end: number, number: number): void {
    const frame = this.#frame;
    const from = this.#interface(offset, number);
    from.readTicks(this.#word(offset + 12), this.#word(offset + 16), frame);
    const captured = this.#word(offset + 20);
    frame.length = this.#word(offset + 24);
    const data = offset + 28;
    const options = data + padded(captured);
    this.#checkCaptured(captured, options, offset, end);
    frame.comments = options + 4 <= end ? this.#comments(options, end) : NO_COMMENTS;
    this.#fill(from, offset, data, captured);
  }

  /** No time, no options, and of the length only that on the wire. */
  #readSimple(offset: number, end: number): void {
    const from = this.#interface(offset, 0);
    const length = this.#word(offset + 8);
    const captured = Math.min(length, from.snap);
    this.#checkCaptured(captured, offset + 12 + padded(captured), offset, end);
    this.#frame.length = length;
    this.#frame.comments = NO_COMMENTS;
    this.#fill(from, offset, offset + 12, captured);
  }

  #checkCaptured(captured: number, dataEnd: number, offset: number, end: number): void {
    if (captured <= RECORD_BYTES_MAX && dataEnd <= end) return;
    const what = `a packet claims to have ${captured} bytes`;
    throw broken(this.#window.file.name, offset, what);
  }

  #fill(from: Interface, offset: number, data: number, captured: number): void {
    const frame = this.#frame;
    const start = this.#window.show(data, captured);
    frame.bytes = this.#window.bytes;
    frame.start = start;
    frame.end = start + captured;
    frame.link = from.link;
    frame.interfaceName = from.name;
    frame.offset = offset;
    frame.dataOffset = data;
  }

  #interface(offset: number, number: number): Interface {
    const found = this.#interfaces[number];
    if (found !== undefined) return found;
    const what = `a packet is of interface ${number}, which was not described before it,`;
    throw broken(this.#window.file.name, offset, what);
  }

  #comments(at: number, end: number): readonly string[] {
    const comments: string[] = [];
    this.#options(at, end, (option, start, length) => {
      if (option !== OPTION.comment) return;
      comments.push(utf8.decode(this.#window.bytes.subarray(start, start + length)));
    });
    return comments;
  }

  /** Calls `visit` with the number of each option and where its value stands in the window. */
  #options(
    from: number,
    end: number,
    visit: (option: number, start: number, length: number) => void,
  ): void {
    for (let at = from; at + 4 <= end;) {
      const option = this.#half(at);
      const length = this.#half(at + 2);
      if (option === OPTION.end) return;
      if (at + 4 + length > end) {
        throw broken(this.#window.file.name, at, "an option is longer than its block");
      }
      visit(option, this.#window.show(at + 4, length), length);
      at += 4 + padded(length);
    }
  }

  #word(offset: number): number {
    return this.#window.view.getUint32(this.#show(offset, 4), this.#little);
  }

  #half(offset: number): number {
    return this.#window.view.getUint16(this.#show(offset, 2), this.#little);
  }

  #show(offset: number, length: number): number {
    const start = this.#window.show(offset, length);
    if (start < 0) throw broken(this.#window.file.name, offset, "the file ends within a block");
    return start;
  }
}

/** Everything is followed by what fills its last four bytes. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}
