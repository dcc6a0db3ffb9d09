/** What came of a run, as plain data: reports are made from it. */
import type { ExitCode } from "./errors.ts";

/** How one expectation came out. */
export interface Verdict {
  readonly text: string;
  /** The feed that it speaks of, where feeds have names; the text begins with it. */
  readonly feed?: string;
  /** The handler that it speaks of, where it has a name; otherwise it is about the feed. */
  readonly handler?: string;
  /** What was expected, where the text is a name: `gaps.size.max == 3`. */
  readonly check?: string;
  /** What was measured, where the text may be a name: `gaps.size.max`. */
  readonly metric?: string;
  /** The phase that it speaks of, where it is not the whole run. */
  readonly phase?: string;
  /** `not-exercised`: there was nothing to measure, which is no pass. */
  readonly outcome: "pass" | "fail" | "not-exercised";
  /** What was measured, for people. */
  readonly got: string;
}

/** What came of a run. `unverifiable`: it was spoiled by something that nobody ordered. */
export type Outcome =
  "pass" | "fail" | "unverifiable" | "not-exercised" | "timeout" | "interrupted";

/** A run, judged. */
export interface Judgement {
  readonly outcome: Outcome;
  readonly exitCode: ExitCode;
  readonly verdicts: readonly Verdict[];
  /** What a reader must know to trust the verdicts, a sentence each. */
  readonly notes: readonly string[];
}
