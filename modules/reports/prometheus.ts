/**
 * Figures as Prometheus scrapes them: its text format, version 0.0.4. Names end with the unit, in
 * seconds or bytes, and a counter's with `_total`.
 */

/** The media type of the text. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** One value, told apart from others of its family by its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Values in buckets: `counts[i]` are those up to `bounds[i]`, none counted twice; the last has no bound. */
export interface Buckets {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
}

/** A family of values of one meaning. One without any value is left out. */
export type Family = {
  /** Without the `feedlab_` before it. */
  readonly name: string;
  readonly help: string;
} & (
  | { readonly type: "counter" | "gauge"; readonly samples: readonly Sample[] }
  | { readonly type: "histogram"; readonly buckets: Buckets }
);

/** The text of families. */
export function renderPrometheus(families: readonly Family[]): string {
  return families.flatMap(linesOf).join("");
}

function linesOf(family: Family): string[] {
  const name = `feedlab_${family.name}`;
  const values =
    family.type === "histogram" ? bucketLines(name, family.buckets) : plainLines(name, family);
  if (values.length === 0) return [];
  return [
    `# HELP ${name} ${escapeHelp(family.help)}\n`,
    `# TYPE ${name} ${family.type}\n`,
    ...values,
  ];
}

function plainLines(name: string, { samples }: { samples: readonly Sample[] }): string[] {
  return samples.map(({ labels, value }) => line(name, labels, value));
}

function bucketLines(name: string, { bounds, counts, sum }: Buckets): string[] {
  let below = 0;
  const lines = counts.map((count, i) => {
    below += count;
    const bound = bounds[i];
    const le = bound === undefined ? "+Inf" : numberOf(bound);
    return line(`${name}_bucket`, { le }, below);
  });
  return [...lines, line(`${name}_sum`, {}, sum), line(`${name}_count`, {}, below)];
}

function line(name: string, labels: Sample["labels"] = {}, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`);
  const braces = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
  return `${name}${braces} ${numberOf(value)}\n`;
}

function numberOf(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
