/** What a scenario will do, known before anything is sent. */
import { fingerprint } from "./hash.ts";
import type { Seq, SeqRange } from "./seq.ts";
import type { Nanos, TimeWindow } from "./time.ts";

/** What one rule will do on one line. */
export interface PlannedRule {
  readonly line: string;
  readonly rule: string;
  /** Packets that will reach it, and those it will touch. */
  readonly seen: number;
  readonly hits: number;
  /** The numbers in the packets that it will touch, and in those it will let nothing of through. */
  readonly touched: readonly SeqRange[];
  readonly dropped: readonly SeqRange[];
}

/** What a feed will publish, and what the rules will make of it. */
export interface Plan {
  /** What the scenario is called. */
  readonly name: string;
  /** What the feed is called; empty where the scenario has one without a name. */
  readonly feed: string;
  readonly seed: string;
  /** The numbers that will be published: [first, next). */
  readonly first: Seq;
  readonly next: Seq;
  /** When the last packet is due to leave. */
  readonly durationNs: Nanos;
  /** Packets that will leave on each line. */
  readonly lines: readonly { readonly name: string; readonly packets: number }[];
  readonly rules: readonly PlannedRule[];
  /** What the timeline will do; NEVER where the moment does not come. */
  readonly timeline: readonly ({ readonly name: string } & TimeWindow)[];
  /** Numbers that will leave on no line. */
  readonly lost: readonly SeqRange[];
  /** Equal for plans that do the same. */
  readonly hash: string;
}

/** What the feeds of a scenario will do, in the order of its file. */
export type Plans = readonly [Plan, ...Plan[]];

/** Equal for plans that do the same: the only plan's own, or one over those of all feeds. */
export function hashOfPlans(plans: Plans): string {
  const [{ feed, hash }] = plans;
  if (feed === "") return hash;
  return fingerprint(plans.map((plan) => `${plan.feed}\t${plan.hash}`).join("\n"));
}
