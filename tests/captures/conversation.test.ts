import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { Conversation } from "../../modules/captures/conversation.ts";

test("numbers go on from zero after the largest", () => {
  const written: [string, number, number, number][] = [];
  const first = { client: 2 ** 32 - 1, server: 2 ** 32 - 100 };
  const conversation = new Conversation(first, (_at, from, { seq, ack }, payload) => {
    written.push([from, seq, ack, payload.length]);
  });
  conversation.opened(0);
  conversation.data(0, "server", new Uint8Array(150));
  conversation.ended(0, "client");
  assertEquals(written, [
    ["client", 2 ** 32 - 1, 0, 0],
    ["server", 2 ** 32 - 100, 0, 0],
    ["client", 0, 2 ** 32 - 99, 0],
    ["server", 2 ** 32 - 99, 0, 150],
    ["client", 0, 51, 0],
    ["server", 51, 1, 0],
  ]);
});
