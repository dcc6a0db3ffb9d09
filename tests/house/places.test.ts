import { test } from "node:test";
import { expectFound, expectNone } from "./expect.ts";
import { places } from "./places.ts";
import { files } from "./repo.ts";

test("no file names a machine's folder or registry", () => expectNone(places(files)));

/** Samples are put together here, as this file is looked at too. */
const below = (folder: string): string => ["", folder, "x"].join("/");

for (const text of [
  `cd ${below("work")}`,
  `"${below("tmp")}"`,
  `(${below("home")})`,
  `file://${below("root")}`,
  `=${below("Users")}`,
  ["https:", "", "registry.example.org", "feedlab"].join("/"),
  ["https:", "", "npm.nexus.example.org"].join("/"),
  ["registry", "npmjs", "org"].join("."),
  ["npm", "jsr", "io"].join("."),
]) {
  test(`places: finds ${text}`, () =>
    expectFound(places, { "README.md": `first\n${text}` }, ["README.md:2"]));
}

test("places: relative paths, other addresses and lock files are fine", () =>
  expectFound(
    places,
    {
      "README.md": [
        `https://example.org${below("home")}`,
        `..${below("tmp")} tests${below("work")} \${dir}${below("tmp")}`,
        "registry.find((entry) => entry.name)",
        "http://127.0.0.1:9",
        "/usr/bin/env",
      ].join("\n"),
      "bun.lock": below("tmp"),
    },
    [],
  ));
