/** What can be measured of a run and expected of it. A new metric is a file and a line here. */
import { deliveredMetrics } from "./delivered.ts";
import { gapMetrics } from "./gaps.ts";
import { impairMetrics } from "./impair.ts";
import { kernelMetrics } from "./kernel.ts";
import { lineMetrics } from "./lines.ts";
import type { Metric } from "./metric.ts";
import { pacingMetrics } from "./pacing.ts";
import { recoveryMetrics } from "./recovery.ts";
import { snapshotMetrics } from "./snapshot.ts";

/** Every metric, by the name that an expectation begins with. */
export const metrics: readonly Metric[] = [
  ...deliveredMetrics,
  ...gapMetrics,
  ...lineMetrics,
  ...impairMetrics,
  ...recoveryMetrics,
  ...snapshotMetrics,
  ...pacingMetrics,
  ...kernelMetrics,
];
