import { ofPart, type Part, type Runs } from "../core/run.ts";
import type { Seq } from "../core/seq.ts";
import type { Judgement, Verdict } from "../core/verdict.ts";
import { expectedOf, extentOf, MARK, WORD } from "./outcome.ts";
import type { Paint } from "./paint.ts";
import { whyOf } from "./why.ts";
import { wrap } from "./wrap.ts";

/**
 * The end of a run on the terminal: each expectation with what was measured, why it failed, then the
 * outcome. `again` runs it once more; `look`, where it is given, tells the life of a message.
 */
export function renderVerdict(
  runs: Runs,
  judged: Judgement,
  again: string,
  paint: Paint,
  look?: (seq: Seq, part: Part) => string,
  columns = Infinity,
): string {
  const { outcome, verdicts, notes } = judged;
  const room = Math.max(
    ...verdicts.filter(({ got }) => got !== "").map((verdict) => expectedOf(verdict).length),
    0,
  );
  const told = new Set<string>();
  const lines = verdicts.flatMap((verdict) => [
    verdictLine(verdict, room, paint),
    ...(verdict.outcome === "pass" ? [] : because(runs, verdict, look, told, columns)),
  ]);
  for (const note of notes) lines.push(paint.warn("!") + wrap("! ", note, columns).slice(1));
  const good = outcome === "pass";
  const word = paint.bold(good ? paint.good(WORD[outcome]) : paint.bad(WORD[outcome]));
  const [{ name, seed }] = runs;
  lines.push(`${word}: ${name}: ${extentOf(runs)}, seed ${seed}`);
  if (!good) lines.push(`again  ${again}`);
  return lines.join("\n");
}

function verdictLine(verdict: Verdict, room: number, paint: Paint): string {
  const { outcome, got } = verdict;
  const text = expectedOf(verdict);
  const mark = MARK[outcome];
  if (outcome !== "pass") {
    return `${paint.bad(`${mark} ${text.padEnd(room)}`)}   ${outcome === "fail" ? "got " : ""}${got}`;
  }
  if (got === "") return `${paint.good(mark)} ${text}`;
  return `${paint.good(mark)} ${text.padEnd(room)}   ${paint.faint(got)}`;
}

/** How far a reason goes on below itself, so that it is not taken for the next one. */
const WHY_INDENT = 6;

/** Why, and where to look; what was told for an expectation above is not told again. */
function because(
  runs: Runs,
  verdict: Verdict,
  look: ((seq: Seq, part: Part) => string) | undefined,
  told: Set<string>,
  columns: number,
): string[] {
  const { lines, seq } = whyOf(runs, verdict);
  const looking = seq === undefined || look === undefined ? [] : [`look  ${look(seq, verdict)}`];
  const fresh = lines.filter((line) => !told.has(ofPart(verdict, line)));
  for (const line of fresh) told.add(ofPart(verdict, line));
  if (fresh.length === 0) return lines.length > 0 ? ["    as above"] : [];
  // Commands stay whole: somebody copies them.
  return [
    ...fresh.map((line) => wrap("    ", line, columns, WHY_INDENT)),
    ...looking.map((line) => `    ${line}`),
  ];
}
