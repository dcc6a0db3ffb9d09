/** What holds of every store, as one body: it is run over the registry. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { UserError } from "../../modules/core/errors.ts";
import type { Seq } from "../../modules/core/seq.ts";
import type { FeedRecord, FeedStore, KeptFeed, MessageReader } from "../../modules/core/store.ts";
import { stores } from "../../modules/stores/mod.ts";
import type { StoreDefinition, StoreDeps } from "../../modules/stores/store.ts";
import { blockOf } from "./block-of.ts";

/** A store of the registry, whatever its options are. */
export type AnyStore = StoreDefinition<unknown>;

/** Every store of the registry. */
export const everyStore = stores as readonly unknown[] as readonly AnyStore[];

/** Those that another process can read. */
export const lastingStores: readonly AnyStore[] = everyStore.filter(
  ({ open }) => open !== undefined,
);

/** What a test's feed is. */
export const RECORD: FeedRecord = { protocol: { name: "demo", options: {} }, by: "a test" };

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** The message with a number: a length of its own, and bytes that tell it from all others. */
export function messageOf(seq: Seq): Uint8Array {
  return utf8.encode(`m${seq}.`.repeat(1 + (seq % 5)));
}

/** The messages of a range, as a reader gave them. */
export function readAll(store: MessageReader, from: Seq, until: Seq): [Seq, string][] {
  const messages: [Seq, string][] = [];
  store.read({ from, until }, (seq, message) => {
    messages.push([seq, text.decode(message)]);
    return true;
  });
  return messages;
}

/** What should have been read. */
export function expected(from: Seq, until: Seq): [Seq, string][] {
  return Array.from({ length: Math.max(0, until - from) }, (_, i) => [
    from + i,
    text.decode(messageOf(from + i)),
  ]);
}

/** Appends [from, until). */
export function fill(store: FeedStore, from: Seq, until: Seq): void {
  for (let seq = from; seq < until; seq++) store.append(seq, blockOf(messageOf(seq)));
}

/** Places for stores, and the stores there, until the test is over. */
export class Bench {
  readonly folder: string = mkdtempSync(join(tmpdir(), "feedlab-store-"));
  #definition: AnyStore;
  #opened: { close(): void }[] = [];
  #count = 0;

  constructor(definition: AnyStore) {
    this.#definition = definition;
  }

  /** A path where nothing is. */
  path(): string {
    return join(this.folder, `store-${this.#count++}`);
  }

  /** The options that name a path, as a scenario has them. */
  options(path: string): unknown {
    const lasting = this.#definition.open !== undefined;
    return this.#definition.options.parse(lasting ? path : {});
  }

  async create(path: string, deps: Partial<StoreDeps> = {}): Promise<FeedStore> {
    const all = { record: RECORD, first: 1, retain: 1_000_000, existing: "continue", ...deps };
    const store = await this.#definition.create(this.options(path), all as StoreDeps);
    this.#opened.push(store);
    return store;
  }

  async open(path: string): Promise<KeptFeed> {
    const store = await this.#definition.open!(this.options(path));
    this.#opened.push(store);
    return store;
  }

