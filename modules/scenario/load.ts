import { UserError } from "../core/errors.ts";
import { didYouMean } from "../core/registry.ts";
import type { Base, Place } from "../core/result.ts";
import { ofPart } from "../core/run.ts";
import { type Endpoint, formatEndpoint } from "../core/units.ts";
import type { Expectation } from "../expectations/expectation.ts";
import { type ReadBase, readDocument, type ReadDocument } from "./document/mod.ts";
import type { Path } from "./document/path.ts";
import type { Problem } from "./document/problem.ts";
import type { Variables } from "./document/variables.ts";
import { checkFeed, expectedOf, type FeedScenario, isRule, readFeed } from "./feed-scenario.ts";
import { noFiles, type OpenFile } from "./files.ts";
import { foresee } from "./foresee.ts";
import { handlerNames, outlineOf } from "./handlers.ts";
import { LISTEN_KEYS } from "./listen.ts";
import { unmetEntryText } from "./timeline.ts";
import { unmetFaultText } from "./faults.ts";
import { serversOf } from "./servers.ts";
import { unusedRuleText } from "./rules.ts";
import { wrongNames } from "./wrong-names.ts";
import {
  FEED_KEYS,
  type FeedKeys,
  namesFile,
  type ScenarioFile,
  type ScenarioHead,
  schemaFor,
} from "./scenario.ts";

/** A scenario that makes sense as a whole. */
export interface Scenario extends Omit<ScenarioHead, "expect"> {
  readonly feeds: readonly [FeedScenario, ...FeedScenario[]];
  readonly expectations: readonly Expectation[];
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
  const document: Document = readDocument<ScenarioFile>(
    text,
    file,
    schemaFor,
    variables,
    readBase,
    namesFile,
  );
  const { value, bases } = document;
  const found = [...document.problems, ...besideFeeds(document), ...besideHandlers(document)];
  if (value === undefined) return { scenario: undefined, problems: found, bases };
  found.push(...unknownVariables(variables, document, value));
  const { expect } = value;
  const [first, ...others] = feedsOf(value).flatMap(([name, keys]) => {
    try {
      return [readFeed(name, keys, open)];
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      found.push(document.problem([...pathOf({ name }), "feed", "source"], error.message));
      return [];
    }
  });
  if (first === undefined) return { scenario: undefined, problems: found, bases };
  const feeds: Scenario["feeds"] = [first, ...others];
  found.push(...sharedPlaces(feeds, document));
  for (const feed of feeds) {
    const base = pathOf(feed);
    for (const { severity, path, place, message } of checkFeed(feed, value.seed ?? ANY_SEED)) {
      const about = path.length === 0 ? [] : [...base, ...path];
      const told = path.length === 0 ? ofPart({ feed: feed.name }, message) : message;
      found.push(document.problem(about, told, { severity, place: [...base, ...place] }));
    }
  }
  for (const { path, message } of wrongNames(expect, feeds)) {
    found.push(document.problem(path, message));
  }
  if (found.some(({ severity }) => severity === "error")) {
    return { scenario: undefined, problems: found, bases };
  }
  const places = placesOf(feeds, expect, document, file);
  const scenario = { ...headOf(value), feeds, expectations: expect, places };
  for (const feed of feeds) {
    for (const { path, message } of foresee(feed, expect, scenario.seed)) {
      const place = path[0] === "expect" ? path : [...pathOf(feed), ...path];
      // Each of them names its subject.
      const told = ofPart({ feed: feed.name }, message);
      found.push(document.problem([], told, { severity: "warning", place }));
    }
  }
  return { scenario, problems: found, bases };
}

type Document = ReadDocument<ScenarioFile>;

/** Where chance says when messages come, what is checked holds for most seeds, so one will do. */
const ANY_SEED = "";

/** The feeds of a file by name; the only one of a file with `feed:` has none. */
function feedsOf(file: ScenarioFile): [name: string, keys: FeedKeys][] {
  if ("feeds" in file) return Object.entries(file.feeds);
  const { feed, lines, impair, recovery, snapshot, timeline, listen } = file;
  return [["", { feed, lines, impair, recovery, snapshot, timeline, listen }]];
}

/** What stands in the file besides its feeds. */
function headOf(file: ScenarioFile): Omit<ScenarioHead, "expect"> {
  const head = Object.entries(file).filter(
    ([key]) => key !== "expect" && key !== "feeds" && !FEED_KEYS.some((own) => own === key),
  );
  return Object.fromEntries(head) as Omit<ScenarioHead, "expect">;
}

/** The keys of a feed, in the file. */
function pathOf({ name }: Pick<FeedScenario, "name">): Path {
  return name === "" ? [] : ["feeds", name];
}

/** A key of a feed beside several of them could be meant for each of them, or for one. */
function besideFeeds({ input, problem }: Document): Problem[] {
  const given = input();
  if (typeof given !== "object" || given === null || !Object.hasOwn(given, "feeds")) return [];
  const [first, ...others] = FEED_KEYS.filter((key) => Object.hasOwn(given, key));
  if (first === undefined) return [];
  const { keys, stand, move } = wordsFor([first, ...others]);
  const message =
    `${keys} ${stand} beside feeds, where nobody can tell which feed is meant: ` +
    `move ${move} into a feed, as feeds: { tapeA: { ${first}: ... } }`;
  return [problem([], message, { place: [first], at: "key" })];
}

