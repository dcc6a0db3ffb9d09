/** From what a timeline says to windows of the schedule, known before anything is sent. */
import { slug } from "../core/run.ts";
import { type Nanos, NEVER, type TimeWindow } from "../core/time.ts";
import { formatDuration } from "../core/units.ts";
import { delayedBy, type Pause } from "../protocol/schedule/pauses.ts";
import { windowsOf } from "../protocol/schedule/phase.ts";
import { nextName } from "../protocol/sessions.ts";
import { type FeedChange, type FeedPause, type FeedPlan, protocolOf } from "./feed.ts";
import { scheduleOf } from "./recorded.ts";
import type { NamedRule } from "./rules.ts";
import type { NamedEntry } from "./timeline.ts";
import type { Effect } from "./timeline/action.ts";

/** An entry of the timeline in its window, from the feed's start; NEVER: its moment does not come. */
export interface StagedEntry extends TimeWindow {
  readonly name: string;
  readonly effect: Effect;
}

/** The parts of a scenario that a timeline changes. */
export interface Stageable {
  readonly feed: FeedPlan;
  readonly rules: readonly NamedRule[];
  readonly timeline: readonly NamedEntry[];
}

/** A scenario whose feed and rules do what the timeline says, and the entries of that. */
export interface Staged<S extends Stageable> {
  readonly scenario: S;
  readonly entries: readonly StagedEntry[];
}

/** Chance decides when a message of a random phase is due, so that each seed is staged anew. */
export function stage<S extends Stageable>(scenario: S, seed: string): Staged<S> {
  const { feed, rules, timeline } = scenario;
  if (timeline.length === 0) return { scenario, entries: [] };
  const effects = timeline.map(({ action, options }) => action.effect(options));
  const moments = momentsOf(feed, timeline, seed);
  const pauses = pausesOf(moments, effects);
  const entries = timeline.map(({ name }, i): StagedEntry => {
    const effect = effects[i]!;
    const from = pauses.begun.get(i) ?? elapsedAt(moments[i]!, pauses.list);
    return { name, from, until: from + effect.for, effect };
  });
  return {
    entries,
    scenario: {
      ...scenario,
      feed: { ...pausedFeed(feed, pauses.list), changes: changesOf(feed, entries) },
      rules: [...rules.map((rule) => switched(rule, entries)), ...entries.flatMap(ruleOf)],
    },
  };
}

/** The sessions in the order of their beginnings; one without a name is called after the one before. */
function changesOf(feed: FeedPlan, entries: readonly StagedEntry[]): FeedChange[] {
  const { sessionBytes } = protocolOf(feed).packets;
  let { session } = feed;
  return entries
    .flatMap(({ from: at, effect }, entry) =>
      effect.kind === "new-session" && at !== NEVER ? [{ at, entry, name: effect.session }] : [],
    )
    .toSorted((a, b) => a.at - b.at)
    .map(({ at, entry, name }) => {
      session = name ?? (sessionBytes === 0 ? "" : nextName(session, sessionBytes));
      return { at, entry, name: session };
    });
}

/** A moment of the schedule that pauses make later, or one that counts them already. */
type Moment = { readonly scheduled: Nanos } | { readonly elapsed: Nanos };

function momentsOf(feed: FeedPlan, timeline: readonly NamedEntry[], seed: string): Moment[] {
  const wanted = timeline.flatMap(({ at }) => ("msg" in at ? [at.msg] : []));
  const dues = duesOf(feed, new Set(wanted), seed);
  return timeline.map(({ at }): Moment => {
    if ("time" in at) return { elapsed: at.time };
    if ("msg" in at) return { scheduled: dues.get(at.msg) ?? NEVER };
    return { scheduled: (feed.windows.get(at.phase)?.from ?? NEVER) + at.offset };
  });
}

