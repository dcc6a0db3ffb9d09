import { type CAC, cac, type Command as CacCommand } from "cac";
import packageJson from "../../package.json" with { type: "json" };
import { EXIT, type ExitCode, UserError } from "../core/errors.ts";
import { didYouMean, nearest } from "../core/registry.ts";
import type { Command, OptionMap, Words } from "./command.ts";
import { complain } from "./complain.ts";
import { type CommandEntry, commands } from "./mod.ts";
import type { Shell } from "./shell.ts";
import { wrap } from "../reports/wrap.ts";

/**
 * cac turns every value that looks like a number into one, and takes `-5` for an option. A value
 * with this before it is left as it was written.
 */
const GUARD = "\0";

const SHORT: Readonly<Record<string, string>> = {
  "-h": "--help",
  "-v": "--version",
  "-q": "--quiet",
};

/** Runs one command line. Mistakes of the user end in one line and an exit code, never in a trace. */
export async function main(argv: readonly string[], shell: Shell): Promise<ExitCode> {
  try {
    return await dispatch(argv, shell);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    complain(shell, error.message);
    return error.exitCode;
  }
}

async function dispatch(argv: readonly string[], shell: Shell): Promise<ExitCode> {
  const words = argv.map((word) => SHORT[word] ?? word);
  const [first] = words;
  if (first === undefined || first === "--help" || first === "help") {
    showHelp(shell.columns);
    return first === undefined ? EXIT.usage : EXIT.ok;
  }
  if (first === "--version") {
    shell.out(`feedlab ${packageJson.version}`);
    return EXIT.ok;
  }
  const { entry, rest } = await findCommand(words);
  const command = await entry.load();
  if (rest.includes("--help")) {
    showHelp(shell.columns, { entry, command });
    return EXIT.ok;
  }
  const cli = cac("feedlab");
  const action = register(cli, entry, command);
  cli.parse(["", "", entry.name, ...guard(rest, entry, command.options)], { run: false });
  const operands = cli.args.map((word) => unguard(word) as string);
  checkOperands(entry, operands);
  action.action(() => command.run(operands, wordsOf(cli.options, command.options), shell));
  return (await cli.runMatchedCommand()) as ExitCode;
}

function register(
  cli: CAC,
  { name, operands, summary }: CommandEntry,
  command?: Command,
): CacCommand {
  const registered = cli.command(`${name} ${operands}`.trim(), summary);
  for (const [flag, { value, summary, fallback }] of Object.entries(command?.options ?? {})) {
    const raw = `${flag === "quiet" ? "-q, " : ""}--${flag}${value === undefined ? "" : ` ${value}`}`;
    const shown =
      fallback === undefined || summary.includes("(default") ? "" : ` (default: ${fallback})`;
    registered.option(raw, summary + shown);
  }
  for (const example of command?.examples ?? []) registered.example(`  $ ${example}`);
  return registered;
}

/** Of one command, or the overview of all. */
function showHelp(columns: number, of?: { entry: CommandEntry; command: Command }): void {
  const cli = cac("feedlab");
  cli.help((sections) =>
    sections
      .filter(({ title }) => !title?.startsWith("For more info"))
      .map((section) => ({ ...section, body: fit(section.body, columns) })),
  );
  if (of === undefined) {
    for (const entry of commands) register(cli, entry);
    cli.example("  $ feedlab scenario run demo");
    cli.outputHelp();
  } else register(cli, of.entry, of.command).outputHelp();
}

/** Breaks the second column of a list at the terminal's edge. */
function fit(body: string, columns: number): string {
  const lines = body.split("\n").map((line) => {
    const [, left = "", right = ""] = /^(\s+\S.*?\s{2,})(\S.*)$/.exec(line) ?? [];
    if (left === "") return line;
    return wrap(left, right.trimEnd(), columns);
  });
  return lines.join("\n");
}

/** How many positional words a command takes, what it needs, and how to give it. */
const OPERANDS: Readonly<
  Record<CommandEntry["operands"], { most: number; needs: string; example: string }>
> = {
  "": { most: 0, needs: "", example: "" },
  "<file>": { most: 1, needs: "a file", example: "demo" },
  "<...files>": { most: Infinity, needs: "a file", example: "demo" },
  "<...runs>": { most: Infinity, needs: "a stored run", example: "run.ndjson" },
  "<a> [b]": { most: 2, needs: "one or two runs", example: "before.ndjson after.ndjson" },
  "<seq> [file]": { most: 2, needs: "a message's number", example: "5 demo" },
};

