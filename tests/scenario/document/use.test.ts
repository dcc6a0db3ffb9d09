import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { UserError } from "../../../modules/core/errors.ts";
import { type ReadBase, readingFrom } from "../../../modules/scenario/document/mod.ts";
import { type Loaded, loadScenario } from "../../../modules/scenario/load.ts";

const BASE = `feedlab: 1
name: base
vars: { loss: 1%, burst: 3 }
feed: { messages: 22, rate: 100/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - drop: { every: 5 }
`;

/** Files that lie beside each other. */
function files(texts: Readonly<Record<string, string>>): ReadBase {
  return (name) => {
    const text = texts[name];
    if (text === undefined) throw new UserError(`cannot read "${name}": there is no such file`);
    return { file: name, text };
  };
}

function load(text: string, texts: Readonly<Record<string, string>>): Loaded {
  return loadScenario(text, "own.yaml", {}, files(texts));
}

function told({ problems }: Loaded): string[] {
  return problems.map(
    ({ file, line, column, path, message }) =>
      `${file}:${line}:${column} ${path}${path === "" ? "" : ": "}${message}`,
  );
}

test("its own keys win, maps are merged, and lists replace", () => {
  const own = `use: base.yaml
name: own
vars: { loss: 2% }
lines: { A: { skew: 1ms }, B: { group: 239.192.1.2:6000 } }
impair: [{ drop: { chance: "\${loss}" } }, { delay: { by: "\${burst}ms" } }]
`;
  const { scenario, problems, bases } = load(own, { "base.yaml": BASE });
  assertEquals(problems, []);
  assertEquals([scenario!.name, scenario!.feeds[0].feed.messages], ["own", 22]);
  assertEquals(
    scenario!.feeds[0].lines.map(({ name, skew, group }) => [name, skew, group.host]),
    [
      ["A", { from: 1e6, until: 1e6 }, "239.192.1.1"],
      ["B", { from: 0, until: 0 }, "239.192.1.2"],
    ],
  );
  assertEquals(
    scenario!.feeds[0].rules.map(({ name }) => name),
    ["drop chance 2%", "delay 3ms"],
  );
  assertEquals(bases, [{ from: "own.yaml", name: "base.yaml", file: "base.yaml", text: BASE }]);
  // What was read is enough to read it again.
  const again = loadScenario(own, "own.yaml", {}, readingFrom(bases));
  assertEquals(again.scenario!.feeds[0].rules.length, 2);
});

test("a base may use another one", () => {
  const { scenario, bases } = load("use: middle.yaml\nname: own\n", {
    "middle.yaml": "use: base.yaml\nfeed: { messages: 7 }\n",
    "base.yaml": BASE,
  });
  assertEquals([scenario!.name, scenario!.feeds[0].feed.messages], ["own", 7]);
  assertEquals(
    bases.map(({ from, file }) => `${from} > ${file}`),
    ["own.yaml > middle.yaml", "middle.yaml > base.yaml"],
  );
});

test("problems point into the file that they are in", () => {
  const wrong = BASE.replace("messages: 22", "mesages: 22").replace("every: 5", "every: 500");
  assertEquals(told(load("use: base.yaml\nname: [own]\n", { "base.yaml": wrong })), [
    "own.yaml:2:7 name: expected text, got a list",
    'base.yaml:4:9 feed: unknown key "mesages"',
  ]);
  const silent = BASE.replace("every: 5", "seq: 500");
  const { scenario, problems } = load("use: base.yaml\nexpect: [delivered == 100%]\n", {
    "base.yaml": silent,
  });
  assertEquals(
    problems.map(({ file, line, message }) => [file, line, message]),
    [["base.yaml", 7, 'rule "drop seq 500" never fires: the feed ends at 22']],
  );
  // A report marks places in the scenario's own file alone.
  assertEquals(Object.keys(scenario!.places), ["delivered == 100%"]);
});

test("what cannot be used is one clear error", () => {
  assertEquals(told(load("use: gone.yaml\n", {})), [
    'own.yaml:1:6 use: cannot read "gone.yaml": there is no such file',
  ]);
  assertEquals(told(loadScenario("use: base.yaml\n", "own.yaml")), [
    "own.yaml:1:6 use: no file can be read from here: write out what it says",
  ]);
  assertEquals(told(load("use: own.yaml\n", { "own.yaml": "use: own.yaml\n" })), [
    "own.yaml:1:6 use: own.yaml uses own.yaml: remove one of them",
  ]);
  assertEquals(
    told(load("use: a.yaml\n", { "a.yaml": "use: b.yaml\n", "b.yaml": "use: a.yaml\n" })),
    ["b.yaml:1:6 use: a.yaml uses b.yaml uses a.yaml: remove one of them"],
  );
  assertEquals(told(load("use: a.yaml\n", { "a.yaml": "- feed\n" })), [
    "a.yaml:1:1 the file is not a map: write keys and values, such as `feed: ...`",
    'own.yaml:1:6 use: "a.yaml" cannot be read: mend it first',
  ]);
  const deep = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [`${i}.yaml`, `use: ${i + 1}.yaml\n`]),
  );
  assertEquals(told(load("use: 0.yaml\n", deep)), [
    "7.yaml:1:6 use: more than 8 files below one another: write some of them out",
  ]);
});
