/**
 * The library: what `import ... from "feedlab"` gives.
 *
 * `loadScenario` reads a scenario, `runScenario` runs it in a world, `judgeRun` says what came of
 * it. `openWorld("virtual")` takes milliseconds; `openWorld("real")` is real sockets.
 */
import { openLiveWorld } from "./worlds/live.ts";
import { SimWorld } from "./worlds/sim.ts";
import type { World } from "./worlds/world.ts";

export type { FeedEvent, Observe } from "./core/events.ts";
export { UserError } from "./core/errors.ts";
export type { Run } from "./core/run.ts";
export type { Judgement, Outcome, Verdict } from "./core/verdict.ts";
export { formatProblems, type Problem } from "./scenario/document/problem.ts";
export { type Loaded, loadScenario, type Scenario } from "./scenario/load.ts";
export { runScenario, type RunOptions } from "./scenario/run.ts";
export { judgeRun } from "./scenario/verdict.ts";
export type { World } from "./worlds/world.ts";

/** A world of its own: virtual time, or real sockets and real time. */
export function openWorld(time: "real" | "virtual"): World {
  return time === "real" ? openLiveWorld() : new SimWorld();
}
