import { test } from "node:test";
import { expectFound, expectNone } from "./expect.ts";
import { shipped, typescript } from "./repo.ts";
import { anys, bareImports, defaultExports, docs, enums, maps, widths } from "./style.ts";

test("no default exports", () => expectNone(defaultExports(typescript)));
test("no enums", () => expectNone(enums(typescript)));
test("no any", () => expectNone(anys(typescript)));
test("no import for its side effect", () => expectNone(bareImports(typescript)));
test("lines fit", () => expectNone(widths(typescript)));
test("every mod.ts opens with a paragraph", () => expectNone(maps(shipped)));
test("every export has a sentence", () => expectNone(docs(shipped)));

const A = "modules/core/a.ts";

test("default exports: found in every spelling, not when taken from others", () =>
  expectFound(
    defaultExports,
    {
      [A]: [
        "export default 1;",
        "export { a as default };",
        'export { default as b } from "b";',
        "// export default",
        "switch (c) { default: }",
      ].join("\n"),
    },
    [`${A}:1`, `${A}:2`],
  ));

test("enums: found, constant or not", () =>
  expectFound(
    enums,
    { [A]: 'enum A { B }\nexport const enum C { D }\nconst d = { enum: 1 };\n"enum E {";' },
    [`${A}:1`, `${A}:2`],
  ));

test("any: found as a type, not as a word, a call or a property", () =>
  expectFound(
    anys,
    {
      [A]: [
        "let a: any;",
        "b as any;",
        "const c: Map<string, any[]> = d;",
        "type E = (...args: any) => any;",
        "await Promise.any(f);",
        "any(g);",
        "const many = 1; // any",
      ].join("\n"),
    },
    [`${A}:1`, `${A}:2`, `${A}:3`, `${A}:4`, `${A}:4`],
  ));

test("bare imports: found", () =>
  expectFound(bareImports, { [A]: 'import { a } from "a";\nimport "./b.ts";\nimport("c");' }, [
    `${A}:2`,
  ]));

test("widths: 110 columns fit, 111 do not, and an emoji is not two", () =>
  expectFound(
    widths,
    { [A]: ["é".repeat(110), "😀".repeat(110), "a".repeat(111), "a".repeat(110)].join("\n") },
    [`${A}:3`],
  ));

test("maps: finds a mod.ts that opens with an import or a plain comment", () =>
  expectFound(
    maps,
    {
      "modules/mod.ts": "/** The library. */",
      "modules/codecs/mod.ts": 'import { a } from "./a.ts";',
      "modules/sources/mod.ts": "// sources",
      "modules/core/a.ts": "",
    },
    ["modules/codecs/mod.ts:1", "modules/sources/mod.ts:1"],
  ));

test("docs: finds an export without a sentence directly above", () =>
  expectFound(
    docs,
    {
      [A]: [
        'import { x } from "./x.ts";',
        "/** A. */",
        "export function a(): void {}",
        "export const b = 1;",
        "// no doc comment",
        "export class C {}",
        "/** Too far away. */",
        "",
        "export interface D {}",
        "/* no doc comment */",
        "export type E = 1;",
        "/** Ends here. */ const y = 1; /* other */",
        "export abstract class F {}",
        'export { g } from "./g.ts";',
        "const inner = 1;",
        "export async function* h() {}",
      ].join("\n"),
    },
    [4, 6, 9, 11, 13].map((line) => `${A}:${line}`).concat(`${A}:16`),
  ));

test("docs: one sentence serves a file's short types and constants, and overloads", () =>
  expectFound(
    docs,
    {
      [A]: [
        "/** Units. */",
        'import { x } from "./x.ts";',
        "export const a = 1;",
        "export type B = 1;",
        "export const c = {",
        "};",
        "export function d(): void {}",
        "/** E. */",
        "export function e(x: string): void;",
        "export function e(x: number): void;",
        "export function e(): void {}",
      ].join("\n"),
    },
    [`${A}:5`, `${A}:7`],
  ));
