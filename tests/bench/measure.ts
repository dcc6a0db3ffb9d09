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

/** How far the rounds lie apart, as a share of the median. */
export function spreadOf({ median, least, most }: Figure): number {
  return median === 0 ? 0 : (most - least) / median;
}

/**
 * Each in turn, and that so many times; every other round begins at the other end, for whoever comes
 * later meets a warmer machine. One that fails is not asked again, and has no figure.
 */
export async function takeTurns<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, Contestant>>,
): Promise<Record<Name, Taken>> {
  const names = Object.keys(contestants) as Name[];
  const values = new Map<Name, number[]>(names.map((name) => [name, []]));
  const failures = new Map<Name, string>();
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      if (failures.has(name)) continue;
      try {
        const value = await contestants[name]();
        if (!Number.isFinite(value)) throw new Error(`${value} is no figure`);
        values.get(name)!.push(value);
      } catch (error) {
        failures.set(name, reasonOf(error));
      }
    }
  }
  const taken = names.map((name) => [name, failures.get(name) ?? figureOf(values.get(name)!)]);
  return Object.fromEntries(taken) as Record<Name, Taken>;
}
