import { EXIT, type ExitCode } from "../core/errors.ts";
import { type ExplainedGap, type Run } from "../core/run.ts";
import { formatRanges, type SeqRange } from "../core/seq.ts";
import { plural } from "../core/units.ts";
import type { Judgement, Outcome, Verdict } from "../core/verdict.ts";
import { type Expectation, judge } from "../expectations/expectation.ts";
import { unusedRuleText } from "./rules.ts";

/** Open gaps that a note names. */
const OPEN_MAX = 5;

/** Judges a run: what was expected, what must always hold, and whether anything was proven. */
export function judgeRun(
  run: Run,
  expectations: readonly Expectation[],
  heartbeats: boolean,
): Judgement {
  const verdicts = [
    ...expectations.map((e) => ({ ...judge(e, run), metric: metricOf(e) })),
    invariants(run),
    ...unusedRules(run),
  ];
  const outcome = outcomeOf(run, verdicts);
  return { outcome, exitCode: EXIT_OF[outcome], verdicts, notes: notesOf(run, heartbeats) };
}

const EXIT_OF: Record<Outcome, ExitCode> = {
  pass: EXIT.ok,
  fail: EXIT.failed,
  unverifiable: EXIT.unverifiable,
  "not-exercised": EXIT.unverifiable,
  timeout: EXIT.timeout,
  interrupted: EXIT.interrupted,
};

function outcomeOf(run: Run, verdicts: readonly Verdict[]): Outcome {
  if (run.end === "interrupted") return "interrupted";
  if (run.end === "timed-out") return "timeout";
  // What others publish is none of the feed's doing.
  if (run.foreign.length > 0) return "unverifiable";
  // Loss that nobody ordered explains a failure, and would make a success luck.
  if (run.unexplained.length > 0 || foreignGaps(run).length > 0) return "unverifiable";
  if (verdicts.some(({ outcome }) => outcome === "fail")) return "fail";
  if (verdicts.some(({ outcome }) => outcome === "not-exercised")) return "not-exercised";
  return "pass";
}

/** Gaps that no rule of the scenario made. What is open in a run that was cut short may yet close. */
function foreignGaps({ gaps, end }: Run): ExplainedGap[] {
  return gaps.filter(
    ({ cause, closedNs }) =>
      (cause === "kernel-drop" || cause === "unexplained") &&
      (closedNs !== undefined || end === "at-rest"),
  );
}

function metricOf({ metric, param, stat }: Expectation): string {
  const name = metric.name.replace("*", param);
  return stat === undefined ? name : `${name}.${stat}`;
}

function invariants({ broken }: Run): Verdict {
  return {
    text: "exactly once, in order, intact, nothing invented, every gap closed",
    outcome: broken.length === 0 ? "pass" : "fail",
    got: broken.length === 0 ? "" : broken.join("; "),
  };
}

/** A rule that touched nothing proves nothing. */
function unusedRules(run: Run): Verdict[] {
  const names = [...new Set(run.rules.map(({ name }) => name))];
  return names
    .filter((name) => run.rules.every((rule) => rule.name !== name || rule.hits === 0))
    .map((name) => ({
      text: unusedRuleText(name),
      outcome: "not-exercised",
      got: `rule "${name}" never fired`,
    }));
}

/** What a run that was stopped still waited for. */
function stillOpen({ gaps, next, first, delivered }: Run): string {
  const open = gaps.filter(({ closedNs }) => closedNs === undefined);
  const shown = formatRanges(open.slice(0, OPEN_MAX));
  const more = open.length > OPEN_MAX ? ` and ${open.length - OPEN_MAX} more` : "";
  const reached = `${delivered} of ${plural(next - first, "published message")} delivered`;
  return open.length === 0 ? reached : `SEQ:${shown}${more} still missing, ${reached}`;
}

function notesOf(run: Run, heartbeats: boolean): string[] {
  const notes: string[] = [];
  if (run.end === "timed-out") notes.push(`stopped by the timeout with ${stillOpen(run)}`);
  if (run.end === "aborted") notes.push(`stopped as soon as it could not pass, ${stillOpen(run)}`);
  for (const range of run.tail) {
    const covers = ({ from, until }: SeqRange): boolean => from < range.until && until > range.from;
    const spoiler = run.hits.find(({ ranges }) => ranges.some(covers));
    const did = run.losses.some(covers) ? "dropped" : "spoiled";
    const why = heartbeats
      ? "no heartbeat followed"
      : `the ${run.protocol} protocol has no heartbeat, so nobody can notice`;
    notes.push(
      `SEQ:${formatRanges([range])} was ${did} by "${spoiler?.rule}" and nothing came after it: ${why}`,
    );
  }
  for (const group of run.foreign) notes.push(`somebody else publishes to ${group}`);
  const foreign = foreignGaps(run);
  if (foreign.length > 0 && run.foreign.length === 0) {
    const drops = run.lines.reduce((sum, { kernelDrops = 0 }) => sum + kernelDrops, 0);
    notes.push(
      `SEQ:${formatRanges(foreign)} went missing although no rule touched it: ` +
        (drops > 0
          ? `the system dropped ${plural(drops, "packet")} (raise net.core.rmem_max, or lower the rate)`
          : "somebody else lost it, so no verdict can be trusted"),
    );
  }
  if (run.unexplained.length > 0) {
    notes.push(
      `SEQ:${formatRanges(run.unexplained)} did not arrive although no rule dropped it: ` +
        `the machine lost it, so no verdict can be trusted`,
    );
  }
  return notes;
}
