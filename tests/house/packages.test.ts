import { test } from "node:test";
import { expectFound, expectNone } from "./expect.ts";
import { lazyYaml, oneColour, packages } from "./packages.ts";
import { files, shipped, typescript } from "./repo.ts";

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

const manifest = files.find(({ path }) => path === "package.json")!;

/** What may be imported by name: what package.json names, the library itself, and the runtime. */
const known: readonly string[] = [
  ...Object.keys((JSON.parse(manifest.text) as Manifest).devDependencies),
  "bun",
  "feedlab",
];

test("packages stay in their place", () => expectNone(packages(typescript, known)));

test("kleur is imported in one file", () => expectNone(oneColour(shipped)));

test("cli.ts does not load yaml at start-up", () => expectNone(lazyYaml(shipped)));

test("packages: finds what is out of place or unknown", () =>
  expectFound(
    (sample) => packages(sample, ["yaml", "cac", "zod", "@std/assert", "fast-check"]),
    {
      "cli.ts": 'import { cac } from "cac";',
      "modules/scenario/load.ts": 'import { parse } from "yaml";',
      "modules/commands/scenario.ts": 'import { parse } from "yaml";\nimport { cac } from "cac";',
      "modules/core/options.ts":
        'import * as z from "zod/mini";\nimport { cac } from "cac";\nimport { join } from "path";',
      "modules/core/check.ts": 'import { assert } from "@std/assert/equals";\nimport "node:fs";',
      "tests/core/a.test.ts": 'import { assert } from "@std/assert";\nimport fc from "fast-check";',
    },
    [
      "modules/commands/scenario.ts:1",
      "modules/core/options.ts:2",
      "modules/core/options.ts:3",
      "modules/core/check.ts:1",
    ],
  ));

test("kleur: two files are one too many", () => {
  const colour = 'import kleur from "kleur";';
  expectFound(oneColour, { "modules/a.ts": colour, "modules/b.ts": `\n${colour}` }, [
    "modules/a.ts:1",
    "modules/b.ts:2",
  ]);
  expectFound(oneColour, { "modules/a.ts": colour, "modules/b.ts": "// kleur" }, []);
});

test("yaml: found at start-up through any number of files, not behind import()", () => {
  const sample = {
    "cli.ts": 'import { run } from "./modules/commands/scenario.ts";',
    "modules/scenario/load.ts": '\nimport { parse } from "yaml";',
  };
  const eager = 'import { load } from "../scenario/load.ts";';
  const lazy = 'import type { Load } from "../scenario/load.ts";\nimport("../scenario/load.ts");';
  expectFound(lazyYaml, { ...sample, "modules/commands/scenario.ts": eager }, [
    "modules/scenario/load.ts:2",
  ]);
  expectFound(lazyYaml, { ...sample, "modules/commands/scenario.ts": lazy }, []);
});
