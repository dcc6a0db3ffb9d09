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
import { commands } from "../../modules/commands/mod.ts";
import { metrics } from "../../modules/expectations/mod.ts";
import { lossModels } from "../../modules/impairments/drop/mod.ts";
import { impairments } from "../../modules/impairments/mod.ts";
import { faults } from "../../modules/faults/mod.ts";
import { timelineActions } from "../../modules/scenario/timeline/mod.ts";
import { reports } from "../../modules/reports/mod.ts";

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

const TABLES: Record<string, () => Row[] | Promise<Row[]>> = {
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

async function optionsOf(name: string): Promise<Row[]> {
  const entry = commands.find((command) => command.name === name);
  if (entry === undefined) throw new Error(`no command "${name}"`);
  const { options } = await entry.load();
  return [
    ["Option", "What it says", "Default"],
    ...Object.entries(options).map(([flag, { value, summary, fallback }]) => [
      code(`--${flag}${value === undefined ? "" : ` ${value}`}`),
      summary,
      fallback === undefined ? "" : code(fallback),
    ]),
  ];
}

/** The keys of a map, with their defaults; nothing for what is no map. */
function keysOf(schema: z.ZodType): string {
  const json = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  const keys = Object.entries(json.properties ?? {});
  return keys
    .map(([key, value]) => {
      const preset = typeof value === "object" ? value.default : undefined;
      return preset === undefined
        ? code(key)
        : `${code(key)} (${JSON.stringify(preset).replaceAll('"', "")})`;
    })
    .join(", ");
}

function code(text: string): string {
  return `\`${text}\``;
}
