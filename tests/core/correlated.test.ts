import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { correlatedDraws, netemDraws } from "../../modules/core/correlated.ts";
import { Blocks } from "../support/blocks.ts";
import { createRng } from "../../modules/core/rng.ts";

const N = 1_000_000;

function draw(next: () => number): Float64Array {
  return Float64Array.from({ length: N }, next);
}

function moments(values: Float64Array): { mean: number; variance: number; lag1: number } {
  const mean = values.reduce((sum, x) => sum + x, 0) / N;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / N;
  let product = 0;
  for (let i = 1; i < N; i++) product += (values[i]! - mean) * (values[i - 1]! - mean);
  return { mean, variance, lag1: product / (N - 1) / variance };
}

test("without correlation the draws are the rng's own", () => {
  const own = createRng("seed");
  const draws = correlatedDraws(createRng("seed"), 0);
  for (let i = 0; i < 10; i++) assertEquals(draws(), own.float());
});

for (const rho of [0.25, 0.5, 0.9]) {
  test(`neighbours correlate by ${rho}, as netem's recurrence has it`, () => {
    const { mean, variance, lag1 } = moments(draw(netemDraws(createRng("lag"), rho)));
    // Of x = (1 - rho) u + rho x': the mean is that of u, the variance (1 - rho) / (1 + rho) times
    // its 1/12, the correlation at lag 1 rho, with a deviation of sqrt((1 - rho^2) / n) (Bartlett).
    const wanted = (1 - rho) / (1 + rho) / 12;
    assert(Math.abs(lag1 - rho) < 3 * Math.sqrt((1 - rho * rho) / N), `lag 1: ${lag1}`);
    // The mean of n correlated draws varies (1 + rho) / (1 - rho) times as much, which gives 1 / 12n.
    assert(Math.abs(mean - 0.5) < 3 * Math.sqrt(1 / 12 / N), `mean: ${mean}`);
    assert(Math.abs(variance / wanted - 1) < 0.01, `variance: ${variance}, not ${wanted}`);
  });

  test(`each value is as likely as any other at ${rho}, far out too`, () => {
    const shares = [0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999];
    const below = shares.map(() => new Blocks());
    const next = correlatedDraws(createRng("rank"), rho);
    for (let i = 0; i < N; i++) {
      const value = next();
      for (const [at, share] of shares.entries()) below[at]!.add(value < share ? 1 : 0);
    }
    for (const [at, share] of shares.entries()) {
      const { mean, bound } = below[at]!.estimate;
      assert(Math.abs(mean - share) < bound, `${mean} are below ${share}, within ${bound}`);
    }
  });
}

test("the least and the most correlation that can be asked for", () => {
  for (const rho of [0.0001, 0.01, 0.99]) {
    // At 99% a value is remembered for some hundreds of draws.
    const blocks = new Blocks(10_000);
    const next = correlatedDraws(createRng("extreme"), rho);
    for (let i = 0; i < N; i++) {
      const value = next();
      assert(value >= 0 && value < 1, `${value}`);
      blocks.add(value);
    }
    const { mean, bound } = blocks.estimate;
    assert(Math.abs(mean - 0.5) < bound, `${mean} within ${bound}`);
  }
});

test("the first draw is like the later ones", () => {
  // Of many beginnings, none of which has a past. A uniform one would have a variance of 1 / 12.
  const rho = 0.5;
  const beginnings = 20_000;
  const wanted = (1 - rho) / (1 + rho) / 12;
  let variance = 0;
  for (let i = 0; i < beginnings; i++) {
    variance += (netemDraws(createRng(`begin ${i}`), rho)() - 0.5) ** 2 / beginnings;
  }
  // The deviation of a variance is at most that of a bell curve's for so light a tail.
  assert(Math.abs(variance / wanted - 1) < 3 * Math.sqrt(2 / beginnings), `${variance}`);
});
