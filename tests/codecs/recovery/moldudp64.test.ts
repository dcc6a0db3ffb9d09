import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import type { DecodeFault } from "../../../modules/codecs/codec.ts";
import { moldRecovery } from "../../../modules/codecs/recovery/moldudp64.ts";
import { fromHex, toHex } from "../../support/hex.ts";
import { clientOf, repliesIn, serverOf, type Told } from "../../support/dialogues.ts";
import { moldRequest, moldVectors } from "../../vectors/moldudp64.ts";

const deps = { epochMs: 0 };
const codec = moldRecovery.create(moldRecovery.options.parse({}), deps);
const session = "FEEDLAB001";

/** Messages from `from` on as a store has them, in what a server with this option sends. */
function answer(from: number, messages: readonly Uint8Array[], options: object = {}): Uint8Array[] {
  const { dialogue, take } = serverOf(
    moldRecovery.create(moldRecovery.options.parse(options), deps),
  );
  dialogue.begin(1, { session, from, until: from + messages.length }, 0);
  messages.forEach((message, i) => dialogue.message(from + i, message));
  dialogue.finish(from + messages.length, from + messages.length, 0);
  return repliesIn(take());
}

test("a request is these bytes, and is understood", () => {
  const asked = { session, from: 3, until: 7 };
  assertEquals(toHex(clientOf(codec).dialogue.ask(1, asked)), toHex(moldRequest));
  assertEquals(serverOf(codec).feed(moldRequest), [
    ["request", 1, asked, "request FEEDLAB001 3..6"],
  ]);
  assertEquals(codec.describeRequest(asked), "request FEEDLAB001 3..6");
  assertEquals(codec.describeAnswer(session, 3), "FEEDLAB001 3");
});

test("an answer is an ordinary packet", () => {
  const { bytes } = moldVectors["two messages, abc and one without a byte"]!;
  assertEquals(answer(7, [fromHex("61 62 63"), new Uint8Array()]).map(toHex), [toHex(bytes)]);
  const client = clientOf(codec);
  client.dialogue.ask(4, { session, from: 7, until: 9 });
  assertEquals(client.feed(bytes), [
    ["message", session, 7, fromHex("61 62 63")],
    ["message", session, 8, new Uint8Array()],
    ["answered", 4],
  ]);
});

test("only what fits completely into one packet is sent: the client asks again for the rest", () => {
  const hundred = Array.from({ length: 100 }, (_, i) => new Uint8Array(98).fill(i));
  // 20 bytes, then 100 for each: 13 fit into 1400, 14 into 1472.
  for (const [options, count] of [
    [{ answer: "1400 bytes" }, 13],
    [{}, 14],
  ] as const) {
    const replies = answer(5, hundred, options);
    assertEquals(replies.length, 1);
    assertEquals(replies[0]!.length, 20 + 100 * count);
    const client = clientOf(codec);
    client.dialogue.ask(1, { session, from: 5, until: 105 });
    const told = client.feed(replies[0]!);
    assertEquals(told.map(([name, , seq]) => [name, seq]).slice(-2), [
      ["message", 5 + count - 1],
      ["answered", undefined],
    ]);
  }
});

test("after a message that does not fit, none is sent, however short", () => {
  const replies = answer(1, [new Uint8Array(40), new Uint8Array(40), new Uint8Array(1)], {
    answer: "64 bytes",
  });
  assertEquals(
    replies.map(({ length }) => length),
    [62],
  );
});

test("a message that was not stored ends the answer: what follows would have its number", () => {
  const { dialogue, take } = serverOf(codec);
  dialogue.begin(1, { session, from: 1, until: 4 }, 0);
  dialogue.message(1, fromHex("61"));
  dialogue.message(3, fromHex("63"));
  dialogue.finish(4, 4, 0);
  const client = clientOf(codec);
  client.dialogue.ask(1, { session, from: 1, until: 4 });
  assertEquals(client.feed(...repliesIn(take())), [
    ["message", session, 1, fromHex("61")],
    ["answered", 1],
  ]);
});

