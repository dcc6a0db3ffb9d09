/** GLIMPSE 5.0 over SoupBinTCP: bytes by hand, from the layout of the specifications. */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { endOfSnapshot, glimpse } from "../../../modules/codecs/snapshot/glimpse.ts";
import type {
  SnapshotAnswerSink,
  SnapshotRequestSink,
} from "../../../modules/codecs/snapshot/snapshot.ts";
import { byteByByte } from "../../support/dialogues.ts";
import { fromHex } from "../../support/hex.ts";
import { record } from "../../support/record.ts";
import { soupVectors } from "../../vectors/soupbintcp.ts";

/** Login Request without a name, session SESS01, from 1. */
const LOGIN = fromHex(`
  00 2f 4c
  20 20 20 20 20 20
  20 20 20 20 20 20 20 20 20 20
  53 45 53 53 30 31 20 20 20 20
  20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 31`);

/** Login Accepted: SESS01, 1 is next. */
const ACCEPTED = fromHex(`
  00 1f 41
  20 20 20 20 53 45 53 53 30 31
  20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 20 31`);

/** Sequenced Data: hello. */
const HELLO = soupVectors.sequenced;

/** Sequenced Data: End of Snapshot, go on with 4711. */
const END = fromHex(`
  00 16 53
  47 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 30 34 37 31 31`);

const Z = soupVectors.endOfSession;

const concat = (...parts: Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((p) => [...p]));

test("an End of Snapshot is G and twenty digits", () => {
  assertEquals(endOfSnapshot(4711), END.slice(3));
  assertEquals(endOfSnapshot(Number.MAX_SAFE_INTEGER).length, 21);
});

test("a server is asked for a session, and sends messages, the number, and the end", () => {
  const recorded = record<SnapshotRequestSink>();
  const { sink } = recorded;
  const take = (): readonly (readonly unknown[])[] => recorded.take();
  const dialogue = glimpse.server(sink);
  for (const byte of byteByByte(LOGIN)) dialogue.push(byte);
  assertEquals(take(), [["request", "SESS01    ", "login to SESS01 from 1"]]);
  dialogue.begin("SESS01");
  dialogue.message(HELLO.slice(3));
  dialogue.complete(4711);
  assertEquals(
    take(),
    [ACCEPTED, HELLO, END, Z].map((bytes) => ["reply", bytes]),
  );
});

test("a server that has none says that the session is not available", () => {
  const recorded = record<SnapshotRequestSink>();
  const { sink } = recorded;
  const take = (): readonly (readonly unknown[])[] => recorded.take();
  const dialogue = glimpse.server(sink);
  dialogue.push(LOGIN);
  take();
  dialogue.refuse();
  assertEquals(take(), [["reply", soupVectors.noSession]]);
});

test("a client logs in for 1, and goes on with the very number that it is told", () => {
  const whole = concat(ACCEPTED, HELLO, HELLO, END, Z);
  for (const chunks of [[whole], byteByByte(whole)]) {
    const told: unknown[] = [];
    const dialogue = glimpse.client({
      message: (bytes, start, end) => told.push(bytes.slice(start, end)),
      complete: (session, next) => told.push([session, next]),
      refused: (reason) => told.push(reason),
      fault: (fault, text) => told.push([fault, text]),
    });
    assertEquals(dialogue.ask("SESS01"), LOGIN);
    for (const chunk of chunks) dialogue.push(chunk);
    dialogue.end();
    assertEquals(told, [HELLO.slice(3), HELLO.slice(3), ["SESS01    ", 4711]]);
  }
});

test("blanks may stand before the number; what is no number is a fault", () => {
  const recorded = record<SnapshotAnswerSink>();
  const { sink } = recorded;
  const take = (): readonly (readonly unknown[])[] => recorded.take();
  const ends = [
    ["                4711", [["complete", "SESS01    ", 4711]]],
    ["               4711x", [["fault", "bad-number"]]],
    ["99999999999999999999", [["fault", "seq-unsafe"]]],
  ] as const;
  for (const [digits, expected] of ends) {
    const dialogue = glimpse.client(sink);
    dialogue.ask("");
    dialogue.push(concat(ACCEPTED, END.slice(0, 4), new TextEncoder().encode(digits)));
    const told = take().map((call) => (call[0] === "fault" ? call.slice(0, 2) : call));
    assertEquals<unknown>(told, expected);
  }
});

test("a session that ends before the snapshot is no snapshot", () => {
  const recorded = record<SnapshotAnswerSink>();
  const { sink } = recorded;
  const take = (): readonly (readonly unknown[])[] => recorded.take();
  const dialogue = glimpse.client(sink);
  dialogue.ask("");
  dialogue.push(concat(ACCEPTED, Z));
  assertEquals(take(), [["refused", "the session ended before the snapshot"]]);
});

test("whoever is rejected is told why", () => {
  const recorded = record<SnapshotAnswerSink>();
  const { sink } = recorded;
  const take = (): readonly (readonly unknown[])[] => recorded.take();
  const dialogue = glimpse.client(sink);
  dialogue.ask("");
  dialogue.push(soupVectors.noSession);
  assertEquals(take(), [["refused", "session not available"]]);
});
