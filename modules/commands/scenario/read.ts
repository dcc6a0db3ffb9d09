/** From what was named on the command line to a scenario, or to everything that is wrong with it. */
import { type ExitCode, EXIT, UserError } from "../../core/errors.ts";
import type { Base, Mistake, NotRun } from "../../core/result.ts";
import { formatProblems, formatSummary, type Problem } from "../../scenario/document/problem.ts";
import type { Variables } from "../../scenario/document/variables.ts";
import { noFiles, type OpenFile } from "../../scenario/files.ts";
import { loadScenario, type Scenario } from "../../scenario/load.ts";
import { complain } from "../complain.ts";
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

/** Shows what is wrong with any of the files, on standard error. */
export function showMistakes(read: readonly ReadScenario[], shell: Shell): void {
  const problems = read.flatMap(({ problems }) => problems);
  for (const { problems, failure } of read) {
    if (failure !== undefined) complain(shell, failure.message);
    if (problems.length > 0) shell.err(formatProblems(problems, shell.columns, shell.room.err));
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
