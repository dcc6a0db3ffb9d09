import { type Metric, tally } from "./metric.ts";

/** What the listener delivered. */
export const deliveredMetrics: readonly Metric[] = [
  tally("delivered", "messages delivered in order, once; in percent, of all published", (run) =>
    run.next === run.first ? undefined : { value: run.delivered, of: run.next - run.first },
  ),
];
