/** A recovery server that is killed again and again: nothing is lost, doubled, or changed by it. */
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { soak, type SoakOptions } from "../support/soak.ts";

/** Another seed loses other messages, and kills at other times. */
const SEED = process.env["SOAK_SEED"] ?? "soak";

const noSqlite = await import("node:sqlite").then(
  () => false,
  () => "this runtime has no node:sqlite: the store that survives a kill needs it",
);

const protocols: readonly SoakOptions["recovery"][] = ["soupbintcp", "moldudp64"];

for (const recovery of protocols) {
  void test(
    `${recovery}: a server killed over its store, again and again: all messages once, in order, intact`,
    { skip: noSqlite, timeout: 60_000 },
    async () => {
      const figures = await soak({
        recovery,
        store: "sqlite",
        rate: 1000,
        seconds: 5,
        seed: SEED,
        lifeMs: 400,
      });
      const { published, delivered, lost, wrong, kills, gaps, filledByRecovery, missing } = figures;
      const told = `seed ${SEED}: ${JSON.stringify(figures)}`;
      assertEquals(wrong, undefined, told);
      assertEquals({ delivered, lost }, { delivered: published, lost: 0 }, told);
      // Else it has shown nothing.
      assert(gaps > 0 && kills > 0, told);
      assertEquals(filledByRecovery, missing, told);
    },
  );
}
