import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { invariant } from "../../core/errors.ts";
import type { Seq, SeqRange } from "../../core/seq.ts";
import type { FeedStore, FoundFeed, KeptSession, MessageBlock } from "../../core/store.ts";
import type { Nanos } from "../../core/time.ts";
import { cannotStore, checkOwner } from "../refusal.ts";
import type { StoreDeps } from "../store.ts";
import { type About, readAbout, writeAbout } from "./about.ts";
import { lockFolder } from "./lock.ts";
import { HEAD_BYTES, headOf, RECORD_BYTES, writeRecord } from "./record.ts";
import { indexName, MARK_BYTES, type Segment, segmentName } from "./segment.ts";
import { Segments } from "./segments.ts";

/** Messages that wait for the others of their batch, at most, and their bytes. */
const BATCH_MESSAGES = 1024;
const BATCH_BYTES = 256 * 1024;

/** A segment of so many bytes is full. */
const SEGMENT_BYTES = 16 * 1024 * 1024;

/** Or of such a part of what is retained, so that not much more is kept. */
const SEGMENT_PART = 1 / 4;
const SEGMENT_MESSAGES_MIN = 1024;

/** Writes in batches, behind what is there. */
export class FileWriter implements FeedStore {
  readonly found: FoundFeed | undefined;
  readonly flushEvery: Nanos;
  #folder: string;
  #unlock: () => void;
  #about: About;
  #retain: number;
  #segments: Segments;
  /** The file of the last segment and of its index; undefined before there is one. */
  #files: { readonly segment: number; readonly index: number } | undefined;
  #next: Seq;
  #bytes = new Uint8Array(BATCH_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #filled = 0;
  /** The lengths of the messages that wait. */
  #lengths: number[] = [];
  #over = false;

  private constructor(
    folder: string,
    unlock: () => void,
    about: About,
    segments: Segments,
    { retain }: StoreDeps,
    found: FoundFeed | undefined,
  ) {
    this.#folder = folder;
    this.#unlock = unlock;
    this.#about = about;
    this.#segments = segments;
    this.#retain = retain;
    this.#next = found?.next ?? about.first;
    this.found = found;
    this.flushEvery = about.flush;
    if (segments.last !== undefined) this.#openLast();
  }

  /** Opens a store to write it. Fails with a UserError when that cannot be, or somebody else does. */
  static async open(folder: string, flush: Nanos, deps: StoreDeps): Promise<FileWriter> {
    try {
      const before = readAbout(folder);
      if (before === undefined) mkdirSync(folder, { recursive: true });
      const unlock = lockFolder(folder);
      try {
        return FileWriter.#locked(folder, flush, deps, unlock);
      } catch (error) {
        unlock();
        throw error;
      }
    } catch (error) {
      throw cannotStore("write", folder, error);
    }
  }

