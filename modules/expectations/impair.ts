import type { Run } from "../core/run.ts";
import { slug } from "../core/run.ts";
import { type Metric, part, type Tally, tally } from "./metric.ts";

/** Whether the rules fired as they were meant to. */
export const impairMetrics: readonly Metric[] = [
  tally(
    "impair.*.hits",
    "packets that the rule touched, on all lines",
    (run, rule) => touched(run, rule)?.value,
  ),
  part("impair.*.rate", "share of the packets that reached the rule and were touched", touched),
];

function touched(run: Run, rule: string): Required<Tally> | undefined {
  const rules = run.rules.filter(({ name }) => slug(name) === rule);
  const of = rules.reduce((sum, { seen }) => sum + seen, 0);
  return of === 0 ? undefined : { value: rules.reduce((sum, { hits }) => sum + hits, 0), of };
}