/** So could a key of a handler beside several of them. */
function besideHandlers({ input, problem }: Document): Problem[] {
  const { children } = outlineOf(input());
  const feeds = children.get("feeds")?.children ?? new Map<string, never>();
  const places = [
    { base: [] as Path, listen: children.get("listen") },
    ...[...feeds].map(([name, feed]) => ({
      base: ["feeds", name] as Path,
      listen: feed.children.get("listen"),
    })),
  ];
  return places.flatMap(({ base, listen }) => {
    const [handler] = handlerNames(listen, LISTEN_KEYS) ?? [];
    const [first, ...others] = LISTEN_KEYS.filter((key) => listen?.children.has(key));
    if (handler === undefined || first === undefined) return [];
    const { keys, stand, move } = wordsFor([first, ...others]);
    const path = [...base, "listen"];
    const message =
      `${keys} ${stand} beside handlers, where nobody can tell which of them is meant: ` +
      `move ${move} into each handler, as listen: { ${handler}: { ${first}: ... } }`;
    return [problem(path, message, { place: [...path, first], at: "key" })];
  });
}

/** Keys in a sentence. */
function wordsFor(list: readonly string[]): { keys: string; stand: string; move: string } {
  const last = list.at(-1)!;
  if (list.length === 1) return { keys: last, stand: "stands", move: "it" };
  return { keys: `${list.slice(0, -1).join(", ")} and ${last}`, stand: "stand", move: "them" };
}

/** Where the subjects of verdicts stand in the file itself, by the texts of the verdicts. */
function placesOf(
  feeds: readonly FeedScenario[],
  expectations: readonly Expectation[],
  document: Document,
  file: string,
): Readonly<Record<string, Place>> {
  const placed = (name: string, path: Path): [string, Place][] => {
    const { file: own, line, column, length } = document.locate(path);
    return own === file ? [[name, { line, column, length }]] : [];
  };
  return Object.fromEntries(
    feeds.flatMap((feed) => {
      const base = pathOf(feed);
      const text = (own: string, handler = ""): string => ofPart({ feed: feed.name, handler }, own);
      const handlers = feed.handlers.map(({ name }) => name);
      // What is about the feed may be about one of its handlers alone.
      const anyone = [...new Set(["", ...handlers])];
      return [
        ...feed.rules.flatMap(({ name }, i) =>
          placed(text(unusedRuleText(name)), [...base, "impair", i]),
        ),
        ...feed.timeline.flatMap((entry, i) => {
          const own = isRule(entry) ? unusedRuleText(entry.name) : unmetEntryText(entry.name);
          return anyone.flatMap((handler) => placed(text(own, handler), [...base, "timeline", i]));
        }),
        ...(feed.recovery === undefined ? [] : serversOf(feed.recovery)).flatMap((server) =>
          server.faults.flatMap(({ name }, i) =>
            placed(text(unmetFaultText(name)), [...base, ...server.path, "faults", i]),
          ),
        ),
        ...expectations.flatMap((expectation, i) =>
          handlers.flatMap((handler) =>
            expectedOf([expectation], { feed: feed.name, handler }).flatMap((own) =>
              placed(text(own.text, handler), ["expect", i]),
            ),
          ),
        ),
      ];
    }),
  );
}

/** What is set from outside must be something that the file has. */
function unknownVariables(
  variables: Variables,
  document: Document,
  { vars, matrix }: ScenarioFile,
): Problem[] {
  const known = [...Object.keys(vars), ...Object.keys(matrix)];
  return Object.keys(variables)
    .filter((name) => !known.includes(name))
    .map((name) => {
      const none = `no variable "${name}" to be set from outside`;
      if (known.length > 0) return document.problem(["vars"], none + didYouMean(name, known));
      // Nothing in the file is wrong but that it has none.
      const remedy = `add vars: { ${name}: ... } to the file, or set nothing`;
      return document.problem([], `${none}: the file has no vars: ${remedy}`);
    });
}

/** Lines on one group and port would hear each other; two servers on one address cannot be. */
function sharedPlaces(feeds: readonly FeedScenario[], document: Document): Problem[] {
  const found: Problem[] = [];
  const taken = new Map<string, string>();
  const take = (at: Endpoint, what: string, path: Path, remedy: string): void => {
    const place = formatEndpoint(at);
    const other = taken.get(place);
    if (other === undefined) taken.set(place, what);
    else found.push(document.problem(path, `${other} ${place} too: ${remedy}`));
  };
  for (const feed of feeds) {
    const base = pathOf(feed);
    const of = feed.name === "" ? "" : ` of ${feed.name}`;
    for (const { name, group } of feed.lines) {
      const path = [...base, "lines", name, "group"];
      take(group, `line ${name}${of} is on`, path, "give each line a group of its own");
    }
    if (feed.snapshot !== undefined) {
      const path = [...base, "snapshot", "listen"];
      take(feed.snapshot.listen, `snapshots${of} are had on`, path, "give each a port of its own");
    }
    if (feed.recovery === undefined) continue;
    const { repairs } = feed.recovery;
    for (const { listen, path } of serversOf(feed.recovery)) {
      const at = [...base, ...path, "listen"];
      take(listen, `the server${of} listens on`, at, "give each a port of its own");
    }
    if (repairs === undefined) continue;
    const at = [...base, "recovery", "repairs"];
    take(repairs, `the repairs${of} go to`, at, "give the repairs a group of their own");
  }
  return found;
}
