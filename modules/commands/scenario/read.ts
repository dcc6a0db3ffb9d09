/** From what was named on the command line to a scenario, or to everything that is wrong with it. */
import { type ExitCode, EXIT, UserError } from "../../core/errors.ts";
import type { Base, Mistake, NotRun } from "../../core/result.ts";
import { formatProblems, formatSummary, type Problem } from "../../scenario/document/problem.ts";
import { readingFrom } from "../../scenario/document/mod.ts";
import type { Variables } from "../../scenario/document/variables.ts";
import { noFiles, type OpenFile } from "../../scenario/files.ts";
import { loadScenario, type Scenario } from "../../scenario/load.ts";
import { expandMatrix } from "../../scenario/matrix.ts";
import { quote } from "../../core/units.ts";
import type { Shell } from "../shell.ts";
import { readScenarioText } from "./files.ts";

/** A scenario file that was read, well or not. */
export interface ReadScenario {
  readonly operand: string;
  readonly file: string;
  readonly text: string;
  readonly variables: Variables;
  /** Opens the files that its sources name. */
  readonly open: OpenFile;
  /** Undefined when it cannot be run. */
  readonly scenario: Scenario | undefined;
  readonly problems: readonly Problem[];
  /** The files that it uses. */
  readonly bases: readonly Base[];
  /** Why there is no text, when there is none. */
  readonly failure: UserError | undefined;
}

/** Reads a scenario by its path or bundled name. Never throws a UserError. */
export function readScenario(operand: string, variables: Variables = {}): ReadScenario {
  try {
    const { file, text, readBase, open } = readScenarioText(operand);
    const loaded = loadScenario(text, file, variables, readBase, open);
    return { operand, file, text, variables, open, ...loaded, failure: undefined };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const nothing = {
      text: "",
      variables,
      open: noFiles,
      scenario: undefined,
      problems: [],
      bases: [],
    };
    return { operand, file: operand, ...nothing, failure: error };
  }
}

/** A scenario that can be run, with the seed that its matrix gives. */
export type RunnableScenario = ReadScenario & {
  readonly scenario: Scenario;
  readonly seed: string | undefined;
};

/** Every run that a scenario's matrix makes; one where it has none. */
export function runsOf(
  {
    operand,
    file,
    text,
    bases,
    variables,
    open,
    scenario,
  }: ReadScenario & { readonly scenario: Scenario },
  seed: string | undefined,
): RunnableScenario[] {
  return expandMatrix(scenario.matrix, variables, seed).map((run) => {
    const read = loadScenario(text, file, run.variables, readingFrom(bases), open);
    const { scenario: one, problems } = read;
    // A value of the matrix may be wrong where the first one was right.
    if (one === undefined) throw new UserError(formatProblems(problems));
    return {
      operand,
      file,
      text,
      open,
      bases,
      ...run,
      scenario: one,
      problems,
      failure: undefined,
    };
  });
}

/** Reads the one scenario that a command is about; shows what is wrong. Undefined: it cannot run. */
export function readOne(
  operand: string,
  shell: Shell,
  variables: Variables = {},
): (ReadScenario & { readonly scenario: Scenario }) | undefined {
  const read = readScenario(operand, variables);
  showMistakes([read], shell);
  const { scenario } = read;
  return scenario === undefined ? undefined : { ...read, scenario };
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
  const names = Object.keys(read.scenario.matrix).filter((name) => !Object.hasOwn(variables, name));
  const free = seed === undefined ? names : names.filter((name) => name !== "seed");
  const set = free.map((name) => (name === "seed" ? "--seed 1" : `--var ${name}=...`)).join(" ");
  throw new UserError(
    `The matrix of ${quote(operand)} makes ${others.length + 1} runs, and one is wanted: ` +
      `set its values with ${set}`,
  );
}

/** Shows what is wrong with any of the files, on standard error. */
export function showMistakes(read: readonly ReadScenario[], shell: Shell): void {
  const problems = read.flatMap(({ problems }) => problems);
  for (const { problems, failure } of read) {
    if (failure !== undefined) shell.err(`feedlab: ${failure.message}`);
    if (problems.length > 0) shell.err(formatProblems(problems, shell.columns));
  }
  if (problems.some(({ severity }) => severity === "error")) shell.err(formatSummary(problems));
}

/** What to report of a file that cannot be run. */
export function notRun({ operand, file, problems, failure }: ReadScenario): NotRun {
  return {
    kind: "not-run",
    operand,
    file,
    reason: failure?.message ?? formatSummary(problems),
    mistakes: problems.map((problem) => mistakeOf(problem, file)),
    exitCode: failure?.exitCode ?? EXIT.usage,
  };
}

/** What reports must know of a problem of the scenario in `own`. */
export function mistakeOf(problem: Problem, own: string): Mistake {
  const { severity, file, line, column, length, path, message, hint } = problem;
  const parts = [path, message, hint ?? ""].filter((part) => part !== "");
  const place = { line, column, length, ...(file === own ? {} : { file }) };
  return { severity, ...place, message: parts.join(": ") };
}

/** The exit code of having read files, without running them. */
export function readCode(read: readonly ReadScenario[]): ExitCode {
  return read.every(({ scenario }) => scenario !== undefined) ? EXIT.ok : EXIT.usage;
}
