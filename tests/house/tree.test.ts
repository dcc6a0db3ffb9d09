import { test } from "node:test";
import { expectFound, expectNone } from "./expect.ts";
import { files, shipped } from "./repo.ts";
import { mirrors, names, orphans } from "./tree.ts";

test("every module is reached from the command line or the library", () =>
  expectNone(orphans(shipped)));

test("every test stands where its module stands", () => expectNone(mirrors(files)));

test("folders and files are called in kebab-case", () => expectNone(names(files)));

test("orphans: finds a file that nobody loads, and a circle that nobody enters", () =>
  expectFound(
    orphans,
    {
      "cli.ts": 'import { a } from "./modules/commands/a.ts";',
      "modules/mod.ts": 'export type { B } from "./core/b.ts";',
      "modules/commands/a.ts": 'await import("../core/lazy.ts");',
      "modules/core/b.ts": 'new URL("./worker.ts", import.meta.url);',
      "modules/core/lazy.ts": "",
      "modules/core/worker.ts": "",
      "modules/core/alone.ts": "",
      "modules/core/round.ts": 'import { x } from "./about.ts";',
      "modules/core/about.ts": 'import { x } from "./round.ts";',
    },
    ["modules/core/alone.ts:1", "modules/core/round.ts:1", "modules/core/about.ts:1"],
  ));

test("orphans: a missing root reaches nobody", () =>
  expectFound(orphans, { "modules/core/seq.ts": "" }, ["modules/core/seq.ts:1"]));

test("mirrors: finds a test without its module", () =>
  expectFound(
    mirrors,
    {
      "modules/core/seq.ts": "",
      "tests/core/seq.test.ts": "",
      "tests/core/sequence.test.ts": "",
      "tests/core/samples.ts": "",
      "tests/live/ports.test.ts": "",
      "tests/golden/golden.test.ts": "",
      "tests/others/a.test.ts": "",
    },
    ["tests/core/sequence.test.ts:1", "tests/others/a.test.ts:1"],
  ));

test("names: finds capitals and underscores", () =>
  expectFound(
    names,
    {
      "modules/core/seq.ts": "",
      "modules/worlds/linux-gso.ts": "",
      "tests/core/seq.test.ts": "",
      "README.md": "",
      "modules/core/seqRange.ts": "",
      "modules/core/seq_range.ts": "",
      "modules/Core/seq.ts": "",
      "scenarios/My Demo.yaml": "",
    },
    [
      "modules/core/seqRange.ts:1",
      "modules/core/seq_range.ts:1",
      "modules/Core/seq.ts:1",
      "scenarios/My Demo.yaml:1",
    ],
  ));
