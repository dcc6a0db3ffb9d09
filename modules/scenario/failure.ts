/** What a run failed by, so that another run can be asked whether it fails by the same. */
import { RangeSet } from "../core/ranges.ts";
import { ofPart, type Run, runOf, type Runs } from "../core/run.ts";
import type { SeqRange } from "../core/seq.ts";
import type { Judgement, Outcome, Verdict } from "../core/verdict.ts";
import { type Expectation, judge } from "../expectations/expectation.ts";
import { expectedOf } from "./feed-scenario.ts";
import type { Scenario } from "./load.ts";

/** One way in which a run did not pass. */
export interface Failure {
  readonly outcome: Outcome;
  /** The verdict's text; empty where no verdict tells, as when the time was over. */
  readonly text: string;
  /** In which way: too much, too little, or what was measured; or the invariant that was broken. */
  readonly how: string;
}

/** All ways in which a run did not pass, in the order of its verdicts; none when it passed. */
export function failuresOf(
  runs: Runs,
  { outcome, verdicts }: Judgement,
  scenario: Pick<Scenario, "expectations" | "allow">,
): Failure[] {
  if (outcome === "pass") return [];
  if (outcome !== "fail" && outcome !== "not-exercised") return [{ outcome, text: "", how: "" }];
  return verdicts
    .filter((verdict) => verdict.outcome === outcome)
    .map((verdict) => {
      const run = runOf(runs, verdict);
      return { outcome, text: verdict.text, how: howOf(verdict, run, scenario) };
    });
}

/** Whether a run failed by this, among others. */
export function isAmong({ outcome, text, how }: Failure, failures: readonly Failure[]): boolean {
  return failures.some((one) => one.outcome === outcome && one.text === text && one.how === how);
}

function howOf(
  verdict: Verdict,
  run: Run,
  { expectations, allow }: Pick<Scenario, "expectations" | "allow">,
): string {
  if (verdict.outcome !== "fail") return "";
  const expectation = expectedOf(expectations, run).find(
    ({ text }) => ofPart(run, text) === verdict.text,
  );
  if (expectation !== undefined) return sideOf(expectation, run, verdict.got);
  return run.broken.find(({ invariant }) => !allow.includes(invariant))?.invariant ?? "";
}

/**
 * A smaller scenario has less of everything, so too little is the same failure only where it is
 * exactly as little; but for what was delivered, where to have less than all is the failure itself.
 */
function sideOf(expectation: Expectation, run: Run, got: string): string {
  const { seqs, op, metric, low } = expectation;
  if (seqs !== undefined || op === "!=") return got;
  const below = judge({ ...expectation, op: "<" }, run).outcome === "pass";
  if (!below) return "too much";
  if (metric.name !== "delivered" || !low.share) return got;
  // What nobody could notice is another failure than what nobody could bring.
  const tail = RangeSet.of(run.tail);
  const noticed = run.undelivered.some(
    ({ from, until }) => sizeOf(tail.within(from, until)) < until - from,
  );
  return noticed ? "too little" : "too little at the end";
}

function sizeOf(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { from, until }) => sum + until - from, 0);
}
