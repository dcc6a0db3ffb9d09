import { hasSessions } from "../codecs/codec.ts";
import { UserError } from "../core/errors.ts";
import { didYouMean } from "../core/registry.ts";
import type { Base, Place } from "../core/result.ts";
import { slug } from "../core/run.ts";
import type { Nanos } from "../core/time.ts";
import { addressOf, formatEndpoint } from "../core/units.ts";
import { checkNames, type Expectation } from "../expectations/expectation.ts";
import { delayedBy } from "../protocol/schedule/pauses.ts";
import { windowsOf } from "../protocol/schedule/phase.ts";
import type { LineAddress } from "../worlds/world.ts";
import { type ReadBase, readDocument, type ReadDocument } from "./document/mod.ts";
import type { Path } from "./document/path.ts";
import type { Problem } from "./document/problem.ts";
import type { Variables } from "./document/variables.ts";
import { checkRules, type RuleContext } from "./checks.ts";
import { type FeedPlan, protocolOf } from "./feed.ts";
import { noFiles, type OpenFile } from "./files.ts";
import { foresee } from "./foresee.ts";
import { neverHappen, stage } from "./stage.ts";
import { type NamedEntry, nameEntries, unmetEntryText, wrongEntries } from "./timeline.ts";
import { withRecording } from "./recorded.ts";
import { type NamedRule, nameRules, unusedRuleText } from "./rules.ts";
import { namesFile, type ScenarioFile, scenarioSchema, wrongRepairs } from "./scenario.ts";

/** A line of the scenario's feed. */
export interface ScenarioLine extends LineAddress {
  readonly name: string;
  /** How much later than the schedule its packets leave. */
  readonly skew: Nanos;
}

/** A scenario that makes sense as a whole. */
export interface Scenario extends Omit<ScenarioFile, "lines" | "impair" | "timeline" | "expect"> {
  readonly lines: readonly ScenarioLine[];
  readonly rules: readonly NamedRule[];
  readonly timeline: readonly NamedEntry[];
  readonly expectations: readonly Expectation[];
  /** Opens the files that its sources name. */
  readonly open: OpenFile;
  /** False: loss of the last packet can be noticed by nobody. */
  readonly heartbeats: boolean;
  /** Where a verdict's expectation or rule stands in the file itself, by the verdict's text. */
  readonly places: Readonly<Record<string, Place>>;
}

/** What came of reading a scenario: it, or every mistake that is in it. */
export interface Loaded {
  readonly scenario: Scenario | undefined;
  readonly problems: readonly Problem[];
  /** The files that it uses. */
  readonly bases: readonly Base[];
}

/**
 * Reads a scenario. `file` is what problems call it; `variables` win over the values that the file
 * gives them. `readBase` reads the files that it uses; without it, it cannot use any.
 */
export function loadScenario(
  text: string,
  file: string,
  variables: Variables = {},
  readBase?: ReadBase,
  open: OpenFile = noFiles,
): Loaded {
  const document = readDocument(text, file, scenarioSchema, variables, readBase, namesFile);
  const { value, problems, bases } = document;
  if (value === undefined) return { scenario: undefined, problems, bases };
  const found = [...problems, ...unknownVariables(variables, document, value)];
  const { lines: lineMap, impair, timeline: entries, expect, ...given } = value;
  const feed = recordingOf(given.feed, open);
  if (typeof feed === "string") {
    found.push(document.problem(["feed", "source"], feed));
    return { scenario: undefined, problems: found, bases };
  }
  const rest = { ...given, feed };
  const lines = listLines(lineMap);
  found.push(...sharedGroups(lines, document), ...unheardSources(lines, document));
  const rules = nameRules(impair);
  const timeline = nameEntries(
    entries,
    rules.map(({ name }) => name),
  );
  const known = {
    lines: lines.map(({ name }) => name),
    impair: [...rules, ...timeline.filter(isRule)].map(({ name }) => slug(name)),
    phases: [...rest.feed.windows.keys()],
  };
  found.push(...timelineProblems({ ...rest, lines, rules, timeline }, document));
  const staged = stage({ ...rest, rules, timeline }, rest.seed ?? ANY_SEED);
  const context = ruleContext(staged.scenario.feed, known.lines);
  found.push(...ruleProblems(rules, context, document));
  const misplaced = rest.recovery && wrongRepairs(rest.feed, rest.recovery);
  if (misplaced) found.push(document.problem(["recovery", "repairs"], misplaced));
  for (const [i, expectation] of expect.entries()) {
    const wrong = checkNames(expectation, known);
    if (wrong !== undefined) found.push(document.problem(["expect", i], wrong));
  }
  if (found.some(({ severity }) => severity === "error")) {
    return { scenario: undefined, problems: found, bases };
  }
  const { heartbeats } = protocolOf(rest.feed).packets;
  const placed = (name: string, path: Path): [string, Place][] => {
    const { file: own, line, column, length } = document.locate(path);
    return own === file ? [[name, { line, column, length }]] : [];
  };
  const places = Object.fromEntries([
    ...rules.flatMap(({ name }, i) => placed(unusedRuleText(name), ["impair", i])),
    ...timeline.flatMap((entry, i) =>
      placed(isRule(entry) ? unusedRuleText(entry.name) : unmetEntryText(entry.name), [
        "timeline",
        i,
      ]),
    ),
    ...expect.flatMap(({ text }, i) => placed(text, ["expect", i])),
  ]);
  const scenario = {
    ...rest,
    open,
    lines,
    rules,
    timeline,
    expectations: expect,
    heartbeats,
    places,
  };
  for (const { path: place, message } of foresee(scenario)) {
    // Each of them names its subject.
    found.push(document.problem([], message, { severity: "warning", place }));
  }
  return { scenario, problems: found, bases };
}

