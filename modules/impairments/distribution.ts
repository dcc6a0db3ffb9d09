/**
 * How delays are spread, as quantile functions of mean 0 and deviation 1: a draw in [0, 1) goes in,
 * how far from the mean comes out. As in netem the curves are tables, computed by its formulas; they
 * are then scaled, for netem's own come out up to a quarter wider than they are told to be. Only
 * arithmetic that every engine rounds alike: the same draw is the same delay everywhere.
 */

/** From a draw in [0, 1), in deviations from the mean. */
export type Quantile = (draw: number) => number;

/** By the name that `distribution:` takes. */
export const DISTRIBUTIONS = ["uniform", "normal", "pareto", "paretonormal"] as const;

export type Distribution = (typeof DISTRIBUTIONS)[number];

/**
 * The quantiles of a distribution. Of `uniform`, netem's default, not the deviation but the reach
 * to either side is 1.
 */
export function quantileOf(distribution: Distribution): Quantile {
  switch (distribution) {
    case "uniform":
      return (draw) => 2 * draw - 1;
    case "normal":
      return tableOf(normal());
    case "pareto":
      return tableOf(pareto());
    case "paretonormal": {
      const bell = normal();
      return tableOf(pareto().map((value, i) => (3 * value + bell[i]!) / 4));
    }
  }
}

/** Values in a table, each as likely as any other. */
const CELLS = 4096;

/** The middle of a cell, in (0, 1). */
const middle = (cell: number): number => (cell + 0.5) / CELLS;

function tableOf(values: Float64Array): Quantile {
  const mean = values.reduce((sum, value) => sum + value, 0) / CELLS;
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / CELLS;
  const deviation = Math.sqrt(square);
  const table = values.map((value) => (value - mean) / deviation);
  return (draw) => table[Math.floor(draw * CELLS)]!;
}

/** A bell curve, which ends at 3.7 deviations as its table does. */
function normal(): Float64Array {
  const step = 1 / 2048;
  const values = new Float64Array(CELLS);
  let z = 0;
  let below = 0.5;
  for (let cell = CELLS / 2; cell < CELLS; cell++) {
    const wanted = middle(cell);
    let next = shareBelow(z + step);
    while (next < wanted) {
      z += step;
      below = next;
      next = shareBelow(z + step);
    }
    const value = z + (step * (wanted - below)) / (next - below);
    values[cell] = value;
    values[CELLS - 1 - cell] = -value;
  }
  return values;
}

/** The bell curve's share below z, in [0, 5], from its series around 0. */
function shareBelow(z: number): number {
  let term = z / Math.sqrt(2 * Math.PI);
  let sum = 0.5;
  for (let n = 0; Math.abs(term) > 1e-17; n++) {
    sum += term / (2 * n + 1);
    term *= -(z * z) / (2 * (n + 1));
  }
  return sum;
}

/** netem's exponent, its scale (4/3, from 1.5 on) and the end of its table. */
const PARETO_MEAN = 1.5;
const PARETO_SCALE = 4 / 3;
const PARETO_END = 4;

/** Many short delays and few very long ones: x = u^(-1/3). */
function pareto(): Float64Array {
  return Float64Array.from({ length: CELLS }, (_, cell) => {
    const x = 1 / cubeRoot(1 - middle(cell));
    return Math.min((x - PARETO_MEAN) * PARETO_SCALE, PARETO_END);
  });
}

/** Of a number in (0, 1], by Newton's method from above. */
function cubeRoot(value: number): number {
  let root = 1;
  for (;;) {
    const better = root - (root * root * root - value) / (3 * root * root);
    if (better >= root) return root;
    root = better;
  }
}
