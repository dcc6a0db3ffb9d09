/**
 * Messages of Nasdaq's ITCH 5.0 from a file as Nasdaq gives it away: a length in two bytes, then the
 * message, and again. A length of zero, or the end of the file, ends it.
 */
import * as z from "zod";
import { FileWindow } from "../core/byte-file.ts";
import { UserError } from "../core/errors.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import { quote } from "../core/units.ts";
import { MESSAGE_BYTES_MAX, type SourceDefinition, type SourceTiming } from "./source.ts";

/** Which file; it may be the option by itself. */
interface ItchOptions {
  readonly file: string;
}

const file = z.string().min(1).meta({ description: "the path of an ITCH 5.0 file" });

/** The messages of an ITCH 5.0 file, at the times that they carry. */
export const itch: SourceDefinition<ItchOptions> = {
  name: "itch",
  summary: "the messages of an ITCH 5.0 file, with the times that they carry",
  example: "source: { itch: 12302019.NASDAQ_ITCH50 }",
  options: z.union([file.transform((file) => ({ file })), z.strictObject({ file })]),
  file: "file",
  create({ file }, deps) {
    const { first } = deps;
    const records = new Records(new FileWindow(deps.open(file)));
    return {
      get messages() {
        return records.count;
      },
      timing: timingOf(records),
      write(seq, into, at) {
        const index = seq - first;
        const length = index < 0 ? -1 : records.find(index);
        if (length < 0) return -1;
        if (length > MESSAGE_BYTES_MAX) {
          throw records.wrong(`a message of ${length} bytes fits into no packet`);
        }
        records.copy(into, at, length);
        return length;
      },
    };
  },
};

/** Every so many messages it is noted where in the file the next one stands. */
const NOTED_EVERY = 1024;

const LENGTH_BYTES = 2;

/** Its type, two numbers and the time: no message is shorter. */
const PREFIX_BYTES = 11;

const TIME_AT = 5;

/** The records of a file by their number, found by walking from the nearest one that is known. */
class Records {
  #window: FileWindow;
  /** Where each record stands whose number is a multiple of `NOTED_EVERY`. */
  #noted: number[] = [0];
  /** The record that was found last, or where none was looked for yet, the first. */
  #index = 0;
  #offset = 0;
  #count: number | undefined;

  constructor(window: FileWindow) {
    this.#window = window;
    const start = window.show(0, LENGTH_BYTES);
    // Nasdaq's own files come like this.
    if (start >= 0 && window.view.getUint16(start) === 0x1f8b) {
      throw this.wrong("the file is compressed", "unpack it first with gunzip");
    }
    if (this.find(0) < 0) throw this.wrong("there is no message", "take a file that has some");
  }

  /** How many there are; undefined until the end was seen. */
  get count(): number | undefined {
    return this.#count;
  }

  /** Goes to a record and returns its length in bytes; -1 when there is none. */
  find(index: number): number {
    if (this.#count !== undefined && index >= this.#count) return -1;
    this.#approach(index);
    for (;;) {
      const length = this.#length();
      if (length < 0 || this.#index === index) return length;
      this.#offset += LENGTH_BYTES + length;
      this.#index++;
      if (this.#index === this.#noted.length * NOTED_EVERY) this.#noted.push(this.#offset);
    }
  }

  /** Copies the record that was found last. */
  copy(into: Uint8Array, at: number, length: number): void {
    const start = this.#window.show(this.#offset + LENGTH_BYTES, length);
    const { bytes } = this.#window;
    for (let i = 0; i < length; i++) into[at + i] = bytes[start + i]!;
  }

  /** When the record that was found last came: nanoseconds since midnight. */
  time(): Nanos {
    const at = this.#window.show(this.#offset + LENGTH_BYTES + TIME_AT, 6);
    const { view } = this.#window;
    return view.getUint16(at) * 2 ** 32 + view.getUint32(at + 2);
  }

  /** The error for the record that was found last. */
  wrong(what: string, remedy = "give an ITCH 5.0 file, as Nasdaq publishes them"): UserError {
    return new UserError(
      `Cannot read ${quote(this.#window.file.name)}: ${what} at offset ${this.#offset}, ` +
        `where message ${this.#index + 1} begins: ${remedy}`,
    );
  }

  /** Goes to the last record before `index`, or to itself, whose place is known. */
  #approach(index: number): void {
    const note = Math.min(Math.floor(index / NOTED_EVERY), this.#noted.length - 1);
    const noted = note * NOTED_EVERY;
    if (this.#index <= index && this.#index >= noted) return;
    this.#index = noted;
    this.#offset = this.#noted[note]!;
  }

  /** Of the record at hand; -1 when the file ends here. */
  #length(): number {
    const { size } = this.#window.file;
    const left = size - this.#offset;
    const start = this.#window.show(this.#offset, Math.min(left, LENGTH_BYTES + 1));
    if (left === 0) return this.#end();
    if (left < LENGTH_BYTES) throw this.wrong("the file ends within a length", "copy it again");
    const length = this.#window.view.getUint16(start);
    if (length === 0) return this.#end();
    if (length < PREFIX_BYTES || !isLetter(this.#window.bytes[start + LENGTH_BYTES])) {
      throw this.wrong(`${length} bytes are no ITCH message`);
    }
    if (LENGTH_BYTES + length > left) {
      const what = `the file ends within a message of ${length} bytes`;
      throw this.wrong(what, "copy it again, or cut it before that");
    }
    return length;
  }

  #end(): number {
    this.#count = this.#index;
    return -1;
  }
}

/** Every message's type is one. */
function isLetter(byte: number | undefined): boolean {
  const lower = (byte ?? 0) | 0x20;
  return lower >= 0x61 && lower <= 0x7a;
}

/** The times of the messages, from the first one on. A message that seems older came with the last. */
function timingOf(records: Records): SourceTiming {
  let latest: Nanos = 0;
  let start: Nanos | undefined;
  return {
    at(index) {
      if (start === undefined) {
        records.find(0);
        start = records.time();
      }
      if (records.find(index) < 0) return NEVER;
      latest = Math.max(latest, records.time() - start);
      return latest;
    },
  };
}
