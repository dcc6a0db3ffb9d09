import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import type { Seq } from "../../modules/core/seq.ts";
import type { MessageReader } from "../../modules/core/store.ts";
import { MemoryStore } from "../../modules/stores/memory.ts";
import { blockOf } from "../support/block-of.ts";

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** A store to which so many messages at a time were appended. */
function filled(first: Seq, next: Seq, retainMax?: number, together = 1): MemoryStore {
  const store = new MemoryStore(first, retainMax);
  for (let from = first; from < next; from = store.next) {
    const count = Math.min(together, next - from);
    const messages = Array.from({ length: count }, (_, i) => utf8.encode(`m${from + i}`));
    store.append(from, blockOf(...messages));
  }
  return store;
}

function read(store: MessageReader, from: Seq, until: Seq): [Seq, string][] {
  const messages: [Seq, string][] = [];
  store.read({ from, until }, (seq, message) => {
    messages.push([seq, text.decode(message)]);
    return true;
  });
  return messages;
}

test("what was stored is read, in order", () => {
  const store = filled(1, 6);
  assertEquals([store.first, store.next], [1, 6]);
  assertEquals(read(store, 2, 5), [
    [2, "m2"],
    [3, "m3"],
    [4, "m4"],
  ]);
});

test("of a range only what is there is read", () => {
  const store = filled(5, 8);
  assertEquals(read(store, 0, 6), [[5, "m5"]]);
  assertEquals(read(store, 7, 1000), [[7, "m7"]]);
  for (const [from, until] of [
    [0, 5],
    [8, 9],
    [6, 6],
    [7, 6],
  ] as const) {
    assertEquals(read(store, from, until), []);
  }
  assertEquals(read(new MemoryStore(1), 0, 10), []);
});

test("the newest are retained; older ones make room", () => {
  const store = filled(1, 11, 4);
  assertEquals([store.first, store.next], [7, 11]);
  assertEquals(read(store, 1, 100), [
    [7, "m7"],
    [8, "m8"],
    [9, "m9"],
    [10, "m10"],
  ]);
});

test("a reader stops when it has had enough", () => {
  const seen: Seq[] = [];
  filled(1, 10).read({ from: 3, until: 9 }, (seq) => {
    seen.push(seq);
    return seq < 5;
  });
  assertEquals(seen, [3, 4, 5]);
});

test("messages are copied in, even empty ones", () => {
  const store = new MemoryStore(1);
  const message = utf8.encode("before");
  store.append(1, blockOf(message));
  store.append(2, blockOf(new Uint8Array()));
  message.fill(0xdd);
  assertEquals(read(store, 1, 3), [
    [1, "before"],
    [2, ""],
  ]);
});

test("numbers follow each other without a hole", () => {
  const store = filled(1, 3);
  for (const seq of [2, 4]) {
    assertThrows(
      () => store.append(seq, blockOf(new Uint8Array())),
      Error,
      `feedlab broke its own rule: message ${seq} stored where 3 comes next`,
    );
  }
});

test("a ring reads what the end of a list reads, across its edge as well", () =>
  fc.assert(
    fc.property(
      fc.nat(20),
      fc.nat(40),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 15 }),
      fc.nat(70),
      fc.nat(70),
      (first, count, retainMax, together, from, until) => {
        const store = filled(first, first + count, retainMax, together);
        const all = Array.from({ length: count }, (_, i): [Seq, string] => [
          first + i,
          `m${first + i}`,
        ]);
        const kept = all.slice(-retainMax);
        assertEquals(store.first, kept[0]?.[0] ?? first);
        assertEquals(
          read(store, from, until),
          kept.filter(([seq]) => seq >= from && seq < until),
        );
      },
    ),
  ));

test("a message costs at most 16 bytes besides its own, however many there are", () => {
  const message = new Uint8Array(36);
  const store = new MemoryStore(1, 200_000);
  for (let seq = 1; seq <= 500_000; seq++) {
    store.append(seq, blockOf(message));
    const kept = store.next - store.first;
    // Of few messages, most of the first pages is idle.
    if (kept < 50_000 || seq % 1000 !== 0) continue;
    const overhead = store.bytes / kept - message.length;
    assert(overhead <= 16, `${overhead} bytes with ${kept} messages`);
  }
});

test("messages of all lengths come and go without the memory growing", () => {
  const store = new MemoryStore(1, 1000);
  const lengths = [0, 1, 36, 1472, 5000];
  const append = (until: Seq): void => {
    for (let seq = store.next; seq < until; seq++) {
      store.append(seq, blockOf(new Uint8Array(lengths[seq % lengths.length]!).fill(seq % 256)));
    }
  };
  append(10_000);
  const { bytes } = store;
  append(100_000);
  assert(store.bytes <= 1.2 * bytes, `${store.bytes} after ${bytes}`);
  store.read({ from: 0, until: Infinity }, (seq, message) => {
    assertEquals(message.length, lengths[seq % lengths.length]);
    assert(message.every((byte) => byte === seq % 256));
    return true;
  });
});
