/**
 * What the README says that the code says already: tables made from the definitions, and blocks that
 * stand in a golden session.
 *
 *     <!-- table NAME -->            between these two lines, a table made here
 *     <!-- end -->
 *
 *     <!-- from FILE -->             the fenced block that follows is a part of tests/golden/FILE
 */
import * as z from "zod";
import { protocols } from "../../modules/codecs/mod.ts";
import { recoveries } from "../../modules/codecs/recovery/mod.ts";
import { commands } from "../../modules/commands/mod.ts";
import { metrics } from "../../modules/expectations/mod.ts";
import { lossModels } from "../../modules/impairments/drop/mod.ts";
import { impairments } from "../../modules/impairments/mod.ts";
import { faults } from "../../modules/faults/mod.ts";
import { messageFormats } from "../../modules/messages/mod.ts";
import { timelineActions } from "../../modules/scenario/timeline/mod.ts";
import { reports } from "../../modules/reports/mod.ts";
import { sources } from "../../modules/sources/mod.ts";

type Row = readonly string[];

/** The README with its tables made anew. */
export async function withTables(readme: string): Promise<string> {
  const tables = new Map(await Promise.all(Object.entries(TABLES).map(load)));
  return readme.replace(
    /(<!-- table (.+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, name: string, end: string) => {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`README: there is no table "${name}"`);
      return `${begin}\n${table}\n\n${end}`;
    },
  );
}

/** Every block that claims to stand in a file of tests/golden. */
export function quotes(readme: string): { file: string; text: string }[] {
  const found = readme.matchAll(/<!-- from (\S+) -->\n+```\w*\n([\s\S]*?)\n```/g);
  return [...found].map(([, file = "", text = ""]) => ({ file, text }));
}

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly example: string;
  readonly options: z.ZodType;
}

const TABLES: Record<string, () => Row[] | Promise<Row[]>> = {
  protocols: () => choices("`protocol:`", protocols),
  "recovery protocols": () => choices("`recovery.protocol:`", recoveries),
  sources: () => choices("`source:`", sources),
  // None of them has options.
  "message formats": () => choices("Format", messageFormats).map((row) => row.toSpliced(2, 1)),
  impairments: () => [
    ["Effect", "What it does", "Options (default)", "Example"],
    ...impairments.map(({ name, summary, options, example }) => [
      code(name),
      summary,
      name === "drop" ? "one of those below" : keysOf(options),
      code(example),
    ]),
  ],
  faults: () => [
    ["Fault", "What the server does", "Keys (default)", "Example"],
    ...faults.map(({ name, summary, options, example }) => [
      code(name),
      summary,
      keysOf(options),
      code(example),
    ]),
  ],
  "loss models": () => [
    ["`drop:`", "What is lost", "Options (default)", "Example"],
    ...lossModels.map(({ name, summary, options, example }) => [
      code(name),
      summary,
      keysOf(options),
      code(example),
    ]),
  ],
  timeline: () => [
    ["`do:`", "What happens", "Keys besides", "Example"],
    ...timelineActions.map(({ name, summary, options, example }) => [
      code(name),
      summary,
      keysOf(options),
      code(example),
    ]),
  ],
  metrics: () => [
    ["Metric", "What it is", "Unit"],
    ...metrics.map(({ name, summary, unit, sampled }) => [
      code(sampled ? `${name}.max` : name),
      summary,
      unit,
    ]),
  ],
  reports: () => [
    ["Report", "What it is"],
    ...reports.map(({ name, summary }) => [code(name), summary]),
  ],
  ...Object.fromEntries(commands.map(({ name }) => [`options of ${name}`, () => optionsOf(name)])),
};

async function load([name, make]: [string, () => Row[] | Promise<Row[]>]): Promise<
  [string, string]
> {
  const [head = [], ...rows] = await make();
  const line = (row: Row): string =>
    `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [name, [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n")];
}

/** What a key of that name takes, a row each. */
function choices(key: string, registry: readonly Described[]): Row[] {
  return [
    [key, "What it is", "Options (default)", "Example"],
    ...registry.map(({ name, summary, options, example }) => [
      code(name),
      summary,
      keysOf(options),
      code(example),
    ]),
  ];
}

async function optionsOf(name: string): Promise<Row[]> {
  const entry = commands.find((command) => command.name === name);
  if (entry === undefined) throw new Error(`no command "${name}"`);
  const { options } = await entry.load();
  return [
    ["Option", "What it says", "Default"],
    ...Object.entries(options).map(([flag, { value, summary, fallback }]) => [
      code(`--${flag}${value === undefined ? "" : ` ${value}`}`),
      summary,
      // Where the summary tells the default in words, the value behind them says less.
      fallback === undefined || summary.includes("(default: ") ? "" : code(fallback),
    ]),
  ];
}

/** The keys of a map, with their defaults; nothing for what is no map. */
function keysOf(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  // What may be one word as well has its map among others.
  const map = [json, ...(json.anyOf ?? [])].find(
    (one) => typeof one === "object" && one.properties !== undefined,
  );
  const keys = typeof map === "object" ? Object.entries(map.properties ?? {}) : [];
  const read = schema.safeParse({});
  return keys
    .map(([key, value]) => {
      if (typeof value !== "object") return code(key);
      // A default that stands as it is read is in what nothing at all is read as.
      const preset = value.default ?? presetOf(read.data, key, value.examples);
      return preset === undefined || preset === ""
        ? code(key)
        : `${code(key)} (${JSON.stringify(preset).replaceAll('"', "").replaceAll(",", ", ")})`;
    })
    .join(", ");
}

/** A default that only reading shows, written as one would; undefined for none, or an empty one. */
function presetOf(read: unknown, key: string, examples: unknown): unknown {
  if (typeof read !== "object" || read === null) return undefined;
  const value: unknown = Object.entries(read).find(([name]) => name === key)?.[1];
  if (Array.isArray(value)) return value.length > 0 ? value : undefined;
  const isSize = Array.isArray(examples) && examples.some((text) => /\d bytes$/.test(String(text)));
  return isSize && typeof value === "number" ? `${value} bytes` : undefined;
}

function code(text: string): string {
  return `\`${text}\``;
}
