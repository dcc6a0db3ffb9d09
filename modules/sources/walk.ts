/** Chance that can be asked for at any number, in any order: a hash instead of a stream. */
import type { Rng } from "../core/rng.ts";

/** Draws that belong to a number and to what they are for. */
export class Noise {
  #seed: number;

  constructor(rng: Rng) {
    this.#seed = rng.below(2 ** 32);
  }

  /** 32 bits for number `n`, whole and not negative; draws for other purposes know nothing of them. */
  bits(purpose: number, n: number): number {
    // The rounds and the end of MurmurHash3, over three words.
    let hash = round(this.#seed, purpose);
    hash = round(hash, n | 0);
    hash = round(hash, Math.floor(n / 2 ** 32));
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** A whole number in [0, limit). */
  below(limit: number, purpose: number, n: number): number {
    return Math.floor((this.bits(purpose, n) / 2 ** 32) * limit);
  }

  /** True for this share of all numbers. */
  chance(share: number, purpose: number, n: number): boolean {
    return this.bits(purpose, n) / 2 ** 32 < share;
  }
}

function round(hash: number, word: number): number {
  const spread = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((spread << 15) | (spread >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

/** From waves of 4 numbers to waves of 16 million. */
const OCTAVES = 12;

/**
 * Where a walk is at number `n`, in (-1, 1): the sum of waves, each four times as long and twice as
 * high as the one before, as the steps of a walk add up. A wave runs straight between draws, so any
 * place costs the same, whichever was asked for before; and only arithmetic that every engine rounds
 * alike.
 */
export function walkAt(noise: Noise, n: number): number {
  let place = 0;
  let length = 4;
  let height = 2 ** -OCTAVES;
  for (let octave = 0; octave < OCTAVES; octave++) {
    const from = Math.floor(n / length);
    const low = noise.bits(octave, from) / 2 ** 31 - 1;
    const high = noise.bits(octave, from + 1) / 2 ** 31 - 1;
    place += height * (low + (high - low) * (n / length - from));
    length *= 4;
    height *= 2;
  }
  return place;
}
