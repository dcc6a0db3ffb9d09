import { byPhase, type Metric, samples, tally } from "./metric.ts";

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
  tally("recovery.bytes", "bytes that recovery servers sent", (run) => run.recovery.bytes),
  tally(
    "recovery.accepted_wrong",
    "messages taken from recovery that were not what was published",
    (run) => run.recovery.acceptedWrong,
  ),
  byPhase(
    samples(
      "recovery.fill_time",
      "from when a gap was noticed to when recovery had filled it",
      "time",
      (run) =>
        run.gaps.flatMap(({ closedNs, detectedNs, filledByRecovery, lost }) =>
          closedNs !== undefined && filledByRecovery > 0 && lost === 0
            ? [closedNs - detectedNs]
            : [],
        ),
    ),
  ),
];
