/**
 * Figures that stand: those that are to be compared take turns, so that what else the machine does
 * meets all of them, and the median of the rounds is shown.
 */
import { reasonOf } from "../../modules/core/errors.ts";

/** What the rounds say. */
export interface Figure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
  /** In the order of the rounds. */
  readonly values: readonly number[];
}

/** A figure, or in a few words why there is none. */
export type Taken = Figure | string;

/** Measures once. It throws when what was measured is not what should have come of it. */
export type Contestant = () => number | Promise<number>;

/** The middle one, or between the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = Math.floor(sorted.length / 2);
  const lower = sorted.length % 2 === 1 ? upper : upper - 1;
  return ((sorted[lower] ?? NaN) + (sorted[upper] ?? NaN)) / 2;
}

/** What the values of all rounds come to. */
export function figureOf(values: readonly number[]): Figure {
  return {
    median: median(values),
    least: Math.min(...values),
    most: Math.max(...values),
    values,
  };
}

/**
 * What one is of the other, round by round: both halves of each ratio met the same machine. Its median
 * need not be the ratio of the medians.
 */
export function ratioOf(ours: Taken, baseline: Taken): Figure | undefined {
  if (typeof ours === "string" || typeof baseline === "string") return undefined;
  const rounds = Math.min(ours.values.length, baseline.values.length);
  if (rounds === 0) return undefined;
  return figureOf(ours.values.slice(0, rounds).map((value, i) => value / baseline.values[i]!));
}

/** How far the middle half of the rounds lies apart, as a share of the median: one that stands out is out. */
export function spreadOf({ median, values }: Figure): number {
  const sorted = values.toSorted((a, b) => a - b);
  const outside = Math.floor(sorted.length / 4);
  const inside = sorted.slice(outside, sorted.length - outside);
  return median === 0 ? 0 : (inside.at(-1)! - inside[0]!) / median;
}

/**
 * Each in turn, and that so many times; every other round begins at the other end, for whoever comes
 * later meets a warmer machine. What one that failed says of it stands for all of its rounds, and it is
 * not asked again.
 */
export async function takeTurns<Name extends string, Result>(
  rounds: number,
  contestants: Readonly<Record<Name, () => Result | Promise<Result>>>,
): Promise<Record<Name, Result[] | string>> {
  const names = Object.keys(contestants) as Name[];
  const results = new Map<Name, Result[] | string>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const before = results.get(name);
      if (typeof before !== "object") continue;
      try {
        before.push(await contestants[name]());
      } catch (error) {
        results.set(name, reasonOf(error));
      }
    }
  }
  return Object.fromEntries(results) as Record<Name, Result[] | string>;
}

/** One figure of each round, or why there are none. */
export function taken<Result>(
  results: readonly Result[] | string,
  pick: (result: Result) => number,
): Taken {
  if (typeof results === "string") return results;
  const values = results.map(pick);
  const wrong = values.find((value) => !Number.isFinite(value));
  return wrong === undefined ? figureOf(values) : `${wrong} is no figure`;
}

/** As `takeTurns`, of those that have one figure each. */
export async function takeFigures<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, Contestant>>,
): Promise<Record<Name, Taken>> {
  const results = await takeTurns(rounds, contestants);
  const names = Object.keys(contestants) as Name[];
  const figures = names.map((name) => [name, taken(results[name], (value) => value)]);
  return Object.fromEntries(figures) as Record<Name, Taken>;
}
