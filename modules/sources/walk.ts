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
 * A walk within (-1, 1), whose place at a number depends on nothing else: the sum of waves, each four
 * times as long and twice as high as the one before, as the steps of a walk add up. A wave runs
 * straight between draws, so any place costs about the same; and only arithmetic that every engine
 * rounds alike.
 */
export class Walk {
  #noise: Noise;
  /** The stretch of each wave that was asked for last, and its draws: the next number is mostly in it. */
  #stretch = new Float64Array(OCTAVES).fill(-1);
  #low = new Float64Array(OCTAVES);
  #rise = new Float64Array(OCTAVES);

  constructor(noise: Noise) {
    this.#noise = noise;
  }

  /** Where the walk is at number `n`, whole and not negative. */
  at(n: number): number {
    let place = 0;
    let stretches = n / 4;
    let height = 2 ** -OCTAVES;
    for (let octave = 0; octave < OCTAVES; octave++) {
      const stretch = Math.floor(stretches);
      if (stretch !== this.#stretch[octave]) this.#draw(octave, stretch);
      place += height * (this.#low[octave]! + this.#rise[octave]! * (stretches - stretch));
      stretches /= 4;
      height *= 2;
    }
    return place;
  }

  #draw(octave: number, stretch: number): void {
    const low = this.#noise.bits(octave, stretch) / 2 ** 31 - 1;
    const high = this.#noise.bits(octave, stretch + 1) / 2 ** 31 - 1;
    this.#stretch[octave] = stretch;
    this.#low[octave] = low;
    this.#rise[octave] = high - low;
  }
}
