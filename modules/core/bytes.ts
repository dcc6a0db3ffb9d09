/** Bytes on paths where every message goes, and where an object for each would be one too many. */

/** A buffer whose beginnings are wanted over and over: a view of each length is made once. */
export class Scratch {
  readonly bytes: Uint8Array;
  #starts: (Uint8Array | undefined)[] = [];

  constructor(length: number) {
    this.bytes = new Uint8Array(length);
  }

  /** The first `length` bytes; the same object each time. */
  start(length: number): Uint8Array {
    return (this.#starts[length] ??= this.bytes.subarray(0, length));
  }
}

/** Bytes up to which a loop copies faster than a view of them is made, and leaves nothing to collect. */
const LOOP_MAX = 256;

/** Copies from[start, end) into `into` from `at` on, without an object where there are few. */
export function copyBytes(
  from: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): void {
  if (end - start > LOOP_MAX) into.set(from.subarray(start, end), at);
  else for (let i = start, to = at; i < end; i++, to++) into[to] = from[i]!;
}

/** Writes a whole number, not negative, in decimal digits from `at` on, and returns where it ends. */
export function writeDecimal(into: Uint8Array, at: number, value: number): number {
  let end = at + 1;
  for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) end++;
  let rest = value;
  for (let i = end - 1; i >= at; i--) {
    const tens = Math.floor(rest / 10);
    into[i] = 0x30 + (rest - 10 * tens);
    rest = tens;
  }
  return end;
}

/** Whether `whole` is what stands in `bytes` from `start` to `end`. */
export function equalsPart(
  whole: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (whole.length !== end - start) return false;
  for (let i = 0; i < whole.length; i++) if (whole[i] !== bytes[start + i]) return false;
  return true;
}
