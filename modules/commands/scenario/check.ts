import type { ExitCode } from "../../core/errors.ts";
import { github } from "../../reports/github.ts";
import { type Command, readOptions, type Words } from "../command.ts";
import { OUTPUT_OPTIONS } from "../options.ts";
import type { Shell } from "../shell.ts";
import { oneOfWords } from "./options.ts";
import { notRun, readCode, readScenario, type ReadScenario, showMistakes } from "./read.ts";

const options = {
  format: {
    value: "<text|json|github>",
    summary: "for people, for programs, or as annotations of GitHub Actions",
    type: oneOfWords("text", "json", "github"),
    fallback: "text",
  },
  color: OUTPUT_OPTIONS.color,
} as const;

/** Reads scenarios without running them. */
export const scenarioCheck: Command = {
  options,
  examples: ["feedlab scenario check my.yaml", "feedlab scenario check *.yaml --format github"],
  run,
};

async function run(operands: readonly string[], words: Words, shell: Shell): Promise<ExitCode> {
  const given = readOptions(options, words);
  const paint = shell.paint(given.color);
  const read = operands.map((operand) => readScenario(operand));
  if (given.format === "json") shell.out(JSON.stringify(asJson(read), undefined, 2));
  else if (given.format === "github") {
    const wrong = read.filter(({ problems, scenario }) => problems.length > 0 || !scenario);
    const annotations = github.render(wrong.map(notRun), { paint, columns: shell.columns });
    if (annotations !== "") shell.out(annotations);
  } else {
    showMistakes(read, shell);
    for (const { operand, scenario } of read) {
      if (scenario !== undefined) shell.out(`${paint.good("✓")} ${operand}: ${scenario.name}`);
    }
  }
  return readCode(read);
}

/** What is wrong with each file. */
function asJson(read: readonly ReadScenario[]): object {
  const all = read.flatMap(({ problems }) => problems);
  const errors = all.filter(({ severity }) => severity === "error").length;
  const unread = read.filter(({ failure }) => failure !== undefined).length;
  return {
    errors: errors + unread,
    warnings: all.length - errors,
    files: read.map(({ file, scenario, problems, failure }) => ({
      file,
      ok: scenario !== undefined,
      ...(scenario === undefined ? {} : { name: scenario.name }),
      problems: [
        ...(failure === undefined ? [] : [{ severity: "error", message: failure.message }]),
        ...problems.map(({ source: _source, file: at, ...problem }) =>
          at === file ? problem : { file: at, ...problem },
        ),
      ],
    })),
  };
}
