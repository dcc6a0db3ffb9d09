import { hashOfPlans, type Plan, type PlannedRule, type Plans } from "../core/plan.ts";
import { formatRange, type SeqRange } from "../core/seq.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import { formatDuration, formatWindow, plural } from "../core/units.ts";
import type { Paint } from "./paint.ts";

/** What a scenario will do, for people, at most `columns` wide; every number is there. */
export function renderPlan(plans: Plans, paint: Paint, columns: number): string {
  const [{ name, seed, feed }] = plans;
  const title = (plan: Plan): string =>
    feed === ""
      ? `${paint.bold(name)}: ${extentOf(plan)}, seed ${seed}`
      : `${paint.bold(plan.feed)}: ${extentOf(plan)}`;
  return [
    ...(feed === "" ? [] : [`${paint.bold(name)}: ${plural(plans.length, "feed")}, seed ${seed}`]),
    ...plans.flatMap((plan) => [title(plan), ...planLines(plan, columns)]),
    `plan ${hashOfPlans(plans)}`,
  ].join("\n");
}

function extentOf({ first, next, durationNs }: Plan): string {
  const messages = next - first;
  const numbers = messages === 0 ? "" : `, SEQ:${formatRange({ from: first, until: next })}`;
  return `${plural(messages, "message")}${numbers} in ${formatDuration(durationNs)}`;
}

function planLines({ lines, rules, timeline, lost }: Plan, columns: number): string[] {
  return [
    ...lines.flatMap((line) => [
      `line ${line.name}: ${plural(line.packets, "packet")} will leave`,
      ...rules
        .filter((rule) => rule.line === line.name)
        .flatMap((rule) => ruleLines(rule, columns)),
    ]),
    ...timeline.map(({ name, from, until }) => `${name}: ${momentOf(from, until)}`),
    ...(lost.length === 0
      ? ["every message leaves on some line"]
      : wrapped(`on no line: ${plural(sizeOf(lost), "message")}: `, lost, columns)),
  ];
}

function momentOf(from: Nanos, until: Nanos): string {
  return from === NEVER ? "never" : formatWindow({ from, until });
}

function ruleLines({ rule, hits, seen, touched, dropped }: PlannedRule, columns: number): string[] {
  const start = `  ${rule}: ${hits} of ${plural(seen, "packet")}`;
  if (hits === 0) return [start];
  const moved = sizeOf(touched) - sizeOf(dropped);
  return [
    ...wrapped(`${start}: `, touched, columns),
    ...(moved > 0 && dropped.length > 0 ? wrapped("    of these dropped: ", dropped, columns) : []),
  ];
}

/** How far the lines below the first are indented. */
const INDENT = "      ";

/** The start and the ranges, on as many lines as it takes. */
function wrapped(start: string, ranges: readonly SeqRange[], columns: number): string[] {
  const lines = [start];
  const words = ranges.map(formatRange);
  for (const [i, word] of words.entries()) {
    const text = `${i === 0 ? "SEQ:" : ""}${word}${i < words.length - 1 ? "," : ""}`;
    const line = lines.at(-1)!;
    const gap = line.endsWith(" ") ? "" : " ";
    if (line.length + gap.length + text.length <= columns || line.trim() === "") {
      lines[lines.length - 1] = line + gap + text;
    } else lines.push(INDENT + text);
  }
  return lines.map((line) => line.trimEnd());
}

function sizeOf(ranges: readonly SeqRange[]): number {
  return ranges.reduce((sum, { from, until }) => sum + until - from, 0);
}
