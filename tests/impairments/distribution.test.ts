import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import {
  type Distribution,
  DISTRIBUTIONS,
  type Quantile,
  quantileOf,
} from "../../modules/impairments/distribution.ts";

/** The middle of each of the table's cells: all that a draw can come out as, each as likely. */
function values(quantile: Quantile): number[] {
  return Array.from({ length: 4096 }, (_, i) => quantile((i + 0.5) / 4096));
}

function moments(all: readonly number[]): { mean: number; deviation: number } {
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  const square = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length;
  return { mean, deviation: Math.sqrt(square) };
}

for (const distribution of DISTRIBUTIONS) {
  test(`${distribution}: mean 0, deviation 1, ascending`, () => {
    const all = values(quantileOf(distribution));
    const { mean, deviation } = moments(all);
    const wanted = distribution === "uniform" ? 1 / Math.sqrt(3) : 1;
    assert(Math.abs(mean) < 1e-9, `${mean}`);
    assert(Math.abs(deviation - wanted) < 1e-7, `${deviation}`);
    assert(all.every((x, i) => i === 0 || x >= all[i - 1]!));
  });
}

/** Known values of the curves: at which share of all what is reached. */
const KNOWN: readonly (readonly [Distribution, share: number, value: number])[] = [
  ["uniform", 0.25, -0.5],
  ["uniform", 0.75, 0.5],
  // Of the bell curve 15.87% are below one deviation, 2.275% below two.
  ["normal", 0.158655, -1],
  ["normal", 0.97725, 2],
  // x = (1 - u)^(-1/3), cut at 4.5, has the mean 1.5 - 1 / (2 * 4.5^2) and the square 3 - 2 / 4.5.
  ["pareto", 0.5, (2 ** (1 / 3) - 1.475309) / 0.615639],
  ["pareto", 0.9, (10 ** (1 / 3) - 1.475309) / 0.615639],
  ["pareto", 0.9999, (4.5 - 1.475309) / 0.615639],
];

for (const [distribution, share, value] of KNOWN) {
  test(`${distribution}: ${share} of all are below ${value.toFixed(3)}`, () => {
    const found = quantileOf(distribution)(share);
    assert(Math.abs(found - value) < 0.005, `${found}`);
  });
}

test("paretonormal is three parts of netem's pareto and one of its normal, scaled to deviation 1", () => {
  const mixed = values(quantileOf("normal")).map((bell, i) => {
    const x = Math.min((1 - (i + 0.5) / 4096) ** (-1 / 3), 4.5);
    return ((3 * ((x - 1.5) * 4)) / 3 + bell) / 4;
  });
  const { mean, deviation } = moments(mixed);
  values(quantileOf("paretonormal")).forEach((value, i) => {
    assert(Math.abs(value - (mixed[i]! - mean) / deviation) < 1e-3);
  });
});

test("the same draw is the same delay on every engine", () => {
  // Written down once: an engine that rounds otherwise would find other bits.
  const hash = (all: readonly number[]): number =>
    new Uint32Array(Float64Array.from(all).buffer).reduce(
      (sum, word) => Math.imul(sum ^ word, 0x01000193) >>> 0,
      0x811c9dc5,
    );
  const found = DISTRIBUTIONS.map((name) => hash(values(quantileOf(name))));
  assertEquals(found, [3438042565, 4019707765, 3542674040, 1070014560]);
});
