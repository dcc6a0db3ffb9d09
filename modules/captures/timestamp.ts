/** The clock of a pcapng interface: 64-bit counts of ticks that are powers of ten, or of two. */

/** A point in time; one object is filled over and over. */
export interface Timestamp {
  /** Since 1970. */
  seconds: number;
  /** Within the second. */
  nanos: number;
}

/** Reads the two halves of a count of ticks. */
export type ReadTicks = (high: number, low: number, into: Timestamp) => void;

const NANOS = 1_000_000_000;
const TWO_POWER = 0x80;

/**
 * How to read ticks of a resolution as `if_tsresol` writes it: 9 for 10^-9 seconds, 0x94 for 2^-20.
 * `offset` is added, in seconds. What is finer than a nanosecond is cut off.
 */
export function readTicks(resolution: number, offset = 0): ReadTicks {
  const power = resolution & ~TWO_POWER;
  if ((resolution & TWO_POWER) === 0 && power <= 9) return decimalTicks(10 ** power, offset);
  const perSecond = (resolution & TWO_POWER) === 0 ? 10n ** BigInt(power) : 1n << BigInt(power);
  return (high, low, into) => {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    into.seconds = Number(ticks / perSecond) + offset;
    into.nanos = Number(((ticks % perSecond) * BigInt(NANOS)) / perSecond);
  };
}

/** The ticks that nearly every file has, without big integers: by long division, 16 bits a step. */
function decimalTicks(perSecond: number, offset: number): ReadTicks {
  const nanosPerTick = NANOS / perSecond;
  let seconds = 0;
  let rest = 0;
  const step = (part: number): void => {
    rest = rest * 0x10000 + part;
    const quotient = Math.floor(rest / perSecond);
    seconds = seconds * 0x10000 + quotient;
    rest -= quotient * perSecond;
  };
  return (high, low, into) => {
    seconds = 0;
    rest = 0;
    step(high >>> 16);
    step(high & 0xffff);
    step(low >>> 16);
    step(low & 0xffff);
    into.seconds = seconds + offset;
    into.nanos = rest * nanosPerTick;
  };
}

/** Nanoseconds since 1970 in two halves, as `setUint32` wants them. */
export function nanoTicks(seconds: number, nanos: number): { high: number; low: number } {
  // In units of 65536 and 1, neither of which leaves the safe integers.
  const rest = (seconds % 0x10000) * NANOS + nanos;
  const upper = Math.floor(seconds / 0x10000) * NANOS + Math.floor(rest / 0x10000);
  return {
    high: Math.floor(upper / 0x10000) % 0x100000000,
    low: (upper % 0x10000) * 0x10000 + (rest % 0x10000),
  };
}
