/** One run of a matrix, and how to say on the command line which. */
import { UserError } from "../../core/errors.ts";
import { quote } from "../../core/units.ts";
import type { Variables } from "../../scenario/document/variables.ts";
import { wrap } from "../../reports/wrap.ts";
import { loadScenario, type Scenario } from "../../scenario/load.ts";
import { expandMatrix } from "../../scenario/matrix.ts";
import { formatProblems } from "../../scenario/document/problem.ts";
import { readingFrom } from "../../scenario/document/mod.ts";
import type { Shell } from "../shell.ts";
import { readOne, type ReadScenario } from "./read.ts";

/** Columns by which a note goes on below its first line. */
const INDENT = 2;

/** A scenario that can be run, with the seed that its matrix gives. */
export type RunnableScenario = ReadScenario & {
  readonly scenario: Scenario;
  readonly seed: string | undefined;
};

/** Every run that a scenario's matrix makes; one where it has none. */
export function runsOf(
  read: ReadScenario & { readonly scenario: Scenario },
  seed: string | undefined,
): RunnableScenario[] {
  const { operand, file, text, bases, variables, open, scenario } = read;
  return expandMatrix(scenario.matrix, variables, seed).map((run) => {
    const { scenario: one, problems } = loadScenario(
      text,
      file,
      run.variables,
      readingFrom(bases),
      open,
    );
    // A value of the matrix may be wrong where the first one was right.
    if (one === undefined) throw new UserError(formatProblems(problems));
    const made = { ...run, scenario: one, problems, failure: undefined };
    return { operand, file, text, open, bases, ...made };
  });
}

/**
 * Reads the one scenario that a command runs; shows what is wrong. A matrix must come down to one run,
 * but for its seeds where those are the command's own. Undefined: it cannot run.
 */
export function readSingle(
  operand: string,
  shell: Shell,
  variables: Variables = {},
  seed?: string,
): RunnableScenario | undefined {
  const read = readOne(operand, shell, variables);
  if (read === undefined) return undefined;
  const [run, ...others] = runsOf(read, seed);
  if (others.length === 0) return run;
  throw new UserError(
    `The matrix of ${quote(operand)} makes ${others.length + 1} runs, and one is wanted: ` +
      `choose it with ${flagsFor(read.scenario, variables, seed)}`,
  );
}

/** The first run of a scenario, for a command that only shows one. */
export interface FirstRun {
  readonly read: RunnableScenario;
  /** How many there are. */
  readonly runs: number;
  /** What the matrix set in this one. */
  readonly values: Variables;
  /** Which one it is, and how to have another; undefined where there is no other. */
  readonly note: string | undefined;
}

/** Reads a scenario and takes the first run that it makes; shows what is wrong. */
export function readFirst(
  operand: string,
  shell: Shell,
  variables: Variables,
  seed: string | undefined,
): FirstRun | undefined {
  const all = readOne(operand, shell, variables);
  if (all === undefined) return undefined;
  const [run, ...others] = runsOf(all, seed);
  const read = run!;
  const names = Object.keys(all.scenario.matrix).filter((name) => name !== "seed");
  const values = Object.fromEntries(names.map((name) => [name, read.variables[name]!]));
  const runs = others.length + 1;
  const note =
    runs === 1
      ? undefined
      : `the first of ${runs} runs: ${namesOf({ variables: values, seed: read.seed })}; ` +
        `for another: ${flagsFor(all.scenario, variables, seed)}`;
  return { read, runs, values, note };
}

/** The note on which run is shown, in lines of at most `columns`; none where there is no other. */
export function renderNote({ note }: FirstRun, columns: number): string[] {
  return note === undefined ? [] : [wrap("", note, columns, INDENT)];
}

/** `loss=1%, seed 3`: what makes a run of a matrix itself. */
export function namesOf({ variables, seed }: Pick<RunnableScenario, "variables" | "seed">): string {
  const values = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  if (seed !== undefined) values.push(`seed ${seed}`);
  return values.join(", ");
}

/** `--var loss=... --seed ...`: the flags that choose one run of a matrix. */
export function flagsFor(
  { matrix }: Pick<Scenario, "matrix">,
  variables: Variables,
  seed: string | undefined,
): string {
  return Object.keys(matrix)
    .filter((name) => !Object.hasOwn(variables, name))
    .filter((name) => name !== "seed" || seed === undefined)
    .map((name) => (name === "seed" ? "--seed ..." : `--var ${name}=...`))
    .join(" ");
}
