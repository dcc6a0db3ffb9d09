/** An array of `mmsghdr`: what `sendmmsg` and `recvmmsg` are given, on 64-bit little-endian Linux. */
import type { LinuxCalls } from "./calls.ts";

const HEADER = 64;
const IOVEC = 16;
const NAME = 16;
/** Room for one control message with a number: 16 bytes of header, and 8 for the number. */
const CONTROL = 24;

/** 32-bit words of a `mmsghdr`. */
const WORDS = HEADER / 4;
const NAME_LENGTH = 2;
const CONTROL_LENGTH = 10;
const LENGTH = 14;

/** Headers with one stretch of memory each, an address, and room for one control message. */
export class Messages {
  /** What the calls are given. */
  readonly headers: Uint8Array;
  /** The addresses of the others, 16 bytes each. */
  readonly names: Uint8Array;
  readonly count: number;
  readonly #headers: Uint32Array;
  readonly #iovecs: Uint32Array;
  readonly #controls: Uint32Array;

  /** `named`: the headers have room for an address. */
  constructor(calls: LinuxCalls, count: number, named: boolean) {
    this.count = count;
    this.headers = new Uint8Array(HEADER * count);
    this.names = new Uint8Array(NAME * count);
    const iovecs = new Uint8Array(IOVEC * count);
    const controls = new Uint8Array(CONTROL * count);
    this.#headers = new Uint32Array(this.headers.buffer);
    this.#iovecs = new Uint32Array(iovecs.buffer);
    this.#controls = new Uint32Array(controls.buffer);
    const name = calls.addressOf(this.names);
    const iovec = calls.addressOf(iovecs);
    const control = calls.addressOf(controls);
    for (let i = 0; i < count; i++) {
      const at = WORDS * i;
      if (named) putAddress(this.#headers, at, name + NAME * i);
      putAddress(this.#headers, at + 4, iovec + IOVEC * i);
      this.#headers[at + 6] = 1;
      putAddress(this.#headers, at + 8, control + CONTROL * i);
    }
  }

  /** The memory that a message is read from or written to. */
  place(i: number, address: number, length: number): void {
    putAddress(this.#iovecs, 4 * i, address);
    this.#iovecs[4 * i + 2] = length;
  }

  /** Adds a control message of 16 bits to a message that is sent, or none. */
  control(i: number, level: number, type: number, value: number | undefined): void {
    this.#headers[WORDS * i + CONTROL_LENGTH] = value === undefined ? 0 : CONTROL;
    if (value === undefined) return;
    const at = (CONTROL / 4) * i;
    // The header, and the two bytes of the number.
    this.#controls[at] = 18;
    this.#controls[at + 2] = level;
    this.#controls[at + 3] = type;
    this.#controls[at + 4] = value;
  }

  /** Makes a header ready to receive: the system writes over the lengths. */
  reset(i: number): void {
    this.#headers[WORDS * i + NAME_LENGTH] = NAME;
    this.#headers[WORDS * i + CONTROL_LENGTH] = CONTROL;
  }

  /** The bytes of a message that came. */
  length(i: number): number {
    return this.#headers[WORDS * i + LENGTH]!;
  }

  /** The number in a message's control message, where it has one of that kind. */
  controlled(i: number, level: number, type: number): number | undefined {
    const at = (CONTROL / 4) * i;
    if (this.#headers[WORDS * i + CONTROL_LENGTH]! < 20) return undefined;
    if (this.#controls[at + 2] !== level || this.#controls[at + 3] !== type) return undefined;
    return this.#controls[at + 4];
  }
}

function putAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address % 2 ** 32;
  words[at + 1] = Math.floor(address / 2 ** 32);
}
