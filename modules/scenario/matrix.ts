/** One scenario, run once for every combination of some values. */
import * as z from "zod";
import { parseCount, UnitError } from "../core/units.ts";
import type { Variables } from "./document/variables.ts";

/** Runs of one matrix. */
export const MATRIX_MAX = 1000;

const word = z.union([z.string(), z.number(), z.boolean()]).transform(String);

/** The values of one name: a list, or a range of whole numbers like `1..20`, both ends in. */
const values = z
  .union([z.array(word).min(1), word], {
    error: "expected a list of values, or a range like 1..20",
  })
  .transform((given, context) => {
    if (Array.isArray(given)) return given;
    try {
      const [low, high, ...more] = given.split("..");
      if (low === undefined || high === undefined || more.length > 0) {
        throw new UnitError(`"${given}" is neither a list nor a range: write [1, 2] or 1..20`);
      }
      const from = parseCount(low);
      const count = parseCount(high) - from + 1;
      if (count < 1 || count > MATRIX_MAX) {
        throw new UnitError(`"${given}" makes ${count} runs: make it 1 to ${MATRIX_MAX}`);
      }
      return Array.from({ length: count }, (_, i) => String(from + i));
    } catch (error) {
      if (!(error instanceof UnitError)) throw error;
      context.addIssue(error.message);
      return z.NEVER;
    }
  });

/** `matrix: { loss: [0.1%, 1%], seed: 1..20 }`. */
export const matrix = z.record(z.string(), values).superRefine((given, context) => {
  const runs = Object.values(given).reduce((product, { length }) => product * length, 1);
  if (runs > MATRIX_MAX) {
    context.addIssue(`the matrix makes ${runs} runs: make it ${MATRIX_MAX} at most`);
  }
});

/** One run of a matrix: the values of its variables, and its seed where the matrix gives one. */
export interface MatrixRun {
  readonly variables: Variables;
  readonly seed: string | undefined;
}

/**
 * Every combination, the last name changing fastest; one run without values for an empty matrix.
 * What is fixed from outside takes the place of the matrix's values.
 */
export function expandMatrix(
  given: Readonly<Record<string, readonly string[]>>,
  fixed: Variables = {},
  seed?: string,
): MatrixRun[] {
  const names = Object.entries(given).filter(([name]) => !Object.hasOwn(fixed, name));
  const free = seed === undefined ? names : names.filter(([name]) => name !== "seed");
  const combinations = free.reduce<Variables[]>(
    (runs, [name, values]) =>
      runs.flatMap((run) => values.map((value) => ({ ...run, [name]: value }))),
    [{}],
  );
  return combinations.map(({ seed: drawn, ...variables }) => ({
    variables: { ...fixed, ...variables },
    seed: seed ?? drawn,
  }));
}
