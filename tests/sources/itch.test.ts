import { test } from "node:test";
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as fc from "fast-check";
import { UserError } from "../../modules/core/errors.ts";
import { NEVER } from "../../modules/core/time.ts";
import { itch } from "../../modules/sources/itch.ts";
import type { Source } from "../../modules/sources/source.ts";
import { openFile } from "../../modules/worlds/file.ts";
import { BIG, join, memoryFile } from "../support/capture.ts";
import { fromHex } from "../support/hex.ts";
import { noRealData, realData } from "../support/real-data.ts";
import { fileDeps, messageOf, messagesOf } from "../support/recorded-sources.ts";

/** A message that says only when it came; a tail makes it longer. */
function message(nanos: number, tail = ""): Uint8Array {
  const time = join(BIG.half(Math.floor(nanos / 2 ** 32)), BIG.word(nanos % 2 ** 32));
  const text = new TextEncoder().encode(tail);
  return join(fromHex("53 0000 0000"), time, text);
}

function record(bytes: Uint8Array): Uint8Array {
  return join(BIG.half(bytes.length), bytes);
}

function open(...parts: readonly Uint8Array[]): Source {
  const file = memoryFile("day.itch", join(...parts));
  return itch.create({ file: "day.itch" }, fileDeps(file, { first: 10 }));
}

function timesOf({ timing }: Source, count: number): number[] {
  return Array.from({ length: count }, (_, index) => timing!.at(index));
}

test("the file is an option by itself, or one of several", () => {
  assertEquals(itch.options.parse("a/b"), { file: "a/b" });
  assertEquals(itch.options.parse({ file: "a/b" }), { file: "a/b" });
  for (const wrong of ["", {}, { file: "" }, { file: "a", speed: 1 }, 7]) {
    assert(!itch.options.safeParse(wrong).success, JSON.stringify(wrong));
  }
});

test("messages from the first number on, until the end of the file or a length of zero", () => {
  const records = [message(5, "a"), message(6, "b"), message(7)].map(record);
  for (const end of [new Uint8Array(), fromHex("0000"), fromHex("0000 0007 01")]) {
    const source = open(...records, end);
    assertEquals(source.messages, undefined);
    assertEquals(
      messagesOf(source, 10).map((text) => text.slice(11)),
      ["a", "b", ""],
    );
    assertEquals(source.messages, 3);
    assertEquals([messageOf(source, 9), messageOf(source, 13)], [undefined, undefined]);
    assertEquals(messageOf(source, 11)?.slice(11), "b");
  }
});

test("bytes of the specification's example", () => {
  const source = open(fromHex("000c 53 0000 0000 1f1acedb172e 51"));
  assertEquals(messageOf(source, 10), "S\0\0\0\0\x1f\x1a\xce\xdb\x17\x2eQ");
});

test("times count from the first message, and never go back", () => {
  const day = 86_399_999_999_999;
  const source = open(...[100, 250, 200, 250, 300, day].map((at) => record(message(at))));
  assertEquals(timesOf(source, 7), [0, 150, 150, 150, 200, day - 100, NEVER]);
});

test("any message can be had in any order, while times are asked for in between", () => {
  const count = 5000;
  const tails = Array.from({ length: count }, (_, i) => `${i}:${"x".repeat(i % 97)}`);
  const parts = tails.map((tail, i) => record(message(1000 + i, tail)));
  fc.assert(
    fc.property(fc.array(fc.nat(count + 10), { maxLength: 40 }), (indices) => {
      const source = open(...parts);
      indices.forEach((index, asked) => {
        assertEquals(messageOf(source, 10 + index)?.slice(11), tails[index]);
        assertEquals(source.timing!.at(asked), asked);
      });
    }),
    { numRuns: 30 },
  );
});

test("what is no ITCH file says where, and what to do", () => {
  const good = record(message(5));
  const refusal = (...parts: readonly Uint8Array[]): string =>
    assertThrows(() => messagesOf(open(...parts), 10), UserError).message;
  assertEquals(
    refusal(good, BIG.half(36), message(6)),
    'Cannot read "day.itch": the file ends within a message of 36 bytes at offset 13, where ' +
      "message 2 begins: copy it again, or cut it before that",
  );
  assert(refusal(good, fromHex("00")).includes("ends within a length at offset 13"));
  assert(
    refusal(good, good, fromHex("0003 666f6f")).includes(
      "3 bytes are no ITCH message at offset 26",
    ),
  );
  assert(
    refusal(record(fromHex("00".repeat(20)))).includes("20 bytes are no ITCH message at offset 0"),
  );
  assert(refusal(new Uint8Array()).includes("there is no message at offset 0"));
  assert(refusal(fromHex("0000")).includes("there is no message at offset 0"));
  assert(refusal(fromHex("1f8b0808")).endsWith("unpack it first with gunzip"));
  assert(refusal(record(message(1, "x".repeat(2000)))).includes("2011 bytes fits into no packet"));
});

test("a real file has the messages that it is known for", { skip: noRealData }, () => {
  const file = openFile(realData("itch/12302019_SNIPPET.NASDAQ_ITCH50"));
  const source = itch.create({ file: file.name }, fileDeps(file));
  const messages = messagesOf(source, 1);
  assertEquals([messages.length, source.messages], [1000, 1000]);
  const counts: Record<string, number> = {};
  for (const [type = ""] of messages) counts[type] = (counts[type] ?? 0) + 1;
  assertEquals(counts, {
    A: 367,
    U: 225,
    F: 193,
    D: 167,
    E: 28,
    X: 6,
    I: 4,
    P: 4,
    Q: 4,
    S: 1,
    C: 1,
  });
  const open = 9.5 * 3600 * 1e9;
  const clock = messages[0]!.slice(5, 11);
  const first = Array.from(clock).reduce((time, byte) => time * 256 + byte.charCodeAt(0), 0);
  assertEquals(first - open, 230);
  const times = timesOf(source, 1000);
  assertEquals([times[0], Math.floor((times[999]! + 230) / 100)], [0, 23_646]);
  file.close();
});
