import { type Metric, tally } from "./metric.ts";

/** What the system did to the run. */
export const kernelMetrics: readonly Metric[] = [
  tally("kernel.drops", "packets that the system dropped before they were read", (run) =>
    run.lines.some(({ kernelDrops }) => kernelDrops === undefined)
      ? undefined
      : run.lines.reduce((sum, { kernelDrops = 0 }) => sum + kernelDrops, 0),
  ),
];
