/** One feed of a scenario: all of the file's keys that are about it, held against each other. */
import { hasSessions } from "../codecs/codec.ts";
import type { Expectation } from "../expectations/expectation.ts";
import { delayedBy } from "../protocol/schedule/pauses.ts";
import { windowsOf } from "../protocol/schedule/phase.ts";
import type { TimeWindow } from "../core/time.ts";
import { type Part, slug } from "../core/run.ts";
import { addressOf } from "../core/units.ts";
import type { LineAddress } from "../worlds/world.ts";
import { checkRules, type RuleContext } from "./checks.ts";
import type { Path } from "./document/path.ts";
import type { Problem } from "./document/problem.ts";
import { type FeedPlan, protocolOf } from "./feed.ts";
import type { OpenFile } from "./files.ts";
import { withRecording } from "./recorded.ts";
import { checkFaults } from "./faults.ts";
import type { Listen } from "./listen.ts";
import { serversOf } from "./servers.ts";
import { type FeedKeys, recoveryCodecOf, wrongRepairs, wrongSnapshot } from "./scenario.ts";
import { neverHappen, stage } from "./stage.ts";
import { type NamedEntry, nameEntries, wrongEntries } from "./timeline.ts";
import { type NamedRule, nameRules } from "./rules.ts";

/** A line of a feed. */
export interface ScenarioLine extends LineAddress {
  readonly name: string;
  /** How much later than the schedule its packets leave. */
  readonly skew: TimeWindow;
}

/** Who follows a feed. */
export interface Handler {
  /** As `listen:` has it; empty for the only one of a feed, where it has no name. */
  readonly name: string;
  readonly listen: Listen;
}

/** A feed with its lines, what becomes of them, and who listens. */
export interface FeedScenario extends Omit<FeedKeys, "lines" | "impair" | "timeline" | "listen"> {
  /** As `feeds:` has it; empty for the only feed of a file with `feed:`. */
  readonly name: string;
  readonly lines: readonly ScenarioLine[];
  readonly rules: readonly NamedRule[];
  readonly timeline: readonly NamedEntry[];
  /** Those who follow it at the same time. */
  readonly handlers: readonly [Handler, ...Handler[]];
  /** Opens the files that its source names. */
  readonly open: OpenFile;
  /** False: loss of the last packet can be noticed by nobody. */
  readonly heartbeats: boolean;
}

/** Something about a feed that only the rest of it shows; paths are from its own keys on. */
export interface FeedProblem {
  readonly severity: Problem["severity"];
  /** What it is about; empty: its message says so. */
  readonly path: Path;
  readonly place: Path;
  readonly message: string;
}

/**
 * Gives everything in a feed its name, and reads what its source says of it. Throws a UserError when
 * the source's file cannot be read.
 */
export function readFeed(name: string, keys: FeedKeys, open: OpenFile): FeedScenario {
  const { lines, impair, timeline, listen, ...rest } = keys;
  const rules = nameRules(impair);
  const feed = withRecording(rest.feed, open);
  return {
    ...rest,
    feed,
    name,
    lines: listLines(lines),
    rules,
    handlers: listHandlers(listen),
    timeline: nameEntries(
      timeline,
      rules.map((rule) => rule.name),
    ),
    open,
    heartbeats: protocolOf(feed).packets.heartbeats,
  };
}

/** Where chance begins for a feed. Feeds with names have chance of their own, moved by no other. */
export function feedSeed(seed: string, feed: string): string {
  return feed === "" ? seed : `${seed}/${feed}`;
}

/** The lines of a feed in the order in which they stand there. */
export function listLines(lines: FeedKeys["lines"]): ScenarioLine[] {
  return Object.entries(lines).map(([name, line]) => ({ name, ...line }));
}

/** The handlers of a feed in the order in which they stand there. */
function listHandlers(listen: FeedKeys["listen"]): FeedScenario["handlers"] {
  if (!(listen instanceof Map)) return [{ name: "", listen: listen as Listen }];
  const named = [...(listen as ReadonlyMap<string, Listen>)];
  const [first, ...others] = named.map(([name, own]): Handler => ({ name, listen: own }));
  return [first!, ...others];
}

/** What the rules of a feed are held against. */
export function ruleContext(feed: FeedPlan, lines: readonly string[]): RuleContext {
  const { firstSeq } = protocolOf(feed).packets;
  const { first = firstSeq, messages = Infinity, phases, pauses, windows, batch, changes } = feed;
  const untilNs = delayedBy(pauses, windowsOf(phases).at(-1)!.until);
  const heartbeats = feed.heartbeat !== undefined || feed.endOfSession !== undefined;
  return {
    lines,
    phases: windows,
    feed: { first, messages, untilNs, batch, heartbeats, sessions: changes.length + 1 },
  };
}

