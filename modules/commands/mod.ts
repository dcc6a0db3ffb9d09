/**
 * The commands, by name. Each is loaded when it is called, so that `--version` and `--help` do not
 * wait for what a run needs.
 */
import type { Command } from "./command.ts";

/** A command in the list: what the overview shows, and how to get the rest. */
export interface CommandEntry {
  /** `serve`, or `scenario run`. */
  readonly name: string;
  /** Its positional words: `<file>` is one, `[file]` one or none, `<...files>` one or more. */
  readonly operands: "" | "<file>" | "<...files>" | "<...runs>" | "<seq> [file]" | "<a> [b]";
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every command. A new one is a file and an entry here. */
export const commands: readonly CommandEntry[] = [
  {
    name: "serve",
    operands: "",
    summary: "publish a sequenced feed over UDP multicast, and lose some of it",
    load: async () => (await import("./serve.ts")).serve,
  },
  {
    name: "listen",
    operands: "",
    summary: "follow a feed, see its gaps, and have them filled",
    load: async () => (await import("./listen.ts")).listen,
  },
  {
    name: "recover",
    operands: "",
    summary: "answer requests for lost messages",
    load: async () => (await import("./recover.ts")).recover,
  },
  {
    name: "scenario run",
    operands: "<...files>",
    summary: "run scenarios: files, or the names of bundled ones",
    load: async () => (await import("./scenario/run.ts")).scenarioRun,
  },
  {
    name: "scenario check",
    operands: "<...files>",
    summary: "find every mistake in scenario files; nothing is sent",
    load: async () => (await import("./scenario/check.ts")).scenarioCheck,
  },
  {
    name: "scenario plan",
    operands: "<file>",
    summary: "show what a scenario will hit, before anything is sent",
    load: async () => (await import("./scenario/plan.ts")).scenarioPlan,
  },
  {
    name: "scenario why",
    operands: "<seq> [file]",
    summary: "tell the life of one message",
    load: async () => (await import("./scenario/why.ts")).scenarioWhy,
  },
  {
    name: "scenario report",
    operands: "<...runs>",
    summary: "show stored runs again, in any form",
    load: async () => (await import("./scenario/report.ts")).scenarioReport,
  },
  {
    name: "scenario explore",
    operands: "<file>",
    summary: "run a scenario with many seeds, and make the first that fails smaller",
    load: async () => (await import("./scenario/explore.ts")).scenarioExplore,
  },
  {
    name: "scenario compare",
    operands: "<a> [b]",
    summary: "tell what differs between two runs, stored ones or scenarios, or the handlers of one",
    load: async () => (await import("./scenario/compare.ts")).scenarioCompare,
  },
  {
    name: "scenario schema",
    operands: "",
    summary: "print the JSON schema of scenario files, for editors",
    load: async () => (await import("./scenario/schema.ts")).scenarioSchema,
  },
  {
    name: "scenario list",
    operands: "",
    summary: "list the scenarios that come with feedlab",
    load: async () => (await import("./scenario/list.ts")).scenarioList,
  },
];
