import { type Metric, samples, tally } from "./metric.ts";

/** How lost messages were asked for and got. */
export const recoveryMetrics: readonly Metric[] = [
  tally("recovery.requests", "requests that were sent", (run) => run.recovery.requests),
  tally(
    "recovery.retries",
    "requests after the first for the same message",
    (run) => run.recovery.retries,
  ),
  tally("recovery.filled", "messages that recovery brought", (run) => run.recovery.filled),
  tally("recovery.lost", "messages that were given up", (run) => run.recovery.lost),
  samples(
    "recovery.fill_time",
    "from when a gap was noticed to when recovery had filled it",
    "time",
    (run) =>
      run.gaps.flatMap(({ closedNs, detectedNs, filledByRecovery, lost }) =>
        closedNs !== undefined && filledByRecovery > 0 && lost === 0 ? [closedNs - detectedNs] : [],
      ),
  ),
];
