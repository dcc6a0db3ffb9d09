import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { sqlite } from "../../modules/stores/sqlite.ts";
import { connect } from "../../modules/stores/sqlite/database.ts";
import { Bench, fill, refused } from "../support/store-conformance.ts";

function check(what: string, body: (bench: Bench, path: string) => Promise<void>): void {
  void test(what, async () => {
    const bench = new Bench(sqlite);
    try {
      await body(bench, bench.path());
    } finally {
      bench.clear();
    }
  });
}

const LEFT = "it was left alone: name another path";

check("a file that is no store is left alone", async (bench, path) => {
  const text = "Dear Sir, ".repeat(20);
  writeFileSync(path, text);
  const wrong = `Cannot open store "${path}": the file is no store of feedlab: ${LEFT}`;
  await refused(() => bench.create(path), wrong);
  await refused(() => bench.open(path), wrong);
  assertEquals(readFileSync(path, "utf8"), text);
});

check("nor is somebody else's SQLite file", async (bench, path) => {
  const other = await connect(path, "write", { readOnly: false });
  other.exec("CREATE TABLE letters (text)");
  other.close();
  const before = readFileSync(path);
  const wrong = `Cannot open store "${path}": the file is no store of feedlab: ${LEFT}`;
  await refused(() => bench.create(path), wrong);
  assertEquals(readFileSync(path), before);
});

check("a store of another version is read by its own feedlab", async (bench, path) => {
  const store = await bench.create(path);
  store.close();
  const file = await connect(path, "write", { readOnly: false });
  file.exec("PRAGMA user_version = 7");
  file.close();
  await refused(
    () => bench.open(path),
    `Cannot open store "${path}": it is of version 7, and this feedlab reads 1: ` +
      "read it with the feedlab that wrote it, or name another path",
  );
});

check("a file that is empty becomes a store", async (bench, path) => {
  writeFileSync(path, "");
  const store = await bench.create(path);
  fill(store, 1, 3);
  assertEquals(store.next, 3);
});

check("a folder that is not there is not made", async (bench) => {
  const path = join(bench.folder, "no", "feed.db");
  await refused(
    () => bench.create(path),
    `Cannot open store "${path}": there is no such folder: make it, or check the path`,
  );
  await refused(
    () => bench.create(bench.folder),
    `Cannot open store "${bench.folder}": it is a folder: name a file`,
  );
});

check("how long a message may wait is said by the store", async (bench, path) => {
  const options = sqlite.options.parse({ path, flush: "5ms" });
  const record = { protocol: { name: "demo", options: {} }, by: "a test" };
  const deps = { record, first: 1, retain: 10, existing: "continue" } as const;
  const store = await sqlite.create(options, deps);
  assertEquals(store.flushEvery, 5e6);
  store.close();
  assertEquals((await bench.create(path)).flushEvery, 0);
});
