/**
 * A process that publishes into a store until it is killed: `store-writer.ts <store> <path> <seed>`. It
 * prints which flush it was and what is `next`: up to there everything must survive it.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { createRng } from "../../modules/core/rng.ts";
import { everyStore, messageOf, RECORD } from "./store-conformance.ts";
import { blockOf } from "./block-of.ts";

/** As many as a test can look at; then it waits to be killed, but not for ever. */
const MESSAGES_MAX = 100_000;
const WAIT_MS = 30_000;

const [name, path, seed] = process.argv.slice(2) as [string, string, string];
const definition = everyStore.find((store) => store.name === name)!;
const store = await definition.create(definition.options.parse(path), {
  record: RECORD,
  first: 1,
  retain: 1e9,
  existing: "continue",
});
const rng = createRng(seed);
if (store.found === undefined) store.begin({ name: "KILLED", from: 1, first: 1 });
const until = store.next + MESSAGES_MAX;
for (let flushes = 1; store.next < until; flushes++) {
  for (let left = 1 + rng.below(1500); left > 0; left--) {
    store.append(store.next, blockOf(messageOf(store.next)));
  }
  store.flush();
  writeSync(1, `${flushes} ${store.next}\n`);
}
Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
store.close();