/** The feed with what the file of its source says, or why that cannot be read. */
function recordingOf(feed: FeedPlan, open: OpenFile): FeedPlan | string {
  try {
    return withRecording(feed, open);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return error.message;
  }
}

/** The lines of a scenario in the order in which they stand there. */
export function listLines(lines: ScenarioFile["lines"]): ScenarioLine[] {
  return Object.entries(lines).map(([name, line]) => ({ name, ...line }));
}

/** What the rules of a scenario are held against. */
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

/** Where chance says when messages come, what is checked holds for most seeds, so one will do. */
const ANY_SEED = "";

/** What the timeline names and is not there, and what it wants when nothing is left to happen. */
function timelineProblems(
  scenario: Pick<Scenario, "feed" | "recovery" | "lines" | "rules" | "timeline" | "seed">,
  document: ReadDocument<ScenarioFile>,
): Problem[] {
  const { feed, lines, rules, timeline, recovery, seed = ANY_SEED } = scenario;
  const { packets } = protocolOf(feed);
  const wrong = wrongEntries(timeline, feed.windows, {
    lines: lines.map(({ name }) => name),
    rules: rules.map(({ name }) => name),
    recovery: recovery !== undefined,
    sessions: { can: hasSessions(packets), bytes: packets.sessionBytes },
  });
  if (wrong.length > 0) {
    return wrong.map(({ path, message }) => document.problem(["timeline", ...path], message));
  }
  const { entries, scenario: staged } = stage({ feed, rules, timeline }, seed);
  return neverHappen(entries, staged.feed).map(({ entry, message }) =>
    document.problem([], message, { severity: "warning", place: ["timeline", entry] }),
  );
}

function isRule({ action, options }: NamedEntry): boolean {
  return action.effect(options).kind === "rule";
}

function ruleProblems(
  rules: readonly NamedRule[],
  context: RuleContext,
  document: ReadDocument<ScenarioFile>,
): Problem[] {
  return checkRules(rules, context).map(({ severity, rule, path, place, message }) => {
    const base = ["impair", rule];
    // What is about a rule as a whole names it.
    const about = path.length === 0 ? [] : [...base, ...path];
    return document.problem(about, message, { severity, place: [...base, ...place] });
  });
}

/** What is set from outside must be something that the file has. */
function unknownVariables(
  variables: Variables,
  document: ReadDocument<ScenarioFile>,
  { vars, matrix }: ScenarioFile,
): Problem[] {
  const known = [...Object.keys(vars), ...Object.keys(matrix)];
  return Object.keys(variables)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const have = known.length === 0 ? ": the file has no vars" : didYouMean(name, known);
      return document.problem(["vars"], `no variable "${name}" to be set from outside${have}`);
    });
}

/** Two lines on one group and port would hear each other. */
function sharedGroups(
  lines: readonly ScenarioLine[],
  document: ReadDocument<ScenarioFile>,
): Problem[] {
  return lines.flatMap(({ name, group }, i) => {
    const place = formatEndpoint(group);
    const other = lines.slice(0, i).find((line) => formatEndpoint(line.group) === place);
    if (other === undefined) return [];
    const message = `line ${other.name} is on ${place} too: give each line a group of its own`;
    return [document.problem(["lines", name, "group"], message)];
  });
}

/** What we publish ourselves comes from the interface's address, and from no other. */
function unheardSources(
  lines: readonly ScenarioLine[],
  document: ReadDocument<ScenarioFile>,
): Problem[] {
  return lines.flatMap(({ name, interface: on, source }) => {
    const address = addressOf(on);
    if (source === undefined || address === undefined || source === address) return [];
    const message = `what is published on ${on} comes from ${address}: from ${source} nothing comes`;
    return [document.problem(["lines", name, "source"], message, { severity: "warning" })];
  });
}