  static #locked(folder: string, flush: Nanos, deps: StoreDeps, unlock: () => void): FileWriter {
    const before = readAbout(folder);
    const { record, first, retain, existing } = deps;
    if (before !== undefined) checkOwner(folder, before.record, record);
    if (before === undefined || existing === "replace") {
      const about = { record, first, sessions: [], flush, closed: false };
      writeAbout(folder, about);
      for (const name of readdirSync(folder)) {
        if (/^\d{16}\.(?:seg|idx)$/.test(name)) rmSync(join(folder, name));
      }
      return new FileWriter(folder, unlock, about, new Segments(folder), deps, undefined);
    }
    const segments = new Segments(folder);
    const cutBytes = cutTail(folder, segments);
    const next = segments.last?.next ?? before.first;
    const torn = {
      messages: before.flush === 0 ? 0 : BATCH_MESSAGES,
      within: before.flush,
      cutBytes,
    };
    const found = {
      record: before.record,
      sessions: before.sessions,
      first: Math.max(segments.list[0]?.first ?? before.first, next - retain),
      next,
      ...(before.closed ? {} : { torn }),
    };
    const about = { ...before, flush, closed: false };
    writeAbout(folder, about);
    return new FileWriter(folder, unlock, about, segments, deps, found);
  }

  get first(): Seq {
    const oldest = this.#segments.list[0]?.first ?? this.#about.first;
    return Math.max(oldest, this.#next - this.#retain);
  }

  get next(): Seq {
    return this.#next;
  }

  append(seq: Seq, { bytes, count, bounds }: MessageBlock): void {
    if (this.#over) invariant(false, `message ${seq} stored in a store that is closed`);
    if (seq !== this.#next)
      invariant(false, `message ${seq} stored where ${this.#next} comes next`);
    for (let i = 0; i < count; i++) {
      this.#append(seq + i, bytes.subarray(bounds[2 * i], bounds[2 * i + 1]));
    }
  }

  read({ from, until }: SeqRange, visit: (seq: Seq, message: Uint8Array) => boolean): void {
    const range = { from: Math.max(from, this.first), until: Math.min(until, this.#next) };
    if (range.from >= range.until) return;
    if (range.until > this.#next - this.#lengths.length) this.flush();
    this.#segments.read(range, visit);
  }

  begin(session: KeptSession): void {
    this.flush();
    const sessions = [...this.#about.sessions.filter(({ from }) => from !== session.from), session];
    this.#attempt(() => this.#write({ ...this.#about, sessions }));
  }

  flush(): void {
    if (this.#over || this.#lengths.length === 0) return;
    this.#attempt(() => {
      const segment = this.#segmentToFill();
      const files = this.#files!;
      writeAll(files.segment, this.#bytes.subarray(0, this.#filled));
      const marked = segment.marks.length;
      for (const length of this.#lengths) segment.extend(segment.end, length);
      writeAll(files.index, indexBytes(segment.marks.slice(marked)));
      this.#filled = 0;
      this.#lengths.length = 0;
    });
  }

  close(): void {
    if (this.#over) return;
    this.flush();
    this.#attempt(() => this.#write({ ...this.#about, closed: true }));
    this.#shut();
  }

  #write(about: About): void {
    writeAbout(this.#folder, about);
    this.#about = about;
  }

  #append(seq: Seq, message: Uint8Array): void {
    const needed = RECORD_BYTES + message.length;
    if (needed > BATCH_BYTES) invariant(false, `a message of ${message.length} bytes is too long`);
    if (this.#filled + needed > BATCH_BYTES) this.flush();
    writeRecord(this.#bytes, this.#view, this.#filled, seq, message);
    this.#filled += needed;
    this.#lengths.push(message.length);
    this.#next = seq + 1;
    if (this.#lengths.length >= BATCH_MESSAGES) this.flush();
  }

  /** The last segment, or a new one where that is full; what is too old goes with it. */
  #segmentToFill(): Segment {
    const { last, list } = this.#segments;
    const messages = Math.max(SEGMENT_MESSAGES_MIN, Math.ceil(SEGMENT_PART * this.#retain));
    if (
      last !== undefined &&
      last.end + this.#filled <= SEGMENT_BYTES &&
      last.next - last.first < messages
    ) {
      return last;
    }
    const first = this.#next - this.#lengths.length;
    writeFileSync(join(this.#folder, segmentName(first)), headOf(first));
    writeFileSync(join(this.#folder, indexName(first)), "");
    this.#closeFiles();
    const segment = this.#segments.add(first);
    this.#openLast();
    while (list.length > 1 && list[1]!.first <= this.first) {
      const old = list.shift()!;
      old.close();
      rmSync(join(this.#folder, segmentName(old.first)), { force: true });
      rmSync(join(this.#folder, indexName(old.first)), { force: true });
    }
    return segment;
  }

  #openLast(): void {
    const { first } = this.#segments.last!;
    this.#files = {
      segment: openSync(join(this.#folder, segmentName(first)), "a"),
      index: openSync(join(this.#folder, indexName(first)), "a"),
    };
  }

  #closeFiles(): void {
    if (this.#files === undefined) return;
    closeSync(this.#files.segment);
    closeSync(this.#files.index);
    this.#files = undefined;
  }

  #attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.#shut();
      throw cannotStore("write", this.#folder, error);
    }
  }

  #shut(): void {
    if (this.#over) return;
    this.#over = true;
    this.#closeFiles();
    this.#segments.close();
    this.#unlock();
  }
}

/** Cuts off what is not whole at the end of the last segment; the bytes that were cut. */
function cutTail(folder: string, segments: Segments): number {
  let cut = 0;
  for (let last = segments.last; last !== undefined; last = segments.last) {
    const { first, size } = last;
    if (size >= HEAD_BYTES) {
      last.next = first;
      last.scan();
      if (last.end < size) truncate(join(folder, segmentName(first)), last.end);
      writeFileSync(join(folder, indexName(first)), indexBytes(last.marks));
      return cut + size - last.end;
    }
    // Not even its head was written.
    cut += size;
    last.close();
    segments.list.pop();
    rmSync(join(folder, segmentName(first)));
    rmSync(join(folder, indexName(first)), { force: true });
  }
  return cut;
}

function truncate(path: string, length: number): void {
  const file = openSync(path, "r+");
  try {
    ftruncateSync(file, length);
  } finally {
    closeSync(file);
  }
}

function indexBytes(marks: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(MARK_BYTES * marks.length);
  const view = new DataView(bytes.buffer);
  for (const [i, mark] of marks.entries()) view.setUint32(MARK_BYTES * i, mark, true);
  return bytes;
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
}
