import { test } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import * as fc from "fast-check";
import { createRng } from "../../modules/core/rng.ts";
import { Noise, Walk } from "../../modules/sources/walk.ts";

const walkAt = (noise: Noise, n: number): number => new Walk(noise).at(n);
const noiseOf = (label: string): Noise => new Noise(createRng(label));

test("a draw belongs to its seed, its purpose and its number", () => {
  const bits = (label: string, purpose: number, n: number): number =>
    noiseOf(label).bits(purpose, n);
  const one = bits("a", 1, 7);
  assertEquals(bits("a", 1, 7), one);
  assertNotEquals(bits("b", 1, 7), one);
  assertNotEquals(bits("a", 2, 7), one);
  assertNotEquals(bits("a", 1, 8), one);
  // The part of a number beyond 32 bits counts too.
  assertNotEquals(bits("a", 1, 7 + 2 ** 32), one);
});

test("draws lie evenly, bit by bit, and a bit tells nothing of the next number's", () => {
  const noise = noiseOf("even");
  const draws = Array.from({ length: 20_000 }, (_, n) => noise.bits(3, n));
  for (let bit = 0; bit < 32; bit++) {
    const ones = draws.map((draw) => (draw >>> bit) & 1);
    const sum = ones.reduce((sum, one) => sum + one, 0);
    const same = ones.reduce((sum, one, i) => sum + (one === ones[i + 1] ? 1 : 0), 0);
    // Five standard deviations of a fair coin, sqrt(20000) / 2.
    assert(Math.abs(sum - 10_000) < 354, `bit ${bit}: ${sum}`);
    assert(Math.abs(same - 10_000) < 354, `bit ${bit}: ${same}`);
  }
});

test("chances and choices come as often as they should", () => {
  const noise = noiseOf("often");
  const ns = Array.from({ length: 20_000 }, (_, n) => n);
  const hits = ns.filter((n) => noise.chance(0.2, 1, n)).length;
  assert(Math.abs(hits - 4000) < 5 * Math.sqrt(20_000 * 0.2 * 0.8), String(hits));
  const counts = [0, 0, 0];
  for (const n of ns) counts[noise.below(3, 2, n)]! += 1;
  for (const count of counts) {
    assert(Math.abs(count - 20_000 / 3) < 5 * Math.sqrt((20_000 * 2) / 9), String(counts));
  }
  assertEquals([noise.chance(0, 1, 5), noise.chance(1, 1, 5)], [false, true]);
});

test("a place is the same, whatever was asked for before", () =>
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(100), fc.nat(2 ** 50))), (numbers) => {
      const walk = new Walk(noiseOf("again"));
      for (const n of numbers) assertEquals(walk.at(n), walkAt(noiseOf("again"), n));
    }),
  ));

test("a walk stays within its bounds, and one step is small", () =>
  fc.assert(
    fc.property(fc.string(), fc.nat(2 ** 50), (label, n) => {
      const noise = noiseOf(label);
      const [here, next] = [walkAt(noise, n), walkAt(noise, n + 1)];
      assert(here > -1 && here < 1, String(here));
      // Of a wave 4^j long and 2^(j - 13) high, at most 2 heights in its length: 2^-11 in all.
      assert(Math.abs(next - here) <= 2 ** -11, `${here}, ${next}`);
    }),
  ));

test("as in a walk, four times as long takes it about twice as far", () => {
  const noises = Array.from({ length: 400 }, (_, i) => noiseOf(`walk ${i}`));
  const moved = (steps: number): number =>
    Math.sqrt(
      noises.reduce((sum, noise, i) => {
        const from = 1000 * i;
        return sum + (walkAt(noise, from + steps) - walkAt(noise, from)) ** 2;
      }, 0) / noises.length,
    );
  for (const steps of [16, 64, 256, 1024, 4096]) {
    const ratio = moved(4 * steps) / moved(steps);
    assert(ratio > 1.5 && ratio < 2.6, `${steps}: ${ratio}`);
  }
});
