import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { baseReader } from "../commands/scenario/files.ts";
import { threadEntry } from "../commands/thread-entry.ts";
import { readScenario, type ReadScenario } from "../commands/scenario/read.ts";
import { deferred } from "../core/deferred.ts";
import { UserError } from "../core/errors.ts";
import type { JudgedRun } from "../core/result.ts";
import { PLAIN } from "../reports/paint.ts";
import { renderJudged } from "../reports/text.ts";
import { readingFrom } from "../scenario/document/mod.ts";
import { formatProblems } from "../scenario/document/problem.ts";
import type { Variables } from "../scenario/document/variables.ts";
import { loadScenario, type Scenario } from "../scenario/load.ts";
import { expandMatrix } from "../scenario/matrix.ts";
import { runScenario } from "../scenario/run.ts";
import { judgeRun } from "../scenario/verdict.ts";
import { openFile } from "../worlds/file.ts";
import { openLiveWorld } from "../worlds/live.ts";
import { unmetRequirement } from "../worlds/requirements.ts";
import { SimWorld } from "../worlds/sim.ts";
import { runIsolated } from "./isolate.ts";

/** How a scenario is run as a test. */
export interface FeedlabTestOptions {
  /** What the test is called; otherwise what the scenario is called. */
  readonly name?: string;
  /** Otherwise what the file says. */
  readonly time?: "real" | "virtual";
  /** Otherwise what the file says, or a new one each time. */
  readonly seed?: string;
  /** Values that win over those that the file gives its variables. */
  readonly vars?: Readonly<Record<string, string>>;
  /** Milliseconds of real time after which the run is stopped, and has failed. */
  readonly timeout?: number;
}

const TIMEOUT_DEFAULT = 60_000;

/** A run that was stopped has this long to end and to tell how far it came, in milliseconds. */
const GRACE = 5000;

/** What YAML in the place of a file is called. */
const INLINE = "scenario.yaml";

/**
 * A scenario as a test, for `bun test` and `deno test`: a path, the name of a bundled scenario, or
 * the YAML itself. It runs on a group and ports of its own, so that any number may run at once. A
 * matrix becomes a test for each of its runs. When it fails, the message is the report.
 */
export function feedlabTest(scenario: string | URL, options: FeedlabTestOptions = {}): void {
  const { vars = {} } = options;
  const read = readGiven(scenario, vars);
  if (read.scenario === undefined) {
    define(options.name ?? read.operand, options, () => refuse(read));
    return;
  }
  const varied = Object.keys(read.scenario.matrix).filter(
    (name) => !(name === "seed" ? options.seed !== undefined : Object.hasOwn(vars, name)),
  );
  for (const { variables, seed: drawn } of expandMatrix(read.scenario.matrix, vars, options.seed)) {
    const again = loadScenario(read.text, read.file, variables, readingFrom(read.bases), read.open);
    const one = { ...read, variables, ...again };
    const seed = drawn ?? one.scenario?.seed ?? fresh();
    const suffix = varied
      .map((name) => `${name} ${name === "seed" ? seed : variables[name]}`)
      .join(", ");
    const name = `${options.name ?? read.scenario.name}${suffix === "" ? "" : ` (${suffix})`}`;
    define(name, options, async (stopped, skip) => {
      const { scenario } = one;
      if (scenario === undefined) refuse(one);
      const { requires, feeds, time } = scenario;
      const real = (options.time ?? time) === "real";
      const unmet = real
        ? await unmetRequirement(
            requires,
            feeds.flatMap(({ lines }) => lines),
          )
        : undefined;
      if (unmet !== undefined) return skip(unmet);
      const judged = await judge({ ...one, scenario }, seed, options.time, stopped);
      if (judged.judgement.outcome !== "pass") throw failure(reportOf(judged, one));
    });
  }
}

/**
 * Defines a test. What keeps a scenario from being run is told by a test as well: to throw where
 * tests are defined would hide those that follow, and Deno would call what came before a success.
 */
function define(
  name: string,
  { timeout = TIMEOUT_DEFAULT }: FeedlabTestOptions,
  body: (stopped: Promise<void>, skip: (reason: string) => void) => Promise<void> | void,
): void {
  test(name, { timeout: timeout + GRACE }, async (context) => {
    const { promise: stopped, resolve: stop } = deferred();
    const timer = setTimeout(stop, timeout);
    try {
      await body(stopped, (reason) => context.skip(reason));
    } catch (error) {
      throw error instanceof UserError ? failure(error.message) : error;
    } finally {
      clearTimeout(timer);
    }
  });
}

type Runnable = ReadScenario & { readonly scenario: Scenario };

function readGiven(given: string | URL, variables: Variables): ReadScenario {
  if (given instanceof URL) return readScenario(fileURLToPath(given), variables);
  if (!isYaml(given)) return readScenario(given, variables);
  // From where the tests are run.
  const open = openFile;
  const loaded = loadScenario(given, INLINE, variables, baseReader(INLINE, INLINE), open);
  const named = { operand: INLINE, file: INLINE, text: given };
  return { ...named, variables, open, ...loaded, failure: undefined };
}

/** No path has a line break, or begins as a mapping does. */
function isYaml(given: string): boolean {
  return /\n|^\s*(?:\{|feedlab\s*:)/.test(given);
}

function refuse({ failure: reason, problems }: ReadScenario): never {
  throw failure(reason?.message ?? formatProblems(problems));
}

async function judge(
  { scenario, operand, file, text, bases, variables }: Runnable,
  seed: string,
  time: "real" | "virtual" = scenario.time,
  interrupted: Promise<void>,
): Promise<JudgedRun> {
  const runs = await runIsolated(scenario, (here) =>
    runScenario(here, time === "real" ? openLiveWorld({ thread: threadEntry() }) : new SimWorld(), {
      seed,
      interrupted,
    }),
  );
  const judgement = judgeRun(runs, scenario);
  const { places } = scenario;
  const named = { operand, file, text, bases, variables, facts: {}, places };
  return { kind: "judged", ...named, runs, judgement };
}

function reportOf(judged: JudgedRun, { operand, problems }: ReadScenario): string {
  const { outcome } = judged.judgement;
  const warnings = problems.length === 0 ? [] : [formatProblems(problems)];
  const stopped = outcome === "interrupted" ? ["! stopped by the timeout of the test"] : [];
  const inline = operand === INLINE ? [`       (${INLINE}: the text given to feedlabTest)`] : [];
  return [...warnings, renderJudged(judged, PLAIN), ...stopped, ...inline].join("\n");
}

/** An error that is all message: both runners would show where in here it was made. */
function failure(report: string): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  const error = new Error(`\n${report}`);
  Error.stackTraceLimit = limit;
  return error;
}

function fresh(): string {
  return crypto.getRandomValues(new Uint32Array(1))[0]!.toString(16);
}
