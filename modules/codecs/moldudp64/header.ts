/**
 * The 20 bytes that open every MoldUDP64 packet, and that a request consists of: a session in 10
 * bytes, a number in 8 and a count in 2, big-endian (Nasdaq, MoldUDP64 1.00).
 */
import { invariant } from "../../core/errors.ts";
import { type Seq, SEQ_MAX } from "../../core/seq.ts";

export const SESSION_BYTES = 10;
export const SEQ_AT = 10;
export const COUNT_AT = 18;
export const HEADER_BYTES = 20;

const LATIN1_MAX = 0xff;
const SPACE = 0x20;
/** What the upper half of a number that is no safe integer is at least. */
const UNSAFE = Math.floor(SEQ_MAX / 2 ** 32) + 1;

/** Reads names of sessions, and makes a new string only when the name is not that of the last. */
export class SessionReader {
  #bytes = new Uint8Array(SESSION_BYTES).fill(SPACE);
  #name = " ".repeat(SESSION_BYTES);

  /** The name in the first bytes of a header, as Latin-1, its padding included. */
  read(header: Uint8Array): string {
    for (let i = 0; i < SESSION_BYTES; i++) {
      if (header[i] !== this.#bytes[i]) return this.#renew(header);
    }
    return this.#name;
  }

  #renew(header: Uint8Array): string {
    for (let i = 0; i < SESSION_BYTES; i++) this.#bytes[i] = header[i]!;
    return (this.#name = String.fromCharCode(...this.#bytes));
  }
}

/** Writes headers. It remembers the bytes of the last session's name. */
export class HeaderWriter {
  #bytes = new Uint8Array(SESSION_BYTES).fill(SPACE);
  #name = "";

  /** Writes a whole header, with blanks behind the name of the session up to its length. */
  put(into: Uint8Array, session: string, seq: Seq, count: number): void {
    invariant(into.length >= HEADER_BYTES, "a buffer without room for a header");
    invariant(Number.isSafeInteger(seq) && seq >= 0, "a header for no safe number");
    if (session !== this.#name) this.#renew(session);
    const bytes = this.#bytes;
    for (let i = 0; i < SESSION_BYTES; i++) into[i] = bytes[i]!;
    putWord(into, SEQ_AT, Math.floor(seq / 2 ** 32));
    putWord(into, SEQ_AT + 4, seq % 2 ** 32);
    putCount(into, count);
  }

  #renew(session: string): void {
    invariant(session.length <= SESSION_BYTES, "a session of more than 10 characters");
    for (let i = 0; i < SESSION_BYTES; i++) {
      const code = i < session.length ? session.charCodeAt(i) : SPACE;
      invariant(code <= LATIN1_MAX, "a session with a character beyond Latin-1");
      this.#bytes[i] = code;
    }
    this.#name = session;
  }
}

/** Writes the count of a header. */
export function putCount(header: Uint8Array, count: number): void {
  header[COUNT_AT] = count >>> 8;
  header[COUNT_AT + 1] = count;
}

/** The number in a header; undefined beyond SEQ_MAX. */
export function seqOf(header: Uint8Array): Seq | undefined {
  const high = wordAt(header, SEQ_AT);
  return high < UNSAFE ? high * 2 ** 32 + wordAt(header, SEQ_AT + 4) : undefined;
}

/** Two bytes, the higher first. */
export function shortAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return shortAt(bytes, at) * 2 ** 16 + shortAt(bytes, at + 2);
}

function putWord(into: Uint8Array, at: number, word: number): void {
  into[at] = word >>> 24;
  into[at + 1] = word >>> 16;
  into[at + 2] = word >>> 8;
  into[at + 3] = word;
}