function checkOperands({ name, operands }: CommandEntry, given: readonly string[]): void {
  const { most, needs, example } = OPERANDS[operands];
  if (needs !== "" && given.length === 0) {
    throw new UserError(`${name} needs ${needs}: write feedlab ${name} ${example}`);
  }
  if (given.length > most) {
    throw new UserError(
      `${name} does not know what to do with ${JSON.stringify(given[most])}: leave it out`,
    );
  }
}

/** The command that the first words name, and the words after them. */
async function findCommand(words: readonly string[]): Promise<{
  entry: CommandEntry;
  rest: readonly string[];
}> {
  const [first = "", second = ""] = words;
  const verbs = commands.filter(({ name }) => name.startsWith(`${first} `));
  const name = verbs.length > 0 ? `${first} ${second}` : first;
  const entry = commands.find((command) => command.name === name);
  if (entry !== undefined) return { entry, rest: words.slice(name.split(" ").length) };
  if (verbs.length > 0) return { entry: await scenarioVerb(verbs, second), rest: words.slice(1) };
  const known = [...new Set(commands.map((command) => command.name.split(" ")[0]!))];
  const what = first.startsWith("-") ? "option" : "command";
  throw new UserError(`no ${what} ${JSON.stringify(first)}${didYouMean(first, known)}`);
}

/** `scenario FILE` is `scenario run FILE`; a word that can be no file is a misspelt verb. */
async function scenarioVerb(verbs: readonly CommandEntry[], word: string): Promise<CommandEntry> {
  const known = verbs.map(({ name }) => name.slice("scenario ".length));
  if (word === "") {
    throw new UserError(`scenario needs a verb: write scenario ${known.join(", scenario ")}`);
  }
  if (/[-./\\]/.test(word)) return verbs[0]!;
  const { bundledNames } = await import("./scenario/files.ts");
  const bundled = bundledNames();
  if (bundled.includes(word)) return verbs[0]!;
  const near = nearest(word, [...known, ...bundled]);
  throw new UserError(
    `no command "scenario ${word}": ` +
      (near === undefined ? `have ${known.join(", ")}` : `did you mean "${near}"?`),
  );
}

/** Rewrites every value option as one word, `--name=` guard value, and refuses what is unknown. */
function guard(words: readonly string[], entry: CommandEntry, options: OptionMap): string[] {
  const out: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") return [...out, ...words.slice(i + 1).map((w) => GUARD + w)];
    if (!word.startsWith("-") || word === "-") {
      out.push(GUARD + word);
      continue;
    }
    const [flag = "", ...values] = word.split("=");
    const option = options[flag.slice(2)];
    if (!flag.startsWith("--") || option === undefined) {
      const near = nearest(
        flag,
        Object.keys(options).map((name) => `--${name}`),
      );
      throw new UserError(
        `${entry.name} has no option ${JSON.stringify(flag)}` +
          (near === undefined
            ? `: feedlab ${entry.name} --help shows them`
            : `: did you mean "${near}"?`),
      );
    }
    if (option.type === undefined) {
      if (values.length > 0)
        throw new UserError(
          `${flag} takes no value: leave out ${JSON.stringify(values.join("="))}`,
        );
      out.push(flag);
      continue;
    }
    const { alone } = option;
    // Of two words behind each other, the second is the value unless it is an option itself.
    const spare = alone !== undefined && (words[i + 1]?.startsWith("-") ?? true);
    const value = values.length > 0 ? values.join("=") : spare ? alone : words[++i];
    if (value === undefined) {
      throw new UserError(`${flag} needs a value: write ${flag} ${option.value}`);
    }
    out.push(`${flag}=${GUARD}${value}`);
  }
  return out;
}

function unguard(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unguard);
  return typeof value === "string" && value.startsWith(GUARD) ? value.slice(GUARD.length) : value;
}

/** By the options' own names: cac gives those with a dash another one, `end-of-session` endOfSession. */
function wordsOf(given: Readonly<Record<string, unknown>>, options: OptionMap): Words {
  return Object.fromEntries(
    Object.keys(options).map((name) => [name, unguard(given[inCamelCase(name)])]),
  ) as Words;
}

function inCamelCase(name: string): string {
  return name.replaceAll(/-(.)/g, (_dash, letter: string) => letter.toUpperCase());
}