test("which request an answer is for, its first number says; asked twice, it is for the latest", () => {
  const client = clientOf(codec);
  const ask = (request: number, from: number, until: number): void =>
    void client.dialogue.ask(request, { session, from, until });
  ask(1, 5, 8);
  ask(2, 20, 22);
  ask(3, 5, 8);
  const answered = (...packets: Uint8Array[]): unknown[] =>
    client
      .feed(...packets)
      .filter(([name]) => name === "answered")
      .map(([, request]) => request);
  const five = answer(5, [fromHex("61")]);
  assertEquals(answered(...answer(20, [fromHex("61"), fromHex("62")])), [2]);
  assertEquals(answered(...five), [3]);
  assertEquals(answered(...five), [1]);
  // Nobody waits for it any more, or ever has.
  assertEquals(answered(...five), []);
  assertEquals(answered(...answer(30, [fromHex("61")])), []);
});

test("what is not there is answered with silence", () => {
  for (const why of ["not-found", "too-many", "quota", "session"] as const) {
    const { dialogue, take, feed } = serverOf(codec);
    feed(moldRequest);
    dialogue.refuse(1, { session, from: 3, until: 7 }, why, 0);
    assertEquals(take(), []);
  }
  assertEquals(answer(1, []), []);
  assertEquals(answer(1, [new Uint8Array(1473)]), []);
  const { dialogue, take } = serverOf(codec);
  dialogue.finish(3, 7, 0);
  assertEquals(take(), []);
});

test("what is no request is a fault, and so is a heartbeat where an answer should be", () => {
  const told = (fault: DecodeFault, text: string): Told[] => [["fault", fault, text]];
  const seven = "00 00 00 00 00 00 00 07";
  const head = "46 45 45 44 4c 41 42 30 30 31";
  const server = (text: string): Told[] => serverOf(codec).feed(fromHex(text));
  assertEquals(server(""), told("empty", "no bytes"));
  assertEquals(server(`${head} ${seven} 00`), told("truncated", `${head} ${seven} 00`));
  assertEquals(server(`${head} ${seven} 00 01 00`).map(String), [
    `fault,trailing-bytes,${head} ${seven} 00 01 00`,
  ]);
  assertEquals(server(`${head} ${seven} 00 00`), told("bad-number", `${head} ${seven} 00 00`));
  for (const number of ["00 20 00 00 00 00 00 00 00 01", "00 1f ff ff ff ff ff ff 00 02"]) {
    assertEquals(server(`${head} ${number}`), told("seq-unsafe", `${head} ${number}`));
  }
  assertEquals(
    clientOf(codec).feed(moldVectors["heartbeat"]!.bytes),
    told("bad-kind", "FEEDLAB001 heartbeat, 9 is next"),
  );
  assertEquals(
    clientOf(codec).feed(moldVectors["end of session"]!.bytes),
    told("bad-kind", "FEEDLAB001 end of session, 9 is next"),
  );
  assertEquals(clientOf(codec).feed(fromHex("01 02")), told("truncated", "01 02"));
});

test("the largest count is understood, and never written: it would look like an end of session", () => {
  const bytes = fromHex("46 45 45 44 4c 41 42 30 30 31 00 00 00 00 00 00 00 01 ff ff");
  assertEquals(serverOf(codec).feed(bytes)[0]?.[2], { session, from: 1, until: 65_536 });
  const { dialogue } = clientOf(codec);
  assertEquals(codec.requestMax, 65_534);
  assertThrows(() => dialogue.ask(1, { session, from: 1, until: 65_536 }));
  assertThrows(() => dialogue.ask(1, { session, from: 1, until: 1 }));
});

test("an answer has room for something, and fits into a datagram", () => {
  const { options } = moldRecovery;
  assertEquals(options.parse({}), { answer: 1472 });
  assertEquals(options.parse({ answer: "1400 bytes" }), { answer: 1400 });
  assert(!options.safeParse({ answer: "63 bytes" }).success);
  assert(!options.safeParse({ answer: "65508 bytes" }).success);
});
