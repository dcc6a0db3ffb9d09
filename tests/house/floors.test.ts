import { test } from "node:test";
import { expectFound, expectNone } from "./expect.ts";
import { floors, registries } from "./floors.ts";
import { shipped } from "./repo.ts";

const imports = (...specifiers: string[]): string =>
  specifiers.map((specifier) => `import { x } from "${specifier}";`).join("\n");

test("imports point down only", () => expectNone(floors(shipped)));

test("only the scenario and the commands turn names into things", () =>
  expectNone(registries(shipped)));

test("floors: core knows nobody, not even a type", () =>
  expectFound(
    floors,
    { "modules/core/a.ts": 'import "./b.ts";\nimport type { X } from "../codecs/codec.ts";' },
    ["modules/core/a.ts:2"],
  ));

test("floors: a variant knows core, its own folder and the interfaces", () =>
  expectFound(
    floors,
    {
      "modules/sources/price.ts": imports(
        "../core/seq.ts",
        "./source.ts",
        "../codecs/codec.ts",
        "../codecs/demo.ts",
        "../protocol/tap.ts",
      ),
    },
    ["modules/sources/price.ts:4", "modules/sources/price.ts:5"],
  ));

test("floors: captures and messages know core alone, and no machine knows them", () =>
  expectFound(
    floors,
    {
      "modules/captures/reader.ts": imports("../core/seq.ts", "./pcap.ts", "../codecs/codec.ts"),
      "modules/messages/itch.ts": imports("../core/seq.ts", "../captures/reader.ts"),
      "modules/sources/pcap.ts": imports("../captures/reader.ts", "../messages/itch.ts"),
      "modules/nodes/capture.ts": imports("../captures/writer.ts", "../messages/message.ts"),
      "modules/protocol/tap.ts": imports("../captures/writer.ts", "../messages/message.ts"),
    },
    [
      "modules/captures/reader.ts:3",
      "modules/messages/itch.ts:2",
      "modules/protocol/tap.ts:1",
      "modules/protocol/tap.ts:2",
    ],
  ));

test("floors: a machine knows no concrete variant and no world", () =>
  expectFound(
    floors,
    {
      "modules/protocol/tap.ts": imports(
        "../impairments/impairment.ts",
        "./gaps.ts",
        "../impairments/drop.ts",
        "../worlds/world.ts",
      ),
    },
    ["modules/protocol/tap.ts:3", "modules/protocol/tap.ts:4"],
  ));

test("floors: a node knows the world as an interface", () =>
  expectFound(
    floors,
    {
      "modules/nodes/listener.ts": imports(
        "../protocol/gaps.ts",
        "../worlds/world.ts",
        "../worlds/live.ts",
        "../scenario/run.ts",
      ),
    },
    ["modules/nodes/listener.ts:3", "modules/nodes/listener.ts:4"],
  ));

test("floors: worlds and stores know core, stories know all but the shell", () =>
  expectFound(
    floors,
    {
      "modules/worlds/sim.ts": imports("../core/heap.ts", "../nodes/drive.ts"),
      "modules/stores/ring.ts": imports("../core/store.ts", "../worlds/world.ts"),
      "modules/scenario/run.ts": imports("../nodes/drive.ts", "../commands/scenario.ts"),
      "modules/commands/serve.ts": imports("../scenario/run.ts", "../mod.ts"),
    },
    [
      "modules/worlds/sim.ts:2",
      "modules/stores/ring.ts:2",
      "modules/scenario/run.ts:2",
      "modules/commands/serve.ts:2",
    ],
  ));

test("floors: cli.ts knows the commands alone, however it loads them", () =>
  expectFound(
    floors,
    {
      "cli.ts": `${imports("./modules/commands/mod.ts")}\nawait import("./modules/core/seq.ts");`,
      "modules/mod.ts": imports("./commands/mod.ts", "./core/seq.ts"),
    },
    ["cli.ts:2"],
  ));

test("floors: data has no floor", () =>
  expectFound(
    floors,
    { "modules/commands/demo.ts": 'new URL("../../scenarios/demo.yaml", import.meta.url);' },
    [],
  ));

test("floors: a new folder needs a floor", () =>
  expectFound(floors, { "modules/helpers/a.ts": imports("../core/seq.ts") }, [
    "modules/helpers/a.ts:1",
  ]));

test("registries: not even the own folder imports its registry", () =>
  expectFound(
    registries,
    {
      "modules/codecs/demo.ts": imports("./mod.ts"),
      "modules/nodes/relay.ts": imports("../impairments/mod.ts"),
      "modules/scenario/plan.ts": imports("../impairments/mod.ts"),
      "modules/commands/codecs.ts": imports("../codecs/mod.ts"),
      "modules/mod.ts": imports("./codecs/mod.ts"),
    },
    ["modules/codecs/demo.ts:1", "modules/nodes/relay.ts:1"],
  ));
