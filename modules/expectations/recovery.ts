import type { RecoveryStages } from "../core/run.ts";
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
  tally("recovery.faults", "times that a fault of a recovery server was met", ({ recovery }) =>
    recovery.faults.length === 0
      ? undefined
      : recovery.faults.reduce((sum, { hits }) => sum + hits, 0),
  ),
  tally("recovery.faults.unused", "faults that were never met", ({ recovery }) =>
    recovery.faults.length === 0
      ? undefined
      : recovery.faults.filter(({ hits }) => hits === 0).length,
  ),
  stage("recovery.decide_time", "from a gap to the attempt to ask for it", "decided"),
  stage("recovery.connect_time", "from the attempt to the request being sent", "connected"),
  stage("recovery.first_byte_time", "from the request to the first byte back", "firstByte"),
  stage("recovery.transfer_time", "from the first byte until nothing was missing", "filled"),
  stage("recovery.deliver_time", "from a filled gap until delivery had gone past it", "delivered"),
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

/** How long one step took. */
function stage(name: string, summary: string, step: keyof RecoveryStages): Metric {
  const read: Metric["read"] = ({ recovery }) => recovery.stages[step];
  return { name, summary, unit: "time", sampled: true, share: false, read };
}
