/**
 * One store by itself: how fast it takes and gives messages, and what a message costs.
 *
 *     stores.ts STORE MESSAGES PATH
 *
 * PATH is where one that lasts keeps its messages; nothing is there before. Prints JSON.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { everyStore, RECORD } from "../support/store-conformance.ts";
import { MESSAGE_BYTES } from "./feed.ts";

/** What one request may bring. */
const RANGE = 1000;

const [name, many, path = ""] = process.argv.slice(2);
const messages = Number(many);
const definition = everyStore.find((store) => store.name === name)!;
const message = new Uint8Array(MESSAGE_BYTES).fill(7);
const block = { bytes: message, count: 1, bounds: Int32Array.of(0, MESSAGE_BYTES) };
const numbers = new DataView(message.buffer);

const { Bun: bun } = globalThis as unknown as { Bun: { gc(wait: boolean): void } };
const lasting = definition.open !== undefined;
const deps = { record: RECORD, first: 1, retain: messages, existing: "continue" } as const;
const store = await definition.create(definition.options.parse(lasting ? path : {}), deps);
// What is compiled and loaded by then is no cost of a message.
store.append(1, block);
store.flush();
bun.gc(true);
const before = process.memoryUsage().rss;
const append = perSecond(messages - 1, () => {
  for (let seq = 2; seq <= messages; seq++) {
    numbers.setUint32(0, seq);
    store.append(seq, block);
  }
  store.flush();
});
bun.gc(true);
const memory = (process.memoryUsage().rss - before) / messages;
let [came, sum] = [0, 0];
const read = perSecond(messages, () => {
  for (let from = 1; from <= messages; from += RANGE) {
    const until = Math.min(from + RANGE, messages + 1);
    store.read({ from, until }, (seq, bytes) => {
      came++;
      const said = (bytes[0]! << 24) | (bytes[1]! << 16) | (bytes[2]! << 8) | bytes[3]!;
      // The first was kept before it had a number.
      if (said === seq || seq === 1) sum += bytes[MESSAGE_BYTES - 1]!;
      return true;
    });
  }
});
store.close();
if (came !== messages || sum !== 7 * messages) {
  console.log(`wrong: ${came} of ${messages} messages came, and their sum is ${sum}`);
  process.exit(1);
}
const disk = lasting ? sizeOf(path) / messages : 0;
console.log(JSON.stringify({ append, read, memory, disk }));

function perSecond(count: number, run: () => void): number {
  const start = performance.now();
  run();
  return (count / (performance.now() - start)) * 1000;
}

function sizeOf(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}
