import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { codeOf, importsOf, resolve } from "./source.ts";

/** Spaces stand for what was blanked; a run of them is shown as one. */
function squeezed(text: string): string {
  return codeOf(text).replace(/ +/g, " ").trim();
}

test("comments are blank and strings keep their quotes only", () => {
  assertEquals(
    squeezed("a; // Date\n/* Date\n */ b(\"Date\", 'Date');"),
    "a; \n \n b(\" \", ' ');",
  );
  assertEquals(squeezed(String.raw`a("\"Date", '\\', b)`), "a(\" \", ' ', b)");
  assertEquals(squeezed("#!/usr/bin/env Date\na"), "a");
});

test("the code inside a template is code, its text is not", () => {
  assertEquals(
    squeezed("`Date ${a + `Date ${b({})} ${c}`} $Date`; d"),
    "` ${a + ` ${b({})} ${c}`} `; d",
  );
  assertEquals(squeezed("`\\`Date\\${`; Date"), "` `; Date");
});

test("a pattern is not code, a division is", () => {
  assertEquals(squeezed("x.replace(/[/\"'`]Date/g, y)"), "x.replace(/ g, y)");
  assertEquals(squeezed("a / b / Date"), "a / b / Date");
  assertEquals(
    squeezed("(a) / b / Date; c[0] / 2 / Date; i++ / 2 / Date"),
    "(a) / b / Date; c[0] / 2 / Date; i++ / 2 / Date",
  );
  assertEquals(squeezed("return /'/.test(Date)"), "return / /.test(Date)");
});

test("positions stay", () => {
  const text = "/* é\n😀 */ const a = `x${'y'}\nz`; // end\n";
  assertEquals(codeOf(text).length, text.length);
  assertEquals(codeOf(text).split("\n").length, text.split("\n").length);
});

test("every way to import is seen, with its line", () => {
  const text = [
    'import { a } from "./a.ts";',
    'import type { importer } from "./b.ts";',
    'import "./c.ts";',
    "export * from './d.ts';",
    'const e = await import("./e.ts");',
    'new Worker(new URL("./f.ts", import.meta.url));',
    'import {\n  h,\n} from "h";',
    '// import "./no.ts"',
    'const text = `import "./no.ts" ${await import("./i.ts")}`;',
    'Array.from("no");',
  ].join("\n");
  assertEquals(
    importsOf({ path: "x.ts", text }).map(({ specifier, kind, line }) => [specifier, kind, line]),
    [
      ["./a.ts", "static", 1],
      ["./b.ts", "type", 2],
      ["./c.ts", "bare", 3],
      ["./d.ts", "static", 4],
      ["./e.ts", "dynamic", 5],
      ["./f.ts", "url", 6],
      ["h", "static", 9],
      ["./i.ts", "dynamic", 11],
    ],
  );
});

test("a specifier is resolved from the file that holds it", () => {
  assertEquals(resolve("modules/a/b.ts", "../core/seq.ts"), "modules/core/seq.ts");
  assertEquals(resolve("cli.ts", "./modules/commands/mod.ts"), "modules/commands/mod.ts");
  assertEquals(resolve("cli.ts", "cac"), undefined);
});
