import { test } from "node:test";
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { createRng, type Rng, xoshiro128 } from "../../modules/core/rng.ts";

const N = 100_000;

/** A fair draw is further off than this in one of 15 000 tries; the seeds below are fixed. */
const SIGMAS = 4;

function draw(rng: Rng, count: number): number[] {
  return Array.from({ length: count }, () => rng.float());
}

test("xoshiro128** gives the numbers of its authors' program", () => {
  const next = xoshiro128(Uint32Array.of(1, 2, 3, 4));
  assertEquals(
    Array.from({ length: 10 }, () => next()),
    [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597,
      4258142804,
    ],
  );
});

test("the state that was passed in is not changed", () => {
  const state = Uint32Array.of(1, 2, 3, 4);
  xoshiro128(state)();
  assertEquals(state, Uint32Array.of(1, 2, 3, 4));
});

test("the same label gives the same stream, another label another", () => {
  const stream = draw(createRng("seed"), 20);
  assertEquals(draw(createRng("seed"), 20), stream);
  for (const label of ["", "Seed", "seed ", "sede", "seed1"]) {
    assertNotEquals(draw(createRng(label), 20), stream, label);
  }
});

test("using a fork moves neither its siblings nor its parent", () => {
  const untouched = createRng("seed");
  const expected = [draw(untouched.fork("b"), 20), draw(untouched, 20)];
  const used = createRng("seed");
  draw(used.fork("a"), 1000);
  assertEquals([draw(used.fork("b"), 20), draw(used, 20)], expected);
});

test("a fork does not depend on what was drawn before", () => {
  const rng = createRng("seed");
  const before = draw(rng.fork("a"), 20);
  draw(rng, 1000);
  assertEquals(draw(rng.fork("a"), 20), before);
});

test("forks of forks are streams of their own", () => {
  const rng = createRng("seed");
  const streams = ["a", "b"].flatMap((one) =>
    ["a", "b", "ab"].map((two) => String(draw(rng.fork(one).fork(two), 5))),
  );
  assertEquals(new Set(streams).size, streams.length);
});

test("floats have the mean and the variance of the uniform distribution", () => {
  const floats = draw(createRng("uniform"), N);
  assert(floats.every((x) => x >= 0 && x < 1));
  const mean = floats.reduce((sum, x) => sum + x, 0) / N;
  const variance = floats.reduce((sum, x) => sum + (x - mean) ** 2, 0) / N;
  // Uniform on [0, 1): variance 1/12, fourth central moment 1/80.
  const ofMean = Math.sqrt(1 / 12 / N);
  const ofVariance = Math.sqrt((1 / 80 - 1 / 12 ** 2) / N);
  assert(Math.abs(mean - 1 / 2) < SIGMAS * ofMean, `mean ${mean}`);
  assert(Math.abs(variance - 1 / 12) < SIGMAS * ofVariance, `variance ${variance}`);
});

test("draws that follow each other are not correlated", () => {
  const floats = draw(createRng("pairs"), N + 1);
  let sum = 0;
  for (let i = 0; i < N; i++) sum += (floats[i]! - 1 / 2) * (floats[i + 1]! - 1 / 2);
  // The product of two independent draws, centred, has a standard deviation of 1/12.
  assert(Math.abs(sum / N) < (SIGMAS * (1 / 12)) / Math.sqrt(N), `covariance ${sum / N}`);
});

test("below() takes every whole number equally often, and none other", () => {
  const SIDES = 10;
  const rng = createRng("dice");
  const seen = Array.from({ length: SIDES }, () => 0);
  for (let i = 0; i < N; i++) seen[rng.below(SIDES)]! += 1;
  assertEquals(seen.length, SIDES);
  // Pearson's statistic has mean k - 1 and variance 2(k - 1).
  const fair = N / SIDES;
  const chi2 = seen.reduce((sum, n) => sum + (n - fair) ** 2 / fair, 0);
  const freedom = SIDES - 1;
  assert(Math.abs(chi2 - freedom) < SIGMAS * Math.sqrt(2 * freedom), `chi2 ${chi2}`);
  assertEquals(rng.below(1), 0);
});

test("chance(0) is never, chance(1) is always, chance(p) is p of the time", () => {
  const rng = createRng("chance");
  const hits = (p: number): number => {
    let sum = 0;
    for (let i = 0; i < N; i++) if (rng.chance(p)) sum++;
    return sum;
  };
  assertEquals(hits(0), 0);
  assertEquals(hits(1), N);
  const p = 0.03;
  assert(Math.abs(hits(p) - N * p) < SIGMAS * Math.sqrt(N * p * (1 - p)));
});

test("each call draws once, so that mixed use stays in step", () => {
  const mixed = createRng("step");
  mixed.chance(0.5);
  mixed.below(7);
  mixed.float();
  const floats = createRng("step");
  draw(floats, 3);
  assertEquals(mixed.float(), floats.float());
});
