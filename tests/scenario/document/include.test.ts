import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { UserError } from "../../../modules/core/errors.ts";
import type { ReadBase } from "../../../modules/scenario/document/mod.ts";
import { loadScenario } from "../../../modules/scenario/load.ts";
import { planScenario } from "../../../modules/scenario/plan.ts";

const scenario = (trace: string): string =>
  `feedlab: 1\nname: t\nfeed: { messages: 12 }\nlines: { A: { group: 239.192.1.1:6000 } }
recovery: { listen: 127.0.0.1:7000 }\nimpair:\n  - drop: { trace: ${trace} }\n`;

const read: ReadBase = (name, from) => {
  if (name !== "fates.txt") throw new UserError(`cannot read "${name}": there is no such file`);
  return { file: name, text: from === "t.yaml" ? "0 0 1 0\n0 0 0 1\n" : "" };
};

test("a trace that is no noughts and ones is the name of a file that holds them", () => {
  const { scenario: loaded, bases } = loadScenario(scenario("fates.txt"), "t.yaml", {}, read);
  assertEquals(planScenario(loaded!, "1")[0].rules[0]?.dropped, [
    { from: 3, until: 4 },
    { from: 8, until: 9 },
    { from: 11, until: 12 },
  ]);
  // What was read is kept, so that a stored run can be judged again.
  assertEquals(bases, [
    { from: "t.yaml", name: "fates.txt", file: "fates.txt", text: "0 0 1 0\n0 0 0 1\n" },
  ]);
});

test("a file that cannot be read is one mistake, at its name", () => {
  const { problems } = loadScenario(scenario("fate.txt"), "t.yaml", {}, read);
  assertEquals(
    problems.map(({ line, column, path, message }) => [line, column, path, message]),
    [[7, 20, "impair[0].drop.trace", 'cannot read "fate.txt": there is no such file']],
  );
  assertEquals(
    loadScenario(scenario("fates.txt"), "t.yaml").problems.map(({ message }) => message),
    ["no file can be read from here: write out what it says"],
  );
});

test("noughts and ones name no file", () => {
  const { scenario: loaded, bases } = loadScenario(scenario('"0001"'), "t.yaml", {}, read);
  assertEquals(bases, []);
  assertEquals(planScenario(loaded!, "1")[0].rules[0]?.hits, 3);
});
