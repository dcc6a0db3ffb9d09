import type { Run } from "../core/run.ts";
import { formatDuration, plural } from "../core/units.ts";
import type { Judgement, Outcome } from "../core/verdict.ts";
import type { Paint } from "./paint.ts";

const MARK = { pass: "✓", fail: "✗", "not-exercised": "?" } as const;

/** The end of a run on the terminal: each expectation with what was measured, then the outcome. */
export function renderVerdict(run: Run, judged: Judgement, again: string, paint: Paint): string {
  const { outcome, verdicts, notes } = judged;
  const room = Math.max(
    ...verdicts.filter(({ got }) => got !== "").map(({ text }) => text.length),
    0,
  );
  const lines = verdicts.map((verdict) => {
    const mark = MARK[verdict.outcome];
    if (verdict.outcome === "pass") {
      const text = verdict.got === "" ? verdict.text : verdict.text.padEnd(room);
      return `${paint.good(mark)} ${text}${verdict.got === "" ? "" : `   ${paint.faint(verdict.got)}`}`;
    }
    const text = verdict.text.padEnd(room);
    const got = verdict.outcome === "fail" ? `got ${verdict.got}` : verdict.got;
    return `${paint.bad(`${mark} ${text}`)}   ${got}`;
  });
  for (const note of notes) lines.push(`${paint.warn("!")} ${note}`);
  const took = `${formatDuration(run.durationNs)}${run.time === "virtual" ? " of virtual time" : ""}`;
  const published = plural(run.next - run.first, "message");
  const good = outcome === "pass";
  const word = paint.bold(good ? paint.good(WORDS[outcome]) : paint.bad(WORDS[outcome]));
  lines.push(`${word}: ${run.name}: ${published} in ${took}, seed ${run.seed}`);
  if (!good) lines.push(`again  ${again}`);
  return lines.join("\n");
}

const WORDS: Record<Outcome, string> = {
  pass: "PASSED",
  fail: "FAILED",
  unverifiable: "UNVERIFIABLE",
  "not-exercised": "NOT EXERCISED",
  timeout: "TIMED OUT",
  interrupted: "INTERRUPTED",
};
