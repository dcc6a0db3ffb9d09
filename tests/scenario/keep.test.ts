import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../modules/core/errors.ts";
import { inMemory, openKept, openStore, wrongStart } from "../../modules/scenario/keep.ts";
import { loadScenario } from "../../modules/scenario/load.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { stores } from "../../modules/stores/mod.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { readAll } from "../support/store-conformance.ts";

const lasting = stores.filter((store) => store.open !== undefined);

for (const definition of lasting) {
  const { name } = definition;
  void test(`a scenario keeps its feed in ${name}, anew each time`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "feedlab-keep-"));
    const path = join(folder, "feed");
    try {
      const { scenario, problems } = loadScenario(
        `
feedlab: 1
name: kept
feed: { messages: 50, rate: 1k/s, first: 10 }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [{ drop: { every: 7 } }]
recovery: { listen: 127.0.0.1:7000, store: { ${name}: ${JSON.stringify(path)} } }
`,
        "kept.yaml",
      );
      assertEquals(problems, []);
      for (const _ of [1, 2]) {
        const [run] = await runScenario(scenario!, new SimWorld(), { seed: "7" });
        assertEquals([run.delivered, run.next], [50, 60]);
      }
      const choice = { definition, options: definition.options.parse(path), rest: {} };
      const kept = await openKept(choice);
      assertEquals([kept.record.by, kept.record.protocol.name], ["scenario kept", "demo"]);
      assertEquals(
        readAll(kept, 0, 100),
        Array.from({ length: 50 }, (_, i) => [10 + i, `PRICE:${110 + i}`]),
      );
      kept.close();
      const [{ feed }] = scenario!.feeds;
      const error = await assertRejects(
        () => openStore(choice, feed, { by: "serve", existing: "continue" }),
        UserError,
      );
      assert(error.message.includes("it holds what scenario kept published"), error.message);
      const store = await openStore(choice, feed, { by: "scenario kept", existing: "continue" });
      const { found } = store;
      assertEquals(wrongStart(found!, feed, undefined), undefined);
      assertEquals(wrongStart(found!, feed, 60), undefined);
      assertEquals(
        wrongStart(found!, feed, 10),
        "it goes on with SEQ:60, not with SEQ:10: leave --first out, or name another path",
      );
      store.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    assert(!existsSync(path));
  });
}

test("nobody else sees what is in memory", async () => {
  const error = await assertRejects(async () => openKept(inMemory), UserError);
  assertEquals(error.message, "the memory store is seen by no other process: take sqlite or file");
});
