/**
 * Exponential draws that are the same to the last bit on every runtime. `Math.log` is not: engines
 * round it differently, and one nanosecond moves a message from one phase into the next.
 */
import type { Rng } from "./rng.ts";

const TWO_32 = 2 ** 32;

/** Terms of the series below: what is left out lies beyond the last bit. */
const TERMS = 11;

/** A draw from the exponential distribution with mean 1: in [0, 22.2), of 32 bits of chance. */
export function exponential(rng: Rng): number {
  // One less than 2 ** 32 in steps of one: never 0, whose logarithm is infinite.
  return -logOfShare(TWO_32 - rng.float() * TWO_32);
}

/** ln(n / 2^32) for a whole n in [1, 2^32], with nothing but + - * /, which no engine rounds freely. */
function logOfShare(n: number): number {
  // n = m * 2^exponent, with m near 1: there the series is short, and exact where n is near 2^32.
  let exponent = n === TWO_32 ? 32 : 31 - Math.clz32(n);
  let m = exponent === 32 ? 1 : n / ((1 << exponent) >>> 0);
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  // ln m = 2 atanh s = 2 (s + s^3 / 3 + s^5 / 5 + ...)
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 0;
  for (let term = TERMS - 1; term >= 0; term--) sum = sum * square + 1 / (2 * term + 1);
  return (exponent - 32) * Math.LN2 + 2 * s * sum;
}
