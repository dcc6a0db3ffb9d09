/** A message's fields, read by their offsets. */

/** The order of bytes in a number. */
export type ByteOrder = "big" | "little";

/**
 * The bytes of one message. Offsets count from its start and must lie within it: whoever reads has
 * looked at `length` before.
 */
export class Fields {
  /** In bytes. */
  readonly length: number;
  /** A text was read that is not printable: these bytes are not what they seemed to be. */
  damaged = false;
  #view: DataView;
  #little: boolean;

  constructor(bytes: Uint8Array, start: number, end: number, order: ByteOrder = "big") {
    this.length = end - start;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset + start, this.length);
    this.#little = order === "little";
  }

  u8(at: number): number {
    return this.#view.getUint8(at);
  }

  u16(at: number): number {
    return this.#view.getUint16(at, this.#little);
  }

  u32(at: number): number {
    return this.#view.getUint32(at, this.#little);
  }

  i32(at: number): number {
    return this.#view.getInt32(at, this.#little);
  }

  u64(at: number): bigint {
    return this.#view.getBigUint64(at, this.#little);
  }

  /** ASCII of `length` bytes, less the blanks or NULs that fill it up. */
  text(at: number, length: number): string {
    let end = at + length;
    while (end > at && (this.u8(end - 1) === 0x20 || this.u8(end - 1) === 0)) end--;
    let text = "";
    for (let i = at; i < end; i++) {
      const code = this.u8(i);
      if (!isPrintable(code)) this.damaged = true;
      text += String.fromCharCode(code);
    }
    return text;
  }

  /** A symbol: as `text`, but one without a letter is damaged. */
  symbol(at: number, length: number): string {
    const text = this.text(at, length);
    if (text === "") this.damaged = true;
    return text;
  }
}

/** Whether a byte is ASCII that can be seen, or a blank. */
export function isPrintable(code: number): boolean {
  return code >= 0x20 && code <= 0x7e;
}

/**
 * A whole number of which the last `places` digits are decimals, without needless zeros: 13300000
 * with 6 is `13.3`. By its digits, so that no binary fraction comes in between.
 */
export function decimal(value: number | bigint, places: number): string {
  const text = String(value);
  const sign = text.startsWith("-") ? "-" : "";
  const digits = text.slice(sign.length).padStart(places + 1, "0");
  const fraction = digits.slice(digits.length - places).replace(/0+$/, "");
  const whole = digits.slice(0, digits.length - places);
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}