/** When the messages with these places in the run are due, without any pause. */
function duesOf(feed: FeedPlan, wanted: ReadonlySet<number>, seed: string): Map<number, Nanos> {
  const { end } = feed;
  const last = Math.min(Math.max(0, ...wanted), end.messages);
  const schedule = scheduleOf(feed, seed);
  const dues = new Map<number, Nanos>();
  for (let msg = 1; msg <= last; msg++) {
    const due = schedule.next();
    if (due >= end.duration) break;
    if (wanted.has(msg)) dues.set(msg, due);
  }
  return dues;
}

/** The pauses in the order of their times, and when each begins, by its entry. */
function pausesOf(
  moments: readonly Moment[],
  effects: readonly Effect[],
): { list: FeedPause[]; begun: Map<number, Nanos> } {
  const waiting = moments.flatMap((moment, entry) =>
    effects[entry]!.kind === "pause" ? [{ entry, moment }] : [],
  );
  const list: FeedPause[] = [];
  const begun = new Map<number, Nanos>();
  let late: Nanos = 0;
  while (waiting.length > 0) {
    // A time counts the pauses before it, so the next one is known only when these are.
    const next = waiting.reduce((a, b) =>
      begins(b.moment, late) < begins(a.moment, late) ? b : a,
    );
    waiting.splice(waiting.indexOf(next), 1);
    const from = begins(next.moment, late);
    const { entry } = next;
    begun.set(entry, from);
    // Who pauses what stands still already makes it stand still for longer.
    const at = Math.max(list.at(-1)?.at ?? 0, from - late);
    list.push({ entry, at, for: effects[entry]!.for });
    late += effects[entry]!.for;
  }
  return { list, begun };
}

function begins(moment: Moment, late: Nanos): Nanos {
  return "elapsed" in moment ? moment.elapsed : moment.scheduled + late;
}

function elapsedAt(moment: Moment, pauses: readonly Pause[]): Nanos {
  return "elapsed" in moment ? moment.elapsed : delayedBy(pauses, moment.scheduled);
}

/** The feed with its phases and its end as much later as the pauses make them. */
function pausedFeed(feed: FeedPlan, pauses: readonly FeedPause[]): FeedPlan {
  if (pauses.length === 0) return feed;
  const { windows, end, perSecond, phases } = feed;
  const later = (time: Nanos): Nanos => delayedBy(pauses, time);
  const length = windowsOf(phases).at(-1)!.until;
  return {
    ...feed,
    pauses,
    windows: new Map(
      [...windows].map(([name, { from, until }]) => [
        name,
        { from: later(from), until: later(until) },
      ]),
    ),
    end: { ...end, duration: later(end.duration) },
    perSecond: length === Infinity ? perSecond : (perSecond * length) / later(length),
  };
}

function switched(rule: NamedRule, entries: readonly StagedEntry[]): NamedRule {
  const off = entries.flatMap(({ effect, from, until }, entry) =>
    effect.kind === "rule-off" && slug(effect.rule) === slug(rule.name)
      ? [{ entry, window: { from, until } }]
      : [],
  );
  return off.length === 0 ? rule : { ...rule, off };
}

function ruleOf({ name, effect, from, until }: StagedEntry): NamedRule[] {
  return effect.kind === "rule" ? [{ name, choice: effect.choice({ from, until }) }] : [];
}

/** Entries that come when the feed is over. */
export function neverHappen(
  entries: readonly StagedEntry[],
  { phases, pauses, messages, heartbeat, endOfSession }: FeedPlan,
): { entry: number; message: string }[] {
  const { until } = windowsOf(phases).at(-1)!;
  const ends = delayedBy(
    pauses.filter((pause) => pause.at < until),
    until,
  );
  const silent = heartbeat === undefined && endOfSession === undefined;
  return entries.flatMap(({ name, from, effect }, entry) => {
    // Packets without messages may still follow the last one.
    if (from < ends || (from < NEVER && effect.kind === "rule" && !silent)) return [];
    // Where chance says how many messages there are, another seed may have this one.
    if (from === NEVER && messages === undefined) return [];
    const end = from === NEVER ? `message ${messages}` : formatDuration(ends);
    return [{ entry, message: `"${name}" never happens: the feed ends at ${end}` }];
  });
}
