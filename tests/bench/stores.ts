/**
 * How fast stores are, and what a message takes: figures, not a test. The stores take turns, so that what
 * else the machine does meets all of them.
 *
 *     bun tests/bench/stores.ts [messages, 1M unless told otherwise]
 *     deno run -A tests/bench/stores.ts
 */
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createRng } from "../../modules/core/rng.ts";
import { parseCount } from "../../modules/core/units.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { type AnyStore, everyStore, RECORD } from "../support/store-conformance.ts";
import { blockOf } from "../support/block-of.ts";

const ROUNDS = 3;
const MESSAGE = new Uint8Array(36).fill(7);
/** Single messages that are read here and there, and what one request may bring. */
const SINGLES = 20_000;
const RANGE = 1000;

const messages = parseCount(process.argv[2] ?? "1M");

function perSecond(count: number, run: () => void): string {
  const start = performance.now();
  run();
  const rate = (count / (performance.now() - start)) * 1000;
  return `${(rate / 1e6).toFixed(3)}M/s`;
}

function sizeOf(path: string): number {
  const { size } = statSync(path);
  if (!statSync(path).isDirectory()) return size;
  return readdirSync(path).reduce((sum, name) => sum + statSync(join(path, name)).size, 0);
}

async function measure(definition: AnyStore, path: string): Promise<void> {
  const lasting = definition.open !== undefined;
  const options = definition.options.parse(lasting ? path : {});
  const deps = { record: RECORD, first: 1, retain: messages, existing: "continue" } as const;
  const store = await definition.create(options, deps);
  const append = perSecond(messages, () => {
    for (let seq = 1; seq <= messages; seq++) store.append(seq, blockOf(MESSAGE));
    store.flush();
  });
  const rng = createRng("stores");
  const read = (count: number): void => {
    const from = 1 + rng.below(messages - count);
    store.read({ from, until: from + count }, () => true);
  };
  const singles = perSecond(SINGLES, () => {
    for (let i = 0; i < SINGLES; i++) read(1);
  });
  const ranges = perSecond(messages, () => {
    for (let i = 0; i < messages / RANGE; i++) read(RANGE);
  });
  const bytes = store instanceof MemoryStore ? store.bytes : undefined;
  store.close();
  const each = ((bytes ?? sizeOf(path)) / messages).toFixed(1);
  process.stdout.write(
    `${definition.name.padEnd(7)} append ${append}, read one ${singles}, ` +
      `read ${RANGE} ${ranges}, ${each} bytes for a message of ${MESSAGE.length}\n`,
  );
}

const folder = mkdtempSync(join(tmpdir(), "feedlab-bench-"));
try {
  for (let round = 1; round <= ROUNDS; round++) {
    for (const definition of everyStore) {
      await measure(definition, join(folder, `${definition.name}-${round}`));
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
