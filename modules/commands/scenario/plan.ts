import { EXIT, type ExitCode } from "../../core/errors.ts";
import { rerunOf } from "../../reports/again.ts";
import { renderPlan } from "../../reports/plan.ts";
import { formatScenario, fullScenario } from "../../scenario/full.ts";
import { hashOfPlans, type Plans } from "../../core/plan.ts";
import { planScenario } from "../../scenario/plan.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { oneOfWords, SEED_OPTION, VAR_OPTION } from "./options.ts";
import { type FirstRun, readFirst, renderNote } from "./matrix.ts";

const options = {
  ...SEED_OPTION,
  ...VAR_OPTION,
  format: {
    value: "<text|json>",
    summary: "for people or for programs",
    type: oneOfWords("text", "json"),
    fallback: "text",
  },
  full: { summary: "also the scenario with every default filled in" },
  color: OUTPUT_OPTIONS.color,
} as const;

/** Shows what a scenario will hit. */
export const scenarioPlan: Command = {
  options,
  examples: [
    "feedlab scenario plan demo",
    "feedlab scenario plan my.yaml --seed 7 --format json",
    "feedlab scenario plan my.yaml --full > full.yaml",
  ],
  run,
};

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const [operand = ""] = operands;
  const first = readFirst(operand, shell, Object.fromEntries(given.var), given.seed);
  if (first === undefined) return EXIT.usage;
  const { scenario, text, file, bases, variables } = first.read;
  const seed = first.read.seed ?? scenario.seed ?? shell.freshSeed();
  const plans = planScenario(scenario, seed);
  const full = given.full ? fullScenario(text, file, variables, scenario, seed, bases) : undefined;
  if (given.format === "json") {
    shell.out(
      JSON.stringify(
        { ...asJson(plans), ...whichRun(first), ...(full && { scenario: full }) },
        undefined,
        2,
      ),
    );
    return EXIT.ok;
  }
  const paint = shell.paint(given.color);
  const told = (columns: number): string =>
    [
      ...renderNote(first, columns),
      renderPlan(plans, paint, columns),
      `run  ${rerunOf({ operand, variables, seed })}`,
    ].join("\n");
  if (full === undefined) shell.out(told(shell.columns));
  else {
    // As comments below it, so that all of it is a scenario file.
    const lines = told(shell.columns - 2).split("\n");
    shell.out(formatScenario(full));
    shell.out(lines.map((line) => `# ${line}`).join("\n"));
  }
  return EXIT.ok;
}

/** Which run of a matrix is planned; nothing where there is no other. */
function whichRun({ runs, values }: FirstRun): object {
  return runs === 1 ? {} : { runs, variables: values };
}

/** The only plan itself, or those of feeds with names below them. */
function asJson(plans: Plans): object {
  const [{ name, seed, feed: named, ...plan }] = plans;
  if (named === "") return { name, seed, ...plan };
  const feeds = plans.map(({ name: _n, seed: _s, feed, ...rest }) => ({ feed, ...rest }));
  return { name, seed, feeds, hash: hashOfPlans(plans) };
}
