import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { SEQ_MAX, type Seq } from "../../modules/core/seq.ts";
import { price } from "../../modules/sources/price.ts";
import { SourceStore } from "../../modules/stores/source.ts";
import { sourceDeps } from "../support/source-deps.ts";

const text = new TextDecoder();

function read(store: SourceStore, from: Seq, until: Seq): [Seq, string][] {
  const messages: [Seq, string][] = [];
  store.read({ from, until }, (seq, message) => {
    messages.push([seq, text.decode(message)]);
    message.fill(0xdd);
    return true;
  });
  return messages;
}

test("every message is made when it is read", () => {
  const store = new SourceStore(price.create({}, sourceDeps()), { from: 1, until: SEQ_MAX });
  assertEquals([store.first, store.next], [1, SEQ_MAX]);
  assertEquals(read(store, 7, 9), [
    [7, "PRICE:107"],
    [8, "PRICE:108"],
  ]);
  assertEquals(read(store, 7, 8), [[7, "PRICE:107"]]);
});

test("of a range only what the store is about is read", () => {
  const store = new SourceStore(price.create({}, sourceDeps()), { from: 5, until: 7 });
  assertEquals(
    read(store, 0, 100).map(([seq]) => seq),
    [5, 6],
  );
  assertEquals(read(store, 7, 100), []);
});

test("a source that ends, and a reader that has had enough, end the reading", () => {
  const ending = { write: (seq: Seq) => (seq < 4 ? 0 : -1) };
  const store = new SourceStore(ending, { from: 1, until: 100 });
  assertEquals(read(store, 1, 100), [
    [1, ""],
    [2, ""],
    [3, ""],
  ]);
  const seen: Seq[] = [];
  store.read({ from: 1, until: 100 }, (seq) => {
    seen.push(seq);
    return false;
  });
  assertEquals(seen, [1]);
});
