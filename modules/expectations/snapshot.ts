import { type Metric, samples, tally } from "./metric.ts";

/** How the listener began, where that was to be with a snapshot. */
export const snapshotMetrics: readonly Metric[] = [
  tally(
    "snapshot.messages",
    "messages of the snapshot that delivery began with",
    (run) => run.snapshot?.messages,
  ),
  tally(
    "snapshot.attempts",
    "times that a snapshot was asked for",
    (run) => run.snapshot?.attempts,
  ),
  samples(
    "snapshot.load_time",
    "from the first request for a snapshot to the one that would do",
    "time",
    (run) => (run.snapshot?.tookNs === undefined ? [] : [run.snapshot.tookNs]),
  ),
];
