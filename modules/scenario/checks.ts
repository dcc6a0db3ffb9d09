/** What can be said of rules before anything is sent: whom they name, and whether they can fire. */
import type { RangeSet } from "../core/ranges.ts";
import type { Seq } from "../core/seq.ts";
import type { Nanos } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import type { Path } from "./document/path.ts";
import type { Problem } from "./document/problem.ts";
import type { NamedRule } from "./rules.ts";
import { noLine, noPhase, type Phases, selectedKinds } from "./selectors.ts";

/** What a feed will publish, as far as that is known ahead. */
export interface FeedSpan {
  readonly first: Seq;
  /** How many messages at most; Infinity when nobody knows. */
  readonly messages: number;
  /** When the schedule is over; the last message is due before. */
  readonly untilNs: Nanos;
  /** Messages in a packet. */
  readonly batch: number;
  /** Whether it may send packets without messages: heartbeats, ends of session. */
  readonly heartbeats: boolean;
  /** How many sessions it has; 1 unless told otherwise. */
  readonly sessions?: number;
}

/** What rules are held against. */
export interface RuleContext {
  readonly lines: readonly string[];
  readonly phases: Phases;
  readonly feed: FeedSpan;
}

/** A mistake in one of the rules. */
export interface RuleProblem {
  readonly severity: Problem["severity"];
  /** The position of the rule. */
  readonly rule: number;
  /** What it is about, and where that stands within the rule; empty: the rule itself. */
  readonly path: Path;
  readonly place: Path;
  readonly message: string;
}

/** Every mistake in the rules that only the rest of the scenario shows. */
export function checkRules(rules: readonly NamedRule[], context: RuleContext): RuleProblem[] {
  return rules.flatMap((rule, index): RuleProblem[] => {
    const wrong = wrongNames(rule.choice, context);
    if (wrong.length > 0) return wrong.map((one) => ({ severity: "error", rule: index, ...one }));
    const why = neverFires(rule.choice, context);
    if (why === undefined) return [];
    const message = `rule "${rule.name}" never fires: ${why}`;
    return [{ severity: "warning", rule: index, path: [], place: [], message }];
  });
}

function wrongNames(
  { definition, options, rest: selectors }: NamedRule["choice"],
  { lines, phases, feed }: RuleContext,
): Pick<RuleProblem, "path" | "place" | "message">[] {
  const wrong: Pick<RuleProblem, "path" | "place" | "message">[] = [];
  const { line = [], phase = [], session } = selectors;
  const numbers = (selectors.seq ?? definition.reach?.(options).seq) !== undefined;
  const add = (message: string, key: string, ...position: number[]): void => {
    wrong.push({ path: [key], place: [key, ...position], message });
  };
  for (const [i, name] of line.entries()) {
    if (!lines.includes(name)) add(noLine(name, lines), "line", i);
  }
  for (const [i, name] of phase.entries()) {
    if (!phases.has(name)) add(noPhase(name, phases), "phase", i);
  }
  if ((feed.sessions ?? 1) > 1 && numbers && session === undefined) {
    const message = `${feed.sessions} sessions have these numbers: add session: 1, or count with msg`;
    add(message, selectors.seq === undefined ? definition.name : "seq");
  }
  return wrong;
}

/** Why no packet of the feed will ever be touched; undefined when one may be. */
function neverFires(
  { definition, options, rest }: NamedRule["choice"],
  { phases, feed }: RuleContext,
): string | undefined {
  const { first, messages, untilNs, heartbeats } = feed;
  const reach = definition.reach?.(options) ?? {};
  if (reach.never === true) return undefined;
  const kinds = selectedKinds(rest, definition.kinds);
  if (!kinds.includes("data")) {
    if (!heartbeats) return "the feed sends nothing but data";
    const own = reach.others === true ? [] : [reach.seq, reach.msg];
    const asks = [rest.seq, rest.msg, ...own].some((set) => set !== undefined);
    return asks ? "only data has numbers" : undefined;
  }
  const outside =
    // Another session has numbers of its own.
    ((feed.sessions ?? 1) > 1 ? undefined : outsideOf([rest.seq, reach.seq], first, messages)) ??
    outsideOf([rest.msg, reach.msg], 1, messages, "message ");
  // A heartbeat or an end of session may still follow the last message.
  if (outside !== undefined || (heartbeats && kinds.length > 1)) return outside;
  const from = Math.max(
    rest.time?.from ?? 0,
    reach.time?.from ?? 0,
    rest.phase === undefined ? 0 : Math.min(...rest.phase.map((name) => phases.get(name)!.from)),
  );
  return from >= untilNs ? `the feed ends at ${formatDuration(untilNs)}` : undefined;
}

/** Why one of the sets has none of the numbers from `from` on. */
export function outsideOf(
  sets: readonly (RangeSet | undefined)[],
  from: number,
  count: number,
  what = "",
): string | undefined {
  const until = from + count;
  const strange = sets.find((set) => set !== undefined && !set.overlaps(from, until));
  if (strange === undefined) return undefined;
  return (strange.first?.from ?? 0) >= until
    ? `the feed ends at ${what}${until - 1}`
    : `the feed begins at ${what}${from}`;
}
