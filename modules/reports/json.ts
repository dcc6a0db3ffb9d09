/** The report for programs that want it all at once. */
import { Histogram } from "../core/histogram.ts";
import { exitCodeOf, type JudgedRun, type Result, worstOf } from "../core/result.ts";
import { partName, type Run } from "../core/run.ts";
import { againOf } from "./again.ts";
import { latenessBuckets } from "./lateness.ts";
import { outcomeOf } from "./outcome.ts";
import type { ReportDefinition } from "./report.ts";

/** One object, with an entry for each scenario. Its journal is left to `ndjson`. */
export const json: ReportDefinition = {
  name: "json",
  summary:
    "one JSON object: verdicts, counters, gaps; histograms as percentiles, lateness in buckets",
  render: (results) =>
    JSON.stringify(
      {
        format: "feedlab report",
        version: 1,
        exitCode: worstOf(results.map(exitCodeOf)),
        results: results.map(shown),
      },
      undefined,
      2,
    ),
};

function shown(result: Result): object {
  if (result.kind === "not-run") return { outcome: outcomeOf(result), ...result };
  const { operand, file, variables, facts, runs, judgement } = result;
  const [run] = runs;
  const { verdicts, ...rest } = judgement;
  return {
    ...rest,
    kind: result.kind,
    operand,
    file,
    variables,
    facts,
    again: againOf(result),
    verdicts: verdicts.map((verdict) => ({ ...verdict, ...placed(result, verdict.text) })),
    ...(partName(run) === "" ? { run: measured(run) } : { runs: runs.map(measured) }),
  };
}

/** A run without its journal; the names of its feed and handler are there where they have some. */
function measured(run: Run): unknown {
  const { journal: _, feed, handler, name, ...rest } = run;
  const named = { ...(feed === "" ? {} : { feed }), ...(handler === undefined ? {} : { handler }) };
  return plain({ name, ...named, ...rest });
}

/** The place that the expectation has in its file, where it has one. */
function placed({ places }: JudgedRun, text: string): object {
  const place = Object.hasOwn(places, text) ? places[text] : undefined;
  return place === undefined ? {} : { line: place.line, column: place.column };
}

/** Histograms as the figures that people ask for, rates as `rateFact`; the rest as it is. */
function plain(value: unknown): unknown {
  if (value instanceof Histogram) return figures(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === "lateness" && inner instanceof Histogram
        ? latenessFigures(inner)
        : RATES.includes(key)
          ? rateFact(inner)
          : plain(inner),
    ]),
  );
}

const RATES: readonly string[] = ["rateWanted", "wanted"];

/** JSON knows no Infinity: the rate of what goes as fast as it is taken is `max`. */
export function rateFact<T>(perSecond: T): T | "max" {
  return perSecond === Infinity ? "max" : perSecond;
}

/** How late messages left: the usual figures, and how many by how much. */
export function latenessFigures(samples: Histogram): object {
  return samples.count === 0
    ? figures(samples)
    : { ...figures(samples), buckets: latenessBuckets(samples) };
}

function figures(samples: Histogram): object {
  const { count, min, mean, max } = samples;
  if (count === 0) return { count };
  const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((share) => samples.percentile(share));
  return { count, min, mean, p50, p90, p99, "p99.9": p999, max };
}
