import { test } from "node:test";
import { assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { DecodeFault } from "../../../modules/codecs/codec.ts";
import { demoRecovery } from "../../../modules/codecs/recovery/demo.ts";
import type { Seq } from "../../../modules/core/seq.ts";
import { byteByByte, clientOf, serverOf, type Told } from "../../support/dialogues.ts";

const codec = demoRecovery.create({}, { epochMs: 0 });

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** One byte for each character: how bytes of a stream are written down here. */
function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** What is told when these come, and then, unless it is to be kept open, the end of the stream. */
function told(which: "client" | "server", chunks: readonly Uint8Array[], end = true): Told[] {
  const side = which === "client" ? clientOf(codec) : serverOf(codec);
  const calls = side.feed(...chunks);
  if (end) side.dialogue.end();
  return [...calls, ...side.take()].map(textual);
}

function textual([name, ...args]: Told): Told {
  return [name, ...args.map((arg) => (arg instanceof Uint8Array ? latin1.decode(arg) : arg))];
}

const asked = (from: Seq) => ({ session: "", from, until: from + 1 });
const requested = (seq: Seq, text = `GET SEQ:${seq}`): Told => ["request", 1, asked(seq), text];

test("requests and answers are these bytes", () => {
  assertEquals(latin1.decode(clientOf(codec).dialogue.ask(1, asked(10))), "GET SEQ:10");
  const server = serverOf(codec);
  server.dialogue.begin(1, asked(10), 0);
  server.dialogue.message(10, utf8.encode("x"));
  server.dialogue.finish(11, 11, 0);
  assertEquals(server.take().map(textual), [["reply", "Recovered data for SEQ:10"]]);
  server.dialogue.finish(10, 11, 0);
  assertEquals(server.take().map(textual), [["reply", "Not found"]]);
  server.dialogue.refuse(1, asked(10), "not-found", 0);
  assertEquals(server.take().map(textual), [["reply", "Not found"]]);
  assertEquals(codec.describeRequest(asked(10)), "GET SEQ:10");
  assertEquals(codec.describeAnswer("", 10), "Recovered data for SEQ:10");
});

test("a request ends with a newline, a carriage return and one, or with the stream", () => {
  for (const text of ["GET SEQ:10\n", "GET SEQ:10\r\n", "  GET SEQ:10  \n", "\r\n\nGET SEQ:10\n"]) {
    assertEquals(told("server", [bytesOf(text)], false), [requested(10)], JSON.stringify(text));
  }
  for (const text of ["GET SEQ:10", "GET SEQ:10  ", "GET SEQ:10\r"]) {
    assertEquals(told("server", [bytesOf(text)], false), [], JSON.stringify(text));
    assertEquals(told("server", [bytesOf(text)]), [requested(10)], JSON.stringify(text));
  }
});

test("a blank before the number is forgiven, as the demo's own server forgives it", () =>
  assertEquals(told("server", [bytesOf("GET SEQ: 10\n")]), [requested(10, "GET SEQ: 10")]));

test("only the first request of a connection counts", () => {
  const both = [bytesOf("GET SEQ:10\n"), bytesOf("GET SEQ:11\n")];
  assertEquals(told("server", both), [requested(10)]);
  assertEquals(told("server", [bytesOf("GET SEQ:10\nGET SEQ:11\n")]), [requested(10)]);
});

test("a stream that ends without a word asked for nothing", () => {
  for (const text of ["", " ", "\n\n"]) assertEquals(told("server", [bytesOf(text)]), []);
});

test("what is not a request is a fault, made printable", () => {
  const faults: Readonly<Record<string, [DecodeFault, string]>> = {
    "GET SEQ:x\n": ["bad-message", "GET SEQ:x"],
    "GET SEQ:\n": ["bad-message", "GET SEQ:"],
    "GET SEQ:-1\n": ["bad-message", "GET SEQ:-1"],
    "get seq:1\n": ["bad-message", "get seq:1"],
    "GET SEQ:1 2\n": ["bad-message", "GET SEQ:1 2"],
    "\x00\xff\t!\n": ["bad-message", "???!"],
    [`${"x".repeat(100)}\n`]: ["bad-message", "x".repeat(64)],
    "GET SEQ:9007199254740992\n": ["seq-unsafe", "GET SEQ:9007199254740992"],
    ["x".repeat(1025)]: ["too-long", "x".repeat(64)],
  };
  for (const [text, [fault, shown]] of Object.entries(faults)) {
    assertEquals(told("server", [bytesOf(text)]), [["fault", fault, shown]]);
  }
});

test("a request is settled when it could be whole, were it not that digits may follow", () => {
  const { dialogue } = serverOf(codec);
  const settled = [...bytesOf("GET SEQ:10 \n")].map((byte) => {
    dialogue.push(Uint8Array.of(byte));
    return dialogue.settled;
  });
  // G E T _ S E Q : are not, 1 0 and the blank are, and the newline leaves nothing to wait for.
  assertEquals(settled, [...Array.from({ length: 8 }, () => false), true, true, true, false]);
});

test("an answer is all that came before the end of the stream", () => {
  const text = "Recovered data for SEQ:10";
  assertEquals(told("client", [bytesOf(text)], false), []);
  assertEquals(told("client", [bytesOf(text)]), [["message", "", 10, text]]);
  assertEquals(told("client", [bytesOf(` ${text}\r\n`)]), [["message", "", 10, text]]);
  for (const none of ["Not found", "Not found\n"]) {
    assertEquals(told("client", [bytesOf(none)]), [["refused", 1, "not found", true]]);
  }
  assertEquals(told("client", []), []);
});

test("what is not an answer is a fault, made printable", () => {
  const faults: Readonly<Record<string, [DecodeFault, string]>> = {
    "not found": ["bad-message", "not found"],
    "Recovered data for SEQ:": ["bad-message", "Recovered data for SEQ:"],
    "Recovered data for SEQ:10!": ["bad-message", "Recovered data for SEQ:10!"],
    "\x00\xff": ["bad-message", "??"],
    "Recovered data for SEQ:9007199254740992": [
      "seq-unsafe",
      "Recovered data for SEQ:9007199254740992",
    ],
    [`Not found${"!".repeat(1024)}`]: ["too-long", `Not found${"!".repeat(55)}`],
  };
  for (const [text, [fault, shown]] of Object.entries(faults)) {
    assertEquals(told("client", [bytesOf(text)]), [["fault", fault, shown]]);
  }
});

const streams = fc.oneof(
  fc
    .array(
      fc.constantFrom("GET SEQ:", "10", "\n", "\r\n", " ", "Not found", "Recovered data for SEQ:"),
      { maxLength: 8 },
    )
    .map((parts) => bytesOf(parts.join(""))),
  fc.uint8Array({ maxLength: 64 }),
  // Beyond what an answer may be long.
  fc.nat(255).map((byte) => new Uint8Array(1500).fill(byte)),
);

for (const which of ["server", "client"] as const) {
  test(`${which}: byte by byte gives what all at once gives`, () =>
    fc.assert(
      fc.property(streams, (bytes) =>
        assertEquals(told(which, byteByByte(bytes)), told(which, [bytes])),
      ),
      { numRuns: 500 },
    ));
}
