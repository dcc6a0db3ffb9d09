import { Histogram } from "../core/histogram.ts";
import type { Run } from "../core/run.ts";
import type { SeqRange } from "../core/seq.ts";

/** A number that was counted. `of` is what 100 % would be, where that means something. */
export interface Tally {
  readonly value: number;
  readonly of?: number;
}

/** What a metric's numbers are. */
export type MetricUnit = "count" | "time" | "rate";

/** Something that can be measured of a run and expected of it. */
export interface Metric {
  /** As it is written; a `*` stands for the name of a line or of a rule. */
  readonly name: string;
  readonly summary: string;
  readonly unit: MetricUnit;
  /** True: a set of samples, of which a statistic is wanted. */
  readonly sampled: boolean;
  /** True: a part of a whole, which can also be told in percent. */
  readonly share: boolean;
  /** The messages that were counted, where they can be named: `.seqs`. */
  readonly seqs?: (run: Run) => readonly SeqRange[];
  /** True: the share can be more than 100 %. */
  readonly beyondWhole?: true;
  /** True: can also be measured of one phase alone. */
  readonly phased?: true;
  /** `name` is what stood for the `*`. Undefined: there was nothing to measure. */
  read(run: Run, name: string): Tally | Histogram | undefined;
}

/** A count of things in the whole run. */
export function tally(
  name: string,
  summary: string,
  read: (run: Run, name: string) => number | undefined,
): Metric {
  return {
    name,
    summary,
    unit: "count",
    sampled: false,
    share: false,
    read: (run, param) => {
      const value = read(run, param);
      return value === undefined ? undefined : { value };
    },
  };
}

/** A count of things out of all that there were. */
export function part(
  name: string,
  summary: string,
  read: (run: Run, name: string) => Required<Tally> | undefined,
): Metric {
  return { name, summary, unit: "count", sampled: false, share: true, read };
}

/** A set of samples, one for each thing that happened. */
export function samples(
  name: string,
  summary: string,
  unit: MetricUnit,
  read: (run: Run) => Iterable<number>,
): Metric {
  return {
    name,
    summary,
    unit,
    sampled: true,
    share: false,
    read: (run) => {
      const histogram = new Histogram();
      for (const value of read(run)) histogram.record(value);
      return histogram;
    },
  };
}

/** The same metric, where the messages that it counts can also be named. */
export function named(metric: Metric, seqs: (run: Run) => readonly SeqRange[]): Metric {
  return { ...metric, seqs };
}

/** The same metric, where it can also be measured of one phase alone: see `scopeTo`. */
export function byPhase(metric: Metric): Metric {
  return { ...metric, phased: true };
}
