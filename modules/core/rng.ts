/**
 * Chance that can be replayed: xoshiro128** 1.1 (Blackman and Vigna), seeded from a text label.
 * It is our own because the numbers are a promise: the same seed must spoil the same packets in
 * every later version of feedlab, on every runtime.
 */
export interface Rng {
  /** In [0, 1), 32 bits of it. */
  float(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  chance(probability: number): boolean;
  /** An independent stream. Equal labels give equal streams; no other fork moves it. */
  fork(label: string): Rng;
}

/** The generator itself: 32-bit outputs from four words of state, not all zero. */
export function xoshiro128(state: Uint32Array): () => number {
  let [a = 0, b = 0, c = 0, d = 0] = state;
  return () => {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}

/** The stream that belongs to `label`. */
export function createRng(label: string): Rng {
  const next = xoshiro128(spread(label));
  return {
    float: () => next() / 2 ** 32,
    below: (limit) => Math.floor((next() / 2 ** 32) * limit),
    chance: (probability) => next() / 2 ** 32 < probability,
    fork: (name) => createRng(`${label}/${name}`),
  };
}

/** Four words from a label: FNV-1a over its UTF-16 units, each word finished as in MurmurHash3. */
function spread(label: string): Uint32Array {
  const words = new Uint32Array(4);
  for (let w = 0; w < 4; w++) {
    let hash = (0x811c9dc5 ^ Math.imul(w + 1, 0x9e3779b9)) >>> 0;
    for (let i = 0; i < label.length; i++) {
      hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193);
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    words[w] = hash ^ (hash >>> 16);
  }
  // All zeros is the one state the generator cannot leave.
  if (words.every((word) => word === 0)) words[0] = 1;
  return words;
}
