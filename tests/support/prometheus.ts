/**
 * A strict reader of Prometheus' text format 0.0.4, after its documentation: it throws where a scrape
 * would fail, and where names break the conventions.
 */

/** A family as it was read. */
export interface ReadFamily {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: readonly ReadSample[];
}

/** One line with a value. */
export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const TYPES = ["counter", "gauge", "histogram", "summary", "untyped"];

/** Reads a page, or throws an Error that names the line. */
export function readPrometheus(text: string): ReadFamily[] {
  const fail = (line: string, why: string): never => {
    throw new Error(`${why}: ${JSON.stringify(line)}`);
  };
  if (text !== "" && !text.endsWith("\n")) fail(text.slice(-40), "the last line does not end");
  const families: (ReadFamily & { samples: ReadSample[] })[] = [];
  let help: { name: string; text: string } | undefined;
  const lines = text.split("\n").slice(0, -1);
  for (const line of lines) {
    const [, word, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (word === "HELP") {
      if (!/^(?:[^\\]|\\[\\n])*$/.test(rest)) fail(line, "a backslash that escapes nothing");
      help = { name, text: rest.replaceAll(/\\([\\n])/g, (_all, c) => (c === "n" ? "\n" : "\\")) };
    } else if (word === "TYPE") {
      if (!METRIC.test(name)) fail(line, "no name of a metric");
      if (!TYPES.includes(rest)) fail(line, "no type");
      if (help?.name !== name) fail(line, "TYPE does not follow its HELP");
      if (families.some((family) => family.name === name))
        fail(line, "the family is there already");
      if (rest === "counter" && !name.endsWith("_total")) fail(line, "a counter ends with _total");
      if (rest === "gauge" && name.endsWith("_total")) fail(line, "a gauge is no total");
      families.push({ name, type: rest, help: help!.text, samples: [] });
    } else if (line.startsWith("#") || line === "") fail(line, "neither HELP nor TYPE nor a value");
    else {
      const family = families.at(-1) ?? fail(line, "a value before its family");
      const sample = readSample(line, fail);
      const suffixes = family.type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
      if (!suffixes.some((suffix) => sample.name === family.name + suffix)) {
        fail(line, `a value of another family than ${family.name}`);
      }
      const key = keyOf(sample);
      if (family.samples.some((other) => keyOf(other) === key))
        fail(line, "the value is there twice");
      if (family.type === "counter" && !(sample.value >= 0)) fail(line, "a counter below zero");
      family.samples.push(sample);
    }
  }
  for (const family of families) {
    if (family.samples.length === 0) fail(family.name, "a family without a value");
    if (family.type === "histogram") checkHistogram(family, fail);
  }
  return families;
}

type Fail = (line: string, why: string) => never;

function readSample(line: string, fail: Fail): ReadSample {
  const [, name = "", braces, text = ""] =
    /^([^\s{]+)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)$/.exec(line) ?? fail(line, "no value");
  if (!METRIC.test(name)) fail(line, "no name of a metric");
  const labels: Record<string, string> = {};
  for (let rest = braces ?? ""; rest !== "";) {
    const [all, label = "", value = ""] =
      /^([^=,]+)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest) ?? fail(line, "no label");
    if (!LABEL.test(label) || label.startsWith("__")) fail(line, "no name of a label");
    if (label in labels) fail(line, "a label twice");
    labels[label] = value.replaceAll(/\\([\\"n])/g, (_all, c: string) => (c === "n" ? "\n" : c));
    rest = rest.slice(all.length);
  }
  const value = { "+Inf": Infinity, "-Inf": -Infinity, NaN }[text] ?? Number(text);
  if (Number.isNaN(value) && text !== "NaN") fail(line, "no number");
  return { name, labels, value };
}

function keyOf({ name, labels }: ReadSample): string {
  const pairs = Object.entries(labels).map((pair) => JSON.stringify(pair));
  return [name, ...pairs.toSorted()].join();
}

function checkHistogram({ name, samples }: ReadFamily, fail: Fail): void {
  const buckets = samples.filter((sample) => sample.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => {
    return labels["le"] === "+Inf" ? Infinity : Number(labels["le"]);
  });
  for (const [i, bound] of bounds.entries()) {
    if (!(bound > (bounds[i - 1] ?? -Infinity))) fail(name, "bounds do not rise");
    if (buckets[i]!.value < (buckets[i - 1]?.value ?? 0)) fail(name, "buckets are not cumulative");
  }
  if (bounds.at(-1) !== Infinity) fail(name, "no bucket without a bound");
  const count = samples.find((sample) => sample.name === `${name}_count`);
  if (count?.value !== buckets.at(-1)?.value)
    fail(name, "the count is not that of the last bucket");
  if (!samples.some((sample) => sample.name === `${name}_sum`)) fail(name, "no sum");
}