  clear(): void {
    for (const store of this.#opened) store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function check(definition: AnyStore, what: string, body: (bench: Bench) => Promise<void>): void {
  void test(`${definition.name}: ${what}`, async () => {
    const bench = new Bench(definition);
    try {
      await body(bench);
    } finally {
      bench.clear();
    }
  });
}

/** Enough for several batches and pieces of a read. */
const MANY = 5000;

/** What holds of all. */
export function conforms(definition: AnyStore): void {
  check(definition, "what was appended is read at once, in order", async (bench) => {
    const store = await bench.create(bench.path());
    assertEquals([store.first, store.next, store.found], [1, 1, undefined]);
    assertEquals(readAll(store, 0, 10), []);
    for (let seq = 1; seq <= 20; seq++) {
      store.append(seq, blockOf(messageOf(seq)));
      assertEquals(readAll(store, 1, 100), expected(1, seq + 1));
    }
    fill(store, 21, MANY);
    assertEquals([store.first, store.next], [1, MANY]);
    assertEquals(readAll(store, 0, Infinity), expected(1, MANY));
  });

  check(definition, "of a range only what is there is read", async (bench) => {
    const store = await bench.create(bench.path(), { first: 5 });
    fill(store, 5, MANY);
    for (const [from, until] of [
      [0, 6],
      [MANY - 1, MANY + 1000],
      [1020, 1030],
      [2047, 2049],
      [63, 129],
    ] as const) {
      assertEquals(readAll(store, from, until), expected(Math.max(5, from), Math.min(MANY, until)));
    }
    for (const [from, until] of [
      [0, 5],
      [MANY, MANY + 1],
      [7, 7],
      [8, 7],
    ] as const) {
      assertEquals(readAll(store, from, until), []);
    }
  });

  check(definition, "numbers follow each other without a hole", async (bench) => {
    const store = await bench.create(bench.path());
    fill(store, 1, 3);
    for (const seq of [2, 4]) {
      const wrong = `feedlab broke its own rule: message ${seq} stored where 3 comes next`;
      assertThrows(() => store.append(seq, blockOf(new Uint8Array())), Error, wrong);
    }
    fill(store, 3, 5);
    assertEquals(readAll(store, 1, 5), expected(1, 5));
  });

  check(definition, "a reader stops when it has had enough", async (bench) => {
    const store = await bench.create(bench.path());
    fill(store, 1, MANY);
    for (const last of [5, 1500, MANY - 1]) {
      const seen: Seq[] = [];
      store.read({ from: 3, until: MANY }, (seq) => {
        seen.push(seq);
        return seq < last;
      });
      assertEquals([seen.length, seen[0], seen.at(-1)], [last - 2, 3, last]);
    }
  });

  check(definition, "messages are copied in, even empty and long ones", async (bench) => {
    const store = await bench.create(bench.path());
    const long = new Uint8Array(70_000).map((_, i) => i % 251);
    const buffer = utf8.encode("..inner..");
    store.append(1, blockOf(buffer.subarray(2, 7)));
    store.append(2, blockOf(new Uint8Array()));
    store.append(3, blockOf(long));
    buffer.fill(0xdd);
    const found: Uint8Array[] = [];
    store.flush();
    store.read({ from: 1, until: 4 }, (_seq, message) => found.push(message.slice()) > 0);
    assertEquals(found, [utf8.encode("inner"), new Uint8Array(), long]);
  });

  check(definition, "the newest are retained, and exactly those", async (bench) => {
    for (const [retain, count] of [
      [4, 10],
      [1000, 4000],
      [5000, 30_000],
      [0, 10],
    ] as const) {
      const store = await bench.create(bench.path(), { retain });
      fill(store, 1, count + 1);
      const first = count + 1 - retain;
      assertEquals([store.first, store.next], [first, count + 1]);
      assertEquals(readAll(store, 0, Infinity), expected(first, count + 1));
    }
  });

  check(definition, "the largest numbers that there are", async (bench) => {
    const first = Number.MAX_SAFE_INTEGER - 3;
    const store = await bench.create(bench.path(), { first });
    fill(store, first, first + 3);
    store.flush();
    assertEquals(readAll(store, 0, Infinity), expected(first, first + 3));
  });

  check(definition, "any mix of appends, flushes and reads reads like a list", (bench) =>
    fc.assert(
      fc.asyncProperty(
        fc.nat(20),
        fc.integer({ min: 1, max: 300 }),
        fc.array(
          fc.oneof(
            fc.record({ append: fc.integer({ min: 1, max: 120 }) }),
            fc.record({ from: fc.nat(600), count: fc.nat(200) }),
            fc.constant("flush" as const),
          ),
          { maxLength: 12 },
        ),
        async (first, retain, steps) => {
          const store = await bench.create(bench.path(), { first, retain });
          let next = first;
          for (const step of steps) {
            if (step === "flush") store.flush();
            else if ("append" in step) {
              fill(store, next, next + step.append);
              next += step.append;
            } else {
              const low = Math.max(step.from, first, next - retain);
              const until = step.from + step.count;
              assertEquals(readAll(store, step.from, until), expected(low, Math.min(until, next)));
            }
          }
          store.close();
        },
      ),
      { numRuns: 25 },
    ),
  );

  check(definition, "closing twice does nothing more", async (bench) => {
    const store = await bench.create(bench.path());
    fill(store, 1, 3);
    store.close();
    store.close();
  });
}

/** What holds of those that last. */
export function lasts(definition: AnyStore): void {
  check(definition, "others see what was flushed, and no more", async (bench) => {
    const path = bench.path();
    const store = await bench.create(path, { first: 7 });
    const reader = await bench.open(path);
    assertEquals([reader.first, reader.next, reader.record], [7, 7, RECORD]);
    fill(store, 7, 100);
    reader.refresh();
    assertEquals([reader.next, readAll(reader, 0, 1000)], [7, []]);
    store.flush();
    reader.refresh();
    assertEquals([reader.first, reader.next], [7, 100]);
    assertEquals(readAll(reader, 0, 1000), expected(7, 100));
    fill(store, 100, MANY);
    store.close();
    reader.refresh();
    assertEquals(readAll(reader, 0, Infinity), expected(7, MANY));
    const late = await bench.open(path);
    assertEquals(readAll(late, 4000, Infinity), expected(4000, MANY));
  });

  check(definition, "a batch that is full needs no flush", async (bench) => {
    const path = bench.path();
    const store = await bench.create(path);
    const reader = await bench.open(path);
    fill(store, 1, 1025);
    reader.refresh();
    assertEquals(reader.next, 1025);
  });

  check(definition, "sessions are kept", async (bench) => {
    const path = bench.path();
    const store = await bench.create(path, { first: 5 });
    const monday = { name: "MONDAY", from: 5, first: 5 };
    const tuesday = { name: "TUESDAY", from: 9, first: 1 };
    store.begin(monday);
    const reader = await bench.open(path);
    assertEquals(reader.sessions, [monday]);
    fill(store, 5, 9);
    store.begin({ name: "NOBODY", from: 9, first: 1 });
    store.begin(tuesday);
    reader.refresh();
    assertEquals([reader.sessions, reader.next], [[monday, tuesday], 9]);
    store.close();
    const again = await bench.create(path);
    assertEquals(again.found, {
      record: RECORD,
      sessions: [monday, tuesday],
      first: 5,
      next: 9,
    });
  });

  check(definition, "a store is gone on after where it ended", async (bench) => {
    const path = bench.path();
    let next = 1;
    for (const until of [1, 3, 2000, 2001, MANY]) {
      const store = await bench.create(path);
      assertEquals([store.first, store.next], [1, next]);
      assertEquals(readAll(store, 0, Infinity), expected(1, next));
      fill(store, next, until);
      next = until;
      assertEquals(readAll(store, 0, Infinity), expected(1, next));
      store.close();
    }
  });

  check(
    definition,
    "retention goes on after a reopening, and less is kept if asked",
    async (bench) => {
      const path = bench.path();
      const store = await bench.create(path, { retain: 3000 });
      fill(store, 1, 10_001);
      store.close();
      const again = await bench.create(path, { retain: 2000 });
      assertEquals([again.first, again.next], [8001, 10_001]);
      fill(again, 10_001, 20_001);
      assertEquals(readAll(again, 0, Infinity), expected(18_001, 20_001));
      again.close();
      const reader = await bench.open(path);
      // Whole pieces are dropped: a reader may have somewhat more.
      assert(reader.first <= 18_001 && reader.first > 12_000, `${reader.first}`);
      assertEquals(readAll(reader, 0, Infinity), expected(reader.first, 20_001));
    },
  );

  check(definition, "a reader that is behind does not see what was dropped", async (bench) => {
    const path = bench.path();
    const store = await bench.create(path, { retain: 2000 });
    fill(store, 1, 1500);
    store.flush();
    const reader = await bench.open(path);
    assertEquals(readAll(reader, 1, 10), expected(1, 10));
    fill(store, 1500, 30_001);
    store.flush();
    // It has not looked since: what it reads is whole all the same.
    const seen = readAll(reader, 1, 10);
    assert(seen.length === 0 || seen.length === 9);
    reader.refresh();
    assert(reader.first > 1500);
    assertEquals(readAll(reader, 0, Infinity), expected(reader.first, 30_001));
  });

  check(definition, "a store can be begun anew", async (bench) => {
    const path = bench.path();
    const store = await bench.create(path);
    store.begin({ name: "OLD", from: 1, first: 1 });
    fill(store, 1, MANY);
    store.close();
    const again = await bench.create(path, { first: 50, existing: "replace" });
    assertEquals([again.found, again.first, again.next], [undefined, 50, 50]);
    fill(again, 50, 60);
    again.flush();
    const reader = await bench.open(path);
    assertEquals(reader.sessions, []);
    assertEquals(readAll(reader, 0, Infinity), expected(50, 60));
  });

  check(definition, "one writer at a time", async (bench) => {
    const path = bench.path();
    const store = await bench.create(path);
    fill(store, 1, 10);
    for (const existing of ["continue", "replace"] as const) {
      await refused(
        () => bench.create(path, { existing }),
        `Cannot open store "${path}": another program is publishing into it: ` +
          "end that program, or name another path",
      );
    }
    fill(store, 10, 20);
    store.close();
    const again = await bench.create(path);
    assertEquals(readAll(again, 0, 100), expected(1, 20));
  });

  check(definition, "what somebody else published stays", async (bench) => {
    const path = bench.path();
    const store = await bench.create(path);
    fill(store, 1, 10);
    store.close();
    for (const existing of ["continue", "replace"] as const) {
      await refused(
        () => bench.create(path, { existing, record: { ...RECORD, by: "serve" } }),
        `Cannot open store "${path}": it holds what a test published: ` +
          "it was left alone: name another path",
      );
    }
    const reader = await bench.open(path);
    assertEquals(readAll(reader, 0, 100), expected(1, 10));
  });

  check(definition, "a store that is not there is not read", async (bench) => {
    const path = bench.path();
    await refused(
      () => bench.open(path),
      `Cannot open store "${path}": it is not there: ` +
        "start the feed that keeps it first, or check the path",
    );
  });
}

/** It fails with exactly this UserError. */
export async function refused(act: () => Promise<unknown>, message: string): Promise<void> {
  const error = await assertRejects(act, UserError);
  // Long paths are shown in part.
  const shown = (text: string): string => text.replace(/"[^"]*feedlab-store-[^"]*"/, "PATH");
  assertEquals(shown(error.message), shown(message));
}
