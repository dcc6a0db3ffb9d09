import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { PauseQueue } from "../../modules/nodes/pause-queue.ts";

function texts(queue: PauseQueue): string[] {
  return queue.take().map(({ line, bytes }) => `${line}: ${new TextDecoder().decode(bytes)}`);
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("what comes in a pause waits in the order in which it came, whatever the line", () => {
  const queue = new PauseQueue();
  queue.begin("p");
  assertEquals([queue.pause, queue.empty], ["p", true]);
  const lent = bytes("a");
  assertEquals(queue.keep(1, lent, 100), true);
  lent.fill(0xdd);
  queue.keep(0, bytes("b"), 100);
  queue.keep(1, bytes("c"), 100);
  assertEquals(queue.empty, false);
  assertEquals(queue.end("p"), true);
  assertEquals(texts(queue), ["1: a", "0: b", "1: c"]);
  assertEquals([queue.pause, queue.empty], [undefined, true]);
});

test("each line has room for so many bytes, and for as many again after they were taken", () => {
  const queue = new PauseQueue();
  queue.begin("p");
  assertEquals(
    ["1234", "5678", "9", "x"].map((text) => queue.keep(0, bytes(text), 9)),
    [true, true, true, false],
  );
  assertEquals(queue.keep(1, bytes("1234"), 9), true);
  assertEquals(queue.keep(1, bytes("567890"), 9), false);
  assertEquals(queue.take().length, 4);
  assertEquals(queue.keep(0, bytes("123456789"), 9), true);
});

test("of two pauses the later is blamed, and the last to end lets go", () => {
  const queue = new PauseQueue();
  queue.begin("one");
  queue.begin("two");
  assertEquals(queue.pause, "two");
  assertEquals(queue.end("one"), false);
  assertEquals(queue.pause, "two");
  assertEquals(queue.end("one"), false);
  assertEquals(queue.end("two"), true);
  assertEquals(queue.end("two"), false);
});
