/** Files that may be far larger than memory: read anywhere, in pieces. */

/** A file that can be read anywhere, without waiting. */
export interface ByteFile {
  /** How errors call it. */
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Fills `into` from byte `at` on; the bytes read, fewer only at the end of the file. */
  read(at: number, into: Uint8Array): number;
}

/** Bytes that are read at once: few enough to jump about, enough that reading costs nothing. */
const WINDOW_BYTES = 128 * 1024;

/**
 * A file seen through a window that goes where it is needed. What `show` found lies in `bytes` until
 * the next `show`.
 */
export class FileWindow {
  readonly file: ByteFile;
  bytes: Uint8Array;
  /** The same bytes. */
  view: DataView;
  /** Where in the file the window begins, and how much of it is filled. */
  #from = 0;
  #filled = 0;

  constructor(file: ByteFile, windowBytes: number = WINDOW_BYTES) {
    this.file = file;
    this.bytes = new Uint8Array(windowBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  /**
   * Makes `length` bytes of the file, from `at` on, stand in `bytes`, and returns where; -1 when the
   * file ends before.
   */
  show(at: number, length: number): number {
    const start = at - this.#from;
    if (start >= 0 && start + length <= this.#filled) return start;
    if (at + length > this.file.size) return -1;
    if (length > this.bytes.length) {
      this.bytes = new Uint8Array(2 * length);
      this.view = new DataView(this.bytes.buffer);
    }
    this.#from = at;
    this.#filled = this.file.read(at, this.bytes);
    return length <= this.#filled ? 0 : -1;
  }
}
