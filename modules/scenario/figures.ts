/** Every metric of a run as numbers: what can be expected of a run can be compared as well. */
import type { Figure } from "../core/figure.ts";
import { Histogram } from "../core/histogram.ts";
import { type Run, slug } from "../core/run.ts";
import { metrics } from "../expectations/mod.ts";
import type { Metric } from "../expectations/metric.ts";

/** What is told of many values. */
const STATS = [
  ["p50", 0.5],
  ["p99", 0.99],
  ["max", 1],
] as const;

/** The share of a rule is its hits once more. */
const SAID_ALREADY: readonly string[] = ["impair.*.rate"];

/** What was measured of a run; what had nothing to measure is left out. */
export function figuresOf(run: Run): Figure[] {
  return [
    { name: "published", unit: "count", value: run.next - run.first },
    { name: "duration", unit: "time", value: run.durationNs },
    ...metrics
      .filter(({ name }) => !SAID_ALREADY.includes(name))
      .flatMap((metric) => paramsOf(metric, run).flatMap((param) => read(metric, run, param))),
  ];
}

/** What stands for the `*` of a metric's name. */
function paramsOf({ name }: Metric, { lines, rules }: Run): string[] {
  if (name.startsWith("lines.")) return lines.map((line) => line.name);
  if (name.startsWith("impair.")) return [...new Set(rules.map((rule) => slug(rule.name)))];
  return [""];
}

function read(metric: Metric, run: Run, param: string): Figure[] {
  const found = metric.read(run, param);
  const { unit } = metric;
  const name = metric.name.replace("*", param);
  if (!(found instanceof Histogram)) {
    return found === undefined ? [] : [{ name, unit, value: found.value }];
  }
  if (found.count === 0) return [];
  return STATS.map(([stat, share]) => ({
    name: `${name}.${stat}`,
    unit,
    value: found.percentile(share),
  }));
}
