import { byPhase, type Metric, part, samples } from "./metric.ts";

/** What the listener delivered, and how long that took. */
export const deliveredMetrics: readonly Metric[] = [
  byPhase(
    part("delivered", "messages delivered in order, once; in percent, of all published", (run) =>
      run.next === run.first ? undefined : { value: run.delivered, of: run.next - run.first },
    ),
  ),
  {
    name: "delivery.latency",
    summary: "from when a message was due to when it was delivered",
    unit: "time",
    sampled: true,
    share: false,
    read: (run) => run.latency,
  },
  byPhase(
    samples(
      "delivery.stall",
      "how long later messages waited behind a gap, from when it was noticed",
      "time",
      (run) =>
        run.gaps.flatMap(({ passedNs, detectedNs }) =>
          passedNs === undefined ? [] : [passedNs - detectedNs],
        ),
    ),
  ),
];