/** What expectations may name of a feed. */
export function namesOf({ lines, rules, timeline, feed }: FeedScenario): {
  lines: string[];
  impair: string[];
  phases: string[];
} {
  return {
    lines: lines.map(({ name }) => name),
    impair: [...rules, ...timeline.filter(isRule)].map(({ name }) => slug(name)),
    phases: [...feed.windows.keys()],
  };
}

/** The expectations that speak of a handler; without its name, of any handler of the feed. */
export function expectedOf<E extends Pick<Expectation, "feed" | "handler">>(
  expectations: readonly E[],
  { feed: own, handler: one }: Part,
): E[] {
  return expectations.filter(
    ({ feed, handler }) =>
      (feed === undefined || feed === own) &&
      (handler === undefined || one === undefined || handler === one),
  );
}

/** Whether an entry of the timeline is a rule of that name. */
export function isRule({ action, options }: NamedEntry): boolean {
  return action.effect(options).kind === "rule";
}

/** Every mistake in the rules and the timeline of a feed that only the rest of it shows. */
export function checkFeed(feed: FeedScenario, seed: string): FeedProblem[] {
  const chance = feedSeed(seed, feed.name);
  const { scenario: staged } = stage(feed, chance);
  const context = ruleContext(
    staged.feed,
    feed.lines.map(({ name }) => name),
  );
  const wrong = checkRules(feed.rules, context).map(
    ({ severity, rule, path, place, message }): FeedProblem => {
      const base = ["impair", rule];
      // What is about a rule as a whole names it.
      const about = path.length === 0 ? [] : [...base, ...path];
      return { severity, path: about, place: [...base, ...place], message };
    },
  );
  const misplaced = feed.recovery && wrongRepairs(feed.feed, feed.recovery);
  const at = ["recovery", "repairs"];
  return [
    ...timelineProblems(feed, chance),
    ...wrong,
    ...faultProblems(feed, context),
    ...(misplaced === undefined
      ? []
      : [{ severity: "error", path: at, place: at, message: misplaced } as const]),
    ...wrongSnapshots(feed),
    ...unheardSources(feed),
  ];
}

/** Faults that the protocol cannot have, or that nobody will meet. */
function faultProblems({ feed, recovery }: FeedScenario, context: RuleContext): FeedProblem[] {
  if (recovery === undefined) return [];
  const codec = recoveryCodecOf(feed, recovery);
  const { name } = (recovery.protocol ?? feed.protocol).definition;
  return serversOf(recovery).flatMap(({ faults, path: server }) =>
    checkFaults(faults, codec, name, context.feed).map(({ severity, path, message }) => {
      const place = [...server, "faults", ...path];
      // What is about a fault as a whole names it.
      return { severity, path: severity === "error" ? place : [], place, message };
    }),
  );
}

/** A snapshot that is wanted and cannot be had, or cannot be made. */
function wrongSnapshots({ feed, snapshot, handlers }: FeedScenario): FeedProblem[] {
  const wrong = handlers.flatMap(({ name, listen: { start } }): FeedProblem[] => {
    const message = wrongSnapshot({ feed, snapshot, start });
    if (message === undefined) return [];
    const own = name === "" ? ["listen", "start"] : ["listen", name, "start"];
    const at = snapshot === undefined ? own : ["snapshot"];
    return [{ severity: "error", path: at, place: at, message }];
  });
  // What no snapshot can be made of is wrong once.
  return snapshot === undefined ? wrong : wrong.slice(0, 1);
}

/** Lines that listen to one source, and are published from another. */
function unheardSources({ lines }: FeedScenario): FeedProblem[] {
  return lines.flatMap(({ name, interface: on, source }): FeedProblem[] => {
    const address = addressOf(on);
    if (source === undefined || address === undefined || source === address) return [];
    const message = `what is published on ${on} comes from ${address}: from ${source} nothing comes`;
    const at = ["lines", name, "source"];
    return [{ severity: "warning", path: at, place: at, message }];
  });
}

/** What the timeline names and is not there, and what it wants when nothing is left to happen. */
function timelineProblems(scenario: FeedScenario, seed: string): FeedProblem[] {
  const { feed, lines, rules, timeline, recovery } = scenario;
  const { packets } = protocolOf(feed);
  const wrong = wrongEntries(timeline, feed.windows, {
    lines: lines.map(({ name }) => name),
    rules: rules.map(({ name }) => name),
    servers: recovery === undefined ? 0 : 1 + recovery.others.length,
    sessions: { can: hasSessions(packets), bytes: packets.sessionBytes },
  });
  if (wrong.length > 0) {
    return wrong.map(({ path, message }) => {
      const at = ["timeline", ...path];
      return { severity: "error", path: at, place: at, message };
    });
  }
  const { entries, scenario: staged } = stage({ feed, rules, timeline }, seed);
  return neverHappen(entries, staged.feed).map(({ entry, message }) => ({
    severity: "warning",
    path: [],
    place: ["timeline", entry],
    message,
  }));
}
