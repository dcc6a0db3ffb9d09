import { test } from "node:test";
import { baseReader, readScenarioText, type ScenarioText } from "../commands/scenario/files.ts";
import { UserError } from "../core/errors.ts";
import { PLAIN } from "../reports/paint.ts";
import { renderVerdict } from "../reports/verdict.ts";
import { formatProblems } from "../scenario/document/problem.ts";
import type { Variables } from "../scenario/document/variables.ts";
import { loadScenario, type Scenario } from "../scenario/load.ts";
import { expandMatrix } from "../scenario/matrix.ts";
import { runScenario } from "../scenario/run.ts";
import { judgeRun } from "../scenario/verdict.ts";
import { openLiveWorld } from "../worlds/live.ts";
import { unmetRequirement } from "../worlds/requirements.ts";
import { SimWorld } from "../worlds/sim.ts";

/** How a scenario is run as a test. */
export interface FeedlabTestOptions {
  /** What the test is called; otherwise what the scenario is called. */
  readonly name?: string;
  /** Otherwise what the file says. */
  readonly time?: "real" | "virtual";
  readonly seed?: string;
  readonly vars?: Variables;
  /** Milliseconds that the test may take. */
  readonly timeout?: number;
}

/** A run is tried again when a port that chance picked is taken. */
const TRIES = 5;

/** What a scenario is called that has no file; what it uses is sought where the tests run. */
const INLINE = "scenario.yaml";

const TIMEOUT_DEFAULT = 60_000;

/**
 * A scenario as a test, for `bun test` and `deno test`: a path, the name of a bundled scenario, or
 * the YAML itself. It runs on a group and ports of its own, so that any number may run at once. A
 * matrix becomes a test for each of its runs. When it fails, the message is the report.
 */
export function feedlabTest(scenario: string, options: FeedlabTestOptions = {}): void {
  const source = scenario.includes("\n")
    ? { text: scenario, file: INLINE, readBase: baseReader(INLINE, INLINE) }
    : readScenarioText(scenario);
  const { file } = source;
  const first = load(source, options.vars ?? {});
  for (const one of expandMatrix(first.matrix, options.vars, options.seed)) {
    const loaded = load(source, one.variables);
    const seed = one.seed ?? loaded.seed ?? fresh();
    const suffix = Object.entries({ ...one.variables, ...(one.seed === undefined ? {} : { seed }) })
      .map(([name, value]) => `${name} ${value}`)
      .join(", ");
    const name = `${options.name ?? loaded.name}${suffix === "" ? "" : ` (${suffix})`}`;
    const time = options.time ?? loaded.time;
    test(name, { timeout: options.timeout ?? TIMEOUT_DEFAULT }, async (context) => {
      const { requires, lines } = loaded;
      const unmet = time === "real" ? await unmetRequirement(requires, lines) : undefined;
      if (unmet === undefined) await runTest(loaded, file, seed, time);
      else context.skip(unmet);
    });
  }
}

function load({ text, file, readBase }: ScenarioText, vars: Variables): Scenario {
  const { scenario, problems } = loadScenario(text, file, vars, readBase);
  if (scenario === undefined) throw new UserError(`\n${formatProblems(problems)}`);
  return scenario;
}

async function runTest(
  scenario: Scenario,
  file: string,
  seed: string,
  time: "real" | "virtual",
): Promise<void> {
  const run = await retry(() =>
    runScenario(isolate(scenario), time === "real" ? openLiveWorld() : new SimWorld(), { seed }),
  );
  const judgement = judgeRun(run, scenario);
  if (judgement.outcome === "pass") return;
  const again = `feedlab scenario run ${file} --seed ${seed} --time ${time}`;
  throw new Error(`\n${renderVerdict(run, judgement, again, PLAIN)}`);
}

async function retry<T>(attempt: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      const taken = error instanceof UserError && error.kind === "environment";
      if (!taken || tries === TRIES) throw error;
    }
  }
}

/** The same scenario where nobody else is: other groups of 239.255/16, and other ports. */
function isolate(scenario: Scenario): Scenario {
  const [x = 0, y = 0, ports = 0] = crypto.getRandomValues(new Uint16Array(3));
  const port = 20_000 + (ports % 12_000);
  return {
    ...scenario,
    lines: scenario.lines.map((line, i) => ({
      ...line,
      group: { host: `239.255.${x % 256}.${(y + i) % 256}`, port },
    })),
    recovery:
      scenario.recovery === undefined
        ? undefined
        : { ...scenario.recovery, listen: { host: "127.0.0.1", port: port + 1 } },
  };
}

function fresh(): string {
  return crypto.getRandomValues(new Uint32Array(1))[0]!.toString(16);
}
