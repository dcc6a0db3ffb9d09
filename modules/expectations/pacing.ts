import { byPhase, type Metric } from "./metric.ts";

const metrics: readonly Metric[] = [
  {
    name: "pacing.lateness",
    summary: "from when a message was due to when it left",
    unit: "time",
    sampled: true,
    share: false,
    read: (run) => run.lateness,
  },
  {
    name: "pacing.achieved",
    summary: "messages a second; in percent, of what was asked for",
    unit: "rate",
    sampled: false,
    share: true,
    beyondWhole: true,
    read: ({ rateAchieved: value, rateWanted: of }) => {
      if (!Number.isFinite(value)) return undefined;
      // Of as fast as it goes there is no part.
      return of === Infinity ? { value } : { value, of };
    },
  },
];

/** Whether the feed kept its schedule. */
export const pacingMetrics: readonly Metric[] = metrics.map(byPhase);
