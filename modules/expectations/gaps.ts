import type { Gap, Run } from "../core/run.ts";
import type { Nanos } from "../core/time.ts";
import { byPhase, type Metric, named, samples, tally } from "./metric.ts";

/** What the listener missed, and for how long. */
export const gapMetrics: readonly Metric[] = [
  named(
    tally("gaps.detected", "runs of numbers that were noticed missing", (run) => run.gaps.length),
    (run) => run.gaps,
  ),
  named(
    tally("gaps.filled", "gaps of which everything came after all", (run) => closed(run).length),
    closed,
  ),
  named(
    tally(
      "gaps.abandoned",
      "gaps of which something was given up",
      (run) => run.gaps.filter(({ lost }) => lost > 0).length,
    ),
    (run) => run.abandoned,
  ),
  samples("gaps.size", "messages in a gap", "count", (run) =>
    run.gaps.map(({ from, until }) => until - from),
  ),
  samples(
    "gaps.detect_latency",
    "from when a message was due to when it was missed",
    "time",
    (run) => run.gaps.map(({ detectedNs, scheduledNs }) => detectedNs - scheduledNs),
  ),
  samples("gaps.open_time", "from when a gap was noticed to when it was closed", "time", (run) =>
    run.gaps.flatMap(openTime),
  ),
].map(byPhase);

function closed(run: Run): Gap[] {
  return run.gaps.filter(({ closedNs, lost }) => closedNs !== undefined && lost === 0);
}

function openTime({ closedNs, detectedNs }: Gap): Nanos[] {
  return closedNs === undefined ? [] : [closedNs - detectedNs];
}
