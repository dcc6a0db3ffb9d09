/** Whole numbers without a sign, as wire formats write them, at an offset that the caller has checked. */

/** Two bytes, the high one first. */
export function readU16be(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** Two bytes, the low one first. */
export function readU16le(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8);
}

/** Four bytes, the highest first. */
export function readU32be(bytes: Uint8Array, at: number): number {
  return readU16be(bytes, at) * 0x10000 + readU16be(bytes, at + 2);
}

/** Four bytes, the lowest first. */
export function readU32le(bytes: Uint8Array, at: number): number {
  return readU16le(bytes, at) + readU16le(bytes, at + 2) * 0x10000;
}

/** Writes the low 16 bits, the high byte first. */
export function writeU16be(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 8;
  into[at + 1] = value;
}

/** Writes the low 16 bits, the low byte first. */
export function writeU16le(into: Uint8Array, at: number, value: number): void {
  into[at] = value;
  into[at + 1] = value >>> 8;
}

/** Writes the low 32 bits, the highest byte first. */
export function writeU32be(into: Uint8Array, at: number, value: number): void {
  writeU16be(into, at, value >>> 16);
  writeU16be(into, at + 2, value);
}

/** Writes the low 32 bits, the lowest byte first. */
export function writeU32le(into: Uint8Array, at: number, value: number): void {
  writeU16le(into, at, value);
  writeU16le(into, at + 2, value >>> 16);
}
