/** Runs a feed in the time of its schedule, without a world: nothing is sent, and all is known. */
import { fingerprint } from "../core/hash.ts";
import type { Plan, PlannedRule, Plans } from "../core/plan.ts";
import { RangeSet } from "../core/ranges.ts";
import { formatRanges, type Seq } from "../core/seq.ts";
import { type Nanos, NEVER } from "../core/time.ts";
import type { PacketRef } from "../impairments/impairment.ts";
import { Feed, type FeedSink } from "../protocol/feed.ts";
import { MemoryStore } from "../stores/memory.ts";
import { feedSeed, type FeedScenario } from "./feed-scenario.ts";
import type { Scenario } from "./load.ts";
import { feedOptions, feedParts, rulesOf } from "./open.ts";
import { skewOf } from "./skew.ts";
import { stage } from "./stage.ts";

/** The parts of a feed that its plan depends on. */
export type Plannable = Pick<
  FeedScenario,
  "name" | "feed" | "open" | "lines" | "rules" | "timeline"
>;

/** Nobody asks a plan's store for anything. */
const RETAIN = 1;

/**
 * Lets a whole feed of a scenario happen, at once. Times are counted from the feed's start; `runSeed`
 * is what chance begins with for the scenario.
 */
export function rehearse(given: Plannable, runSeed: string, sink: FeedSink): Feed {
  const seed = feedSeed(runSeed, given.name);
  const { scenario } = stage(given, seed);
  const parts = feedParts(scenario, seed);
  const feed = new Feed(
    {
      ...feedOptions(scenario.feed, parts, new MemoryStore(parts.first, RETAIN)),
      lines: scenario.lines.map(({ name }) => rulesOf(scenario, seed, name)),
      skews: scenario.lines.map(({ name, skew }) => skewOf(skew, seed, name)),
      start: 0,
    },
    sink,
  );
  for (let at = feed.deadline(); at !== NEVER; at = feed.deadline()) feed.onDeadline(at);
  return feed;
}

/** Finds what every rule of every feed will hit. The same scenario and seed give the same plans. */
export function planScenario({ name, feeds }: Planned, seed: string): Plans {
  const [first, ...others] = feeds;
  const plan = (feed: FeedScenario): Plan => planFeed(feed, seed, name);
  return [plan(first), ...others.map(plan)];
}

type Planned = Pick<Scenario, "name" | "feeds">;

/** The plan of one feed. */
export function planFeed(scenario: Plannable, seed: string, name = ""): Plan {
  const { first } = feedParts(scenario, seed);
  const touched = new Touched();
  const dropped = new Touched();
  const sent = new RangeSet();
  const packets = scenario.lines.map(() => 0);
  let durationNs: Nanos = 0;
  const add = (to: Touched, line: number, { seq, count }: PacketRef, rule: string): void =>
    to.of(line, rule).add(seq, seq + count);
  const feed = rehearse(scenario, seed, {
    began: () => {},
    published: (_seq, dues, _from, until) => {
      durationNs = Math.max(durationNs, dues[until - 1]!);
    },
    send: (line, { seq, count }, dueNs) => {
      packets[line]!++;
      sent.add(seq, seq + count);
      durationNs = Math.max(durationNs, dueNs);
    },
    touched: (line, packet, rule) => add(touched, line, packet, rule),
    dropped: (line, packet, rule) => {
      add(touched, line, packet, rule);
      add(dropped, line, packet, rule);
    },
    finished: () => {},
  });
  const rules = scenario.lines.flatMap(({ name: line }, i) =>
    feed.counts[i]!.map(({ name: rule, seen, hits }) => ({
      line,
      rule,
      seen,
      hits,
      touched: [...touched.of(i, rule)],
      dropped: [...dropped.of(i, rule)],
    })),
  );
  const { next } = feed;
  const timeline = stage(scenario, feedSeed(seed, scenario.name)).entries.map(
    ({ name, from, until }) => ({
      name,
      from,
      until,
    }),
  );
  const lost = RangeSet.of([{ from: first, until: next }]);
  for (const { from, until } of sent) lost.remove(from, until);
  const lines = scenario.lines.map(({ name }, i) => ({ name, packets: packets[i]! }));
  const plan = {
    name,
    feed: scenario.name,
    seed,
    first,
    next,
    durationNs,
    lines,
    rules,
    timeline,
    lost: [...lost],
  };
  return { ...plan, hash: hashOf(first, next, rules, timeline) };
}

/** Numbers by line and rule. */
class Touched {
  #sets: Map<string, RangeSet>[] = [];

  of(line: number, rule: string): RangeSet {
    const rules = (this.#sets[line] ??= new Map<string, RangeSet>());
    const set = rules.get(rule) ?? new RangeSet();
    rules.set(rule, set);
    return set;
  }
}

function hashOf(
  first: Seq,
  next: Seq,
  rules: readonly PlannedRule[],
  timeline: Plan["timeline"],
): string {
  const lines = rules.map(({ line, rule, seen, hits, touched, dropped }) =>
    [line, rule, seen, hits, formatRanges(touched), formatRanges(dropped)].join("\t"),
  );
  const moments = timeline.map(({ name, from, until }) => [name, from, until].join("\t"));
  return fingerprint([`${first}..${next}`, ...lines, ...moments].join("\n"));
}
