import { test } from "node:test";
import { dry } from "./dry.ts";
import { expectFound, expectNone } from "./expect.ts";
import { shipped } from "./repo.ts";

test("dry folders have no clock, chance, runtime or console", () => expectNone(dry(shipped)));

for (const line of [
  'import { readFileSync } from "node:fs";',
  'const { dlopen } = await import("bun:ffi");',
  'import { udpSocket } from "bun";',
  "Bun.udpSocket({});",
  "Deno.args;",
  "process.exit(1);",
  "globalThis.process;",
  "const now = Date.now();",
  "let at: Date;",
  "performance.now();",
  "setTimeout(run, 1);",
  "setInterval(run, 1);",
  "queueMicrotask(run);",
  "Math.random();",
  "console.log(1);",
  "crypto.randomUUID();",
  "`at ${Date.now()}`;",
  "[...process.argv];",
]) {
  test(`dry: finds ${line}`, () =>
    expectFound(dry, { "modules/core/a.ts": `// a\n${line}` }, ["modules/core/a.ts:2"]));
}

test("dry: prose, strings, properties and longer words are no calls", () =>
  expectFound(
    dry,
    {
      "modules/protocol/a.ts": [
        "// the process of Date",
        "/** console.log is banned */",
        'const a = "Date.now()";',
        "const b = `process ${a} console`;",
        "this.process(c.performance);",
        "const processed: DateLike = d;",
        "e.match(/Date|process/);",
        "class F { #process = 1 }",
      ].join("\n"),
    },
    [],
  ));

test("dry: worlds, stores and commands are wet", () =>
  expectFound(
    dry,
    {
      "modules/worlds/live.ts": "setTimeout(run, 1);",
      "modules/stores/sqlite.ts": 'import { DatabaseSync } from "node:sqlite";',
      "modules/commands/serve.ts": "process.stdout;",
      "cli.ts": "process.argv;",
    },
    [],
  ));
