/** All that a report knows: what was to be run, what came of it, and how to do it again. */
import { EXIT, type ExitCode } from "./errors.ts";
import type { Runs } from "./run.ts";
import type { Judgement } from "./verdict.ts";

/** A place in a scenario file, within one line. Line and column count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** A file that a scenario uses: what it is called there and in problems, and its text. */
export interface Base {
  /** The file that uses it. */
  readonly from: string;
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** A scenario that ran, and what came of it. Plain data but for the run's histograms. */
export interface JudgedRun {
  readonly kind: "judged";
  /** What the scenario was called on the command line, and what its file is called. */
  readonly operand: string;
  readonly file: string;
  /** The file's text, so that the run can be judged again. */
  readonly text: string;
  /** The files that it uses. */
  readonly bases: readonly Base[];
  /** Values that were given from outside; they win over the file's own. */
  readonly variables: Readonly<Record<string, string>>;
  /** What else is worth knowing later: versions, the machine, the date. */
  readonly facts: Readonly<Record<string, string>>;
  /** Where a verdict's expectation stands in the file, by the verdict's text. */
  readonly places: Readonly<Record<string, Place>>;
  readonly runs: Runs;
  readonly judgement: Judgement;
}

/** A mistake in a scenario file. */
export interface Mistake extends Place {
  readonly severity: "error" | "warning";
  /** Where it is, if not in the scenario's own file. */
  readonly file?: string;
  readonly message: string;
}

/** A scenario that did not run. */
export interface NotRun {
  readonly kind: "not-run";
  readonly operand: string;
  readonly file: string;
  /** In one line. */
  readonly reason: string;
  /** What is wrong in the file, when that is the reason. */
  readonly mistakes: readonly Mistake[];
  /** True: this machine lacks what the scenario requires, which is nobody's fault. */
  readonly skipped?: true;
  readonly exitCode: ExitCode;
}

/** What came of one scenario. */
export type Result = JudgedRun | NotRun;

/** From best to worst: the less is known of what was to be proven, the worse. */
const BADNESS: readonly ExitCode[] = [
  EXIT.ok,
  EXIT.unverifiable,
  EXIT.failed,
  EXIT.timeout,
  EXIT.environment,
  EXIT.usage,
  EXIT.interrupted,
];

/** The exit code of several runs: that of the worst. */
export function worstOf(codes: Iterable<ExitCode>): ExitCode {
  return [...codes].reduce<ExitCode>(
    (worst, code) => (BADNESS.indexOf(code) > BADNESS.indexOf(worst) ? code : worst),
    EXIT.ok,
  );
}

/** The exit code of one result. */
export function exitCodeOf(result: Result): ExitCode {
  return result.kind === "judged" ? result.judgement.exitCode : result.exitCode;
}
