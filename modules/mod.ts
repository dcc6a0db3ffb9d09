/**
 * The library: what `import ... from "feedlab"` gives.
 *
 * `loadScenario` reads a scenario, `runScenario` runs it in a world, `judgeRun` says what came of
 * it; `feedlabTest` does all three as a test. `createFeed`, `createListener` and
 * `createRecoveryServer` are the parts by themselves.
 */
import { openLiveWorld } from "./worlds/live.ts";
import { SimWorld } from "./worlds/sim.ts";
import type { World } from "./worlds/world.ts";

export { UserError } from "./core/errors.ts";
export type { FeedEvent, Observe } from "./core/events.ts";
export type { Cause, ExplainedGap, Run, Runs } from "./core/run.ts";
export type { Judgement, Outcome, Verdict } from "./core/verdict.ts";
export {
  createFeed,
  createListener,
  createRecoveryServer,
  type Delivered,
  type FeedHandle,
  type FeedInput,
  type ListenerInput,
  type ListenerOptions,
  type PartOptions,
  type RecoveryServerInput,
} from "./library/parts.ts";
export { feedlabTest, type FeedlabTestOptions } from "./library/test.ts";
export { formatProblems, type Problem } from "./scenario/document/problem.ts";
export type { FeedScenario } from "./scenario/feed-scenario.ts";
export { type Loaded, loadScenario, type Scenario } from "./scenario/load.ts";
export { runScenario, type RunOptions } from "./scenario/run.ts";
export { judgeRun } from "./scenario/verdict.ts";
export type { World } from "./worlds/world.ts";

/** A world of its own: virtual time, or real sockets and real time. */
export function openWorld(time: "real" | "virtual"): World {
  return time === "real" ? openLiveWorld() : new SimWorld();
}
