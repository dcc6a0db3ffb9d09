import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import type { Seq } from "../../core/seq.ts";
import { HEAD_BYTES, LENGTH_MAX, readRecord, RECORD_BYTES } from "./record.ts";

/** The index has the place of one message in so many. */
export const MARK_EVERY = 64;

/** Bytes of a place in the index. */
export const MARK_BYTES = 4;

const NUMBER_DIGITS = 16;

/** The file of the segment that begins with a number. */
export function segmentName(first: Seq): string {
  return `${String(first).padStart(NUMBER_DIGITS, "0")}.seg`;
}

/** The file of its index. */
export function indexName(first: Seq): string {
  return segmentName(first).replace(/seg$/, "idx");
}

/** The number that a segment's file begins with; undefined for any other file. */
export function firstOf(name: string): Seq | undefined {
  const [, digits] = /^(\d{16})\.seg$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The part of a file that is looked at; all segments of a store share one. */
export class Window {
  bytes: Uint8Array = new Uint8Array(64 * 1024);
  view: DataView = new DataView(this.bytes.buffer);

  /** Makes room for a record that is longer. */
  grow(): void {
    this.bytes = new Uint8Array(LENGTH_MAX + RECORD_BYTES);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** One file of messages, as far as it is whole. It has [first, next). */
export class Segment {
  readonly first: Seq;
  next: Seq;
  /** Where the next record will stand. */
  end = HEAD_BYTES;
  /** Where message first + 64 i stands. */
  readonly marks: number[] = [];
  #folder: string;
  #window: Window;
  #file: number | undefined;

  constructor(folder: string, first: Seq, window: Window) {
    this.#folder = folder;
    this.#window = window;
    this.first = first;
    this.next = first;
  }

  /** Takes what the index says as known, if the file agrees; what follows is still to be scanned. */
  trustIndex(): void {
    let index: Uint8Array;
    try {
      index = readFileSync(join(this.#folder, indexName(this.first)));
    } catch {
      return;
    }
    const view = new DataView(index.buffer, index.byteOffset, index.length);
    for (let i = Math.floor(index.length / MARK_BYTES) - 1; i >= 0; i--) {
      const at = view.getUint32(i * MARK_BYTES, true);
      const seq = this.first + i * MARK_EVERY;
      if (this.#walk(at, seq, seq + 1, () => true).next === seq) continue;
      for (let k = 0; k <= i; k++) this.marks.push(view.getUint32(k * MARK_BYTES, true));
      this.next = seq;
      this.end = at;
      return;
    }
  }

  /** Finds the records that have been added. What is not whole is not there. */
  scan(): void {
    let at = this.end;
    const { next, end } = this.#walk(at, this.next, Infinity, (seq, _message, start) => {
      at = start;
      this.#mark(seq, at);
      return true;
    });
    this.next = next;
    this.end = end;
  }

  /** One record was added by the writer itself. */
  extend(at: number, length: number): void {
    this.#mark(this.next, at);
    this.next++;
    this.end = at + RECORD_BYTES + length;
  }

  /** Visits the messages of [from, until) that are there; false when `visit` said so. */
  read(from: Seq, until: Seq, visit: (seq: Seq, message: Uint8Array) => boolean): boolean {
    if (this.marks.length === 0) this.trustIndex();
    const known = Math.min(this.marks.length - 1, Math.floor((from - this.first) / MARK_EVERY));
    const start = known < 0 ? HEAD_BYTES : this.marks[known]!;
    const seq = this.first + Math.max(0, known) * MARK_EVERY;
    let more = true;
    const { next } = this.#walk(start, seq, until, (seq, message) => {
      if (seq >= from) more = visit(seq, message());
      return more;
    });
    // A record that is damaged ends what can be read.
    return more && next >= until;
  }

  /** Bytes of the file, whole or not. */
  get size(): number {
    return fstatSync(this.#open()).size;
  }

  /** Lets go of the file; it is opened again when it is needed. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #mark(seq: Seq, at: number): void {
    if (seq - this.first === this.marks.length * MARK_EVERY) this.marks.push(at);
  }

  #open(): number {
    return (this.#file ??= openSync(join(this.#folder, segmentName(this.first)), "r"));
  }

  /** Goes from record to record, [seq, until), and says where it came to. */
  #walk(
    at: number,
    seq: Seq,
    until: Seq,
    visit: (seq: Seq, message: () => Uint8Array, at: number) => boolean,
  ): { next: Seq; end: number } {
    const file = this.#open();
    const window = this.#window;
    let from = at;
    let filled = 0;
    let next = seq;
    let fresh = false;
    while (next < until) {
      const { bytes, view } = window;
      const start = at - from;
      const length = readRecord(bytes, view, start, filled, next);
      if (length < 0) {
        // Perhaps there is more of it in the file than in the window.
        if (fresh && (filled < bytes.length || bytes.length > LENGTH_MAX)) break;
        if (fresh) window.grow();
        from = at;
        filled = readSync(file, window.bytes, 0, window.bytes.length, at);
        fresh = true;
        continue;
      }
      fresh = false;
      const body = start + RECORD_BYTES;
      if (!visit(next, () => bytes.subarray(body, body + length), at)) break;
      at += RECORD_BYTES + length;
      next++;
    }
    return { next, end: at };
  }
}
