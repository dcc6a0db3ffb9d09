import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { createRng } from "../../../modules/core/rng.ts";
import { MILLISECOND, SECOND } from "../../../modules/core/time.ts";
import { Sessions } from "../../../modules/protocol/sessions.ts";
import {
  blockCodec,
  datagramCodec,
  followCodec,
  groupCodec,
  wordCodec,
} from "../../support/block-codec.ts";
import { ClientBench } from "../recovery-client-bench.ts";

const manyCodec = wordCodec({ connection: "many" });

test("many: one connection for all requests, several of them in flight", () => {
  const bench = new ClientBench({}, manyCodec);
  assertEquals(bench.gap(5, 11), [
    ["asking", 5, 9, 1, 0],
    ["connect", 1],
  ]);
  assertEquals(bench.connected(1), [
    ["requested", 5, 9, 1, 0],
    ["send", 1, "GET 5 9\n"],
    ["asking", 9, 11, 1, 0],
    ["requested", 9, 11, 1, 0],
    ["send", 1, "GET 9 11\n"],
  ]);
  assertEquals(bench.bytes(1, "9\n10\n5\n6\n7\n8\n").length, 6);
  assert(bench.client.idle);
  // It is still there for the next one.
  assertEquals(bench.gap(20, 21), [
    ["asking", 20, 21, 1, 0],
    ["requested", 20, 21, 1, 0],
    ["send", 1, "GET 20 21\n"],
  ]);
});

test("many: a lost connection is made anew, and what was in flight is asked again", () => {
  const bench = new ClientBench({}, manyCodec);
  bench.gap(5, 7);
  bench.connected(1);
  bench.gap(9, 10);
  assertEquals(bench.closed(1, "reset"), [
    ["close", 1],
    ["failed", 5, 7, "reset", 0],
    ["failed", 9, 10, "reset", 0],
  ]);
  assertEquals(bench.pass(100), [
    ["asking", 5, 7, 2, 100],
    ["connect", 2],
    ["asking", 9, 10, 2, 100],
  ]);
  assertEquals(bench.connected(2).length, 4);
});

test("many: no answer on a connection that has said nothing since: it is taken for dead", () => {
  const bench = new ClientBench({}, manyCodec);
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.pass(1000), [
    ["close", 1],
    ["failed", 5, 6, "no answer within 1000ms", 1000],
  ]);
});

test("many: no answer where others were answered: only that one is asked again", () => {
  const bench = new ClientBench({}, manyCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.gap(9, 10);
  bench.pass(500);
  assertEquals(bench.bytes(1, "9\n"), [["recovered", 9, "9", 500]]);
  assertEquals(bench.pass(1000), [["failed", 5, 6, "no answer within 1000ms", 1000]]);
  assertEquals(bench.pass(1100).at(-1), ["send", 1, "GET 5 6\n"]);
});

test("many: an answer that comes late is used, and not asked for any more", () => {
  const bench = new ClientBench({}, manyCodec);
  bench.gap(5, 7);
  bench.connected(1);
  bench.gap(9, 10);
  bench.pass(500);
  bench.bytes(1, "9\n");
  bench.pass(1000);
  assertEquals(bench.bytes(1, "5\n6\n"), [
    ["recovered", 5, "5", 1000],
    ["recovered", 6, "6", 1000],
  ]);
  assert(bench.client.idle);
  assertEquals(bench.wrong, []);
});

test("many: a refusal for now is asked again, one for good is not, and others go on", () => {
  const bench = new ClientBench({}, manyCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.gap(9, 10);
  assertEquals(bench.bytes(1, "busy 1\n"), [["failed", 5, 6, "busy", 0]]);
  assertEquals(bench.bytes(1, "no 2\n"), [["abandoned", 9, 10, "not found", 0]]);
  assertEquals(bench.pass(100).at(-1), ["send", 1, "GET 5 6\n"]);
});

test("many: what the server's heartbeat wants to hear is sent", () => {
  const bench = new ClientBench({}, groupCodec);
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.bytes(1, "ping\n"), [["send", 1, "pong\n"]]);
});

test("many: a server that is silent for three of its heartbeats is gone", () => {
  const bench = new ClientBench({}, groupCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.filled(5, 6);
  assertEquals(bench.pass(179_999), []);
  assertEquals(bench.pass(180_000), [["close", 1]]);
});

test("group: the request is taken, and the repairs come from elsewhere", () => {
  const bench = new ClientBench({}, groupCodec);
  bench.gap(5, 8);
  bench.connected(1);
  bench.pass(10);
  assertEquals(bench.bytes(1, "ok 1\n"), []);
  bench.filled(5, 7);
  assert(!bench.client.idle);
  bench.filled(7, 8);
  assert(bench.client.idle);
  assertEquals(bench.pass(5000), []);
});

test("group: repairs may come before the word that the request was taken", () => {
  const bench = new ClientBench({}, groupCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.filled(5, 6);
  assertEquals(bench.bytes(1, "ok 1\n"), []);
  assert(bench.client.idle);
});

test("group: taken, but no repair in time: it is asked again", () => {
  const bench = new ClientBench({}, groupCodec);
  bench.gap(5, 8);
  bench.connected(1);
  bench.pass(400);
  bench.bytes(1, "ok 1\n");
  bench.filled(5, 6);
  assertEquals(bench.pass(1399), []);
  assertEquals(bench.pass(1400), [["failed", 6, 8, "no repair within 1000ms", 1400]]);
  assertEquals(bench.pass(1500).at(-1), ["send", 1, "GET 6 8\n"]);
});

test("group: what nobody has any more is given up, whether asked for or not", () => {
  const bench = new ClientBench({ inFlightMax: 1 }, groupCodec);
  bench.gap(5, 8);
  bench.connected(1);
  bench.gap(20, 22);
  assertEquals(bench.unavailable(6, 21), [
    ["abandoned", 20, 21, "unavailable", 0],
    ["abandoned", 6, 8, "unavailable", 0],
  ]);
  bench.filled(5, 6);
  assertEquals(bench.take(), []);
  bench.unavailable(21, 22);
  assert(bench.client.idle);
});

test("stream: read from the number on until nothing is missing, then left politely", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 8);
  assertEquals(bench.connected(1), [
    ["requested", 5, 8, 1, 0],
    ["send", 1, "GET 5 on\n"],
  ]);
  assertEquals(bench.bytes(1, "5\n6\n"), [
    ["recovered", 5, "5", 0],
    ["recovered", 6, "6", 0],
  ]);
  assertEquals(bench.bytes(1, "7\n8\n9\n"), [
    ["recovered", 7, "7", 0],
    ["send", 1, "bye\n"],
  ]);
  assert(bench.client.idle);
  assertEquals(bench.bytes(1, "10\n"), []);
  assertEquals(bench.closed(1), [["close", 1]]);
  assertEquals(bench.wrong, []);
});

test("stream: who is left and does not go is dropped", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.bytes(1, "5\n");
  assertEquals(bench.pass(1000), [["close", 1]]);
});

test("stream: gaps close behind are read on to, without another login", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.gap(8, 9), [
    ["asking", 8, 9, 1, 0],
    ["requested", 8, 9, 1, 0],
  ]);
  assertEquals(bench.bytes(1, "5\n6\n7\n8\n"), [
    ["recovered", 5, "5", 0],
    ["recovered", 8, "8", 0],
    ["send", 1, "bye\n"],
  ]);
});

test("stream: a gap before the stream, or far behind, is another login", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(50, 52);
  bench.connected(1);
  assertEquals(bench.gap(5, 6).at(-1), ["connect", 2]);
  assertEquals(bench.gap(5000, 5001).at(-1), ["connect", 3]);
});

test("stream: as long as it brings something there is time, and both sides say that they live", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 8);
  bench.connected(1);
  bench.pass(900);
  bench.bytes(1, "5\n");
  assertEquals(bench.pass(1800), [["send", 1, "alive\n"]]);
  bench.bytes(1, "6\n");
  assertEquals(bench.pass(2799), [["send", 1, "alive\n"]]);
  assertEquals(bench.pass(2800), [
    ["close", 1],
    ["failed", 7, 8, "no answer within 1000ms", 2800],
  ]);
});

test("stream: it may begin later than asked; the rest is asked again", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 8);
  bench.connected(1);
  assertEquals(bench.bytes(1, "6\n7\n").length, 2);
  assertEquals(bench.end(1), [
    ["close", 1],
    ["failed", 5, 6, "the server closed without an answer", 0],
  ]);
});

test("stream: a server that is behind begins earlier than asked, and is read until it gets there", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 7);
  bench.connected(1);
  assertEquals(bench.bytes(1, "3\n4\n"), []);
  assertEquals(bench.bytes(1, "5\n6\n"), [
    ["recovered", 5, "5", 0],
    ["recovered", 6, "6", 0],
    ["send", 1, "bye\n"],
  ]);
  assertEquals(bench.wrong, []);
  // What was not asked for gives it no more time.
  bench.gap(9, 10);
  bench.connected(2);
  bench.pass(500);
  bench.bytes(2, "7\n");
  assertEquals(bench.pass(1000).at(-1), ["failed", 9, 10, "no answer within 1000ms", 1000]);
});

test("stream: the end of what was asked for first is not the end of what is asked for since", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.gap(8, 9);
  assertEquals(bench.bytes(1, "5\ndone 1\n"), [["recovered", 5, "5", 0]]);
  assertEquals(bench.bytes(1, "6\n7\n8\n"), [
    ["recovered", 8, "8", 0],
    ["send", 1, "bye\n"],
  ]);
  assert(bench.client.idle);
});

test("stream: what it has passed is asked for again by another login", () => {
  const bench = new ClientBench({}, followCodec);
  bench.gap(5, 7);
  bench.connected(1);
  bench.gap(9, 10);
  assertEquals(bench.bytes(1, "6\ndone 1\n"), [
    ["recovered", 6, "6", 0],
    ["send", 1, "bye\n"],
    ["asking", 5, 6, 1, 0],
    ["connect", 2],
    ["asking", 9, 10, 1, 0],
    ["connect", 3],
  ]);
});

test("datagrams: no answer is a timeout, and a late one is used", () => {
  const bench = new ClientBench({}, datagramCodec);
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.pass(1000), [["failed", 5, 6, "no answer within 1000ms", 1000]]);
  assertEquals(bench.bytes(1, "5\n"), [["recovered", 5, "5", 1000]]);
  assert(bench.client.idle);
  assertEquals(bench.pass(2000), [["close", 1]]);
});

test("datagrams: a late answer ends the request that has been made since", () => {
  const bench = new ClientBench({}, datagramCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.pass(1100);
  bench.connected(2);
  assertEquals(bench.bytes(1, "5\n"), [
    ["close", 2],
    ["recovered", 5, "5", 1100],
  ]);
  assertEquals(bench.bytes(2, "5\n"), []);
  assert(bench.client.idle);
});

test("datagrams: what did not fit is asked for at once, and is no failure", () => {
  const bench = new ClientBench({}, datagramCodec);
  bench.gap(5, 8);
  bench.connected(1);
  assertEquals(bench.bytes(1, "5\n6\ndone 1\n"), [
    ["recovered", 5, "5", 0],
    ["recovered", 6, "6", 0],
    ["close", 1],
    ["asking", 7, 8, 1, 0],
    ["connect", 2],
  ]);
});

test("datagrams: an answer without any of it is a failure", () => {
  const bench = new ClientBench({}, datagramCodec);
  bench.gap(5, 8);
  bench.connected(1);
  assertEquals(bench.bytes(1, "done 1\n"), [
    ["close", 1],
    ["failed", 5, 8, "the server sent nothing of it", 0],
  ]);
});

test("datagrams: nobody there is the same as no connection", () => {
  const bench = new ClientBench({}, datagramCodec);
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.closed(1, "refused"), [
    ["close", 1],
    ["unreachable", "refused", 0],
  ]);
  assertEquals(bench.due, 100);
});

test("sessions: each is asked for by itself, in its own numbers, and answers must be of it", () => {
  const sessions = new Sessions();
  sessions.begin("S1", 1, 1);
  sessions.begin("S2", 7, 1);
  const bench = new ClientBench({}, blockCodec, { sessions });
  bench.gap(5, 9);
  assertEquals(bench.connected(1), [
    ["requested", 5, 7, 1, 0],
    ["send", 1, "GET S1 5 7\n"],
    ["asking", 7, 9, 1, 0],
    ["connect", 2],
  ]);
  assertEquals(bench.connected(2).at(-1), ["send", 2, "GET S2 1 3\n"]);
  assertEquals(bench.bytes(2, "S2 1\n2\n"), [
    ["recovered", 7, "1", 0],
    ["recovered", 8, "2", 0],
    ["close", 2],
  ]);
  assertEquals(bench.bytes(1, "S2 5\n"), [
    ["close", 1],
    ["failed", 5, 7, "the server answered with SEQ:5", 0],
  ]);
  assertEquals(bench.wrong, ["the server answered with SEQ:5"]);
});

test("several servers: the next one at once, and a wait when none could be reached", () => {
  const bench = new ClientBench({}, blockCodec, { servers: 2 });
  bench.gap(5, 6);
  assertEquals(bench.closed(1, "refused"), [
    ["close", 1],
    ["unreachable", "refused", 0],
    ["asking", 5, 6, 1, 0],
    ["connect", 2, 1],
  ]);
  assertEquals(bench.closed(2, "refused"), [
    ["close", 2],
    ["unreachable", "refused", 0],
  ]);
  assertEquals(bench.pass(100), [
    ["asking", 5, 6, 2, 100],
    ["connect", 3],
  ]);
});

test("several servers: one that does not answer gives way to the next", () => {
  const bench = new ClientBench({}, blockCodec, { servers: 2 });
  bench.gap(5, 6);
  bench.connected(1);
  bench.pass(1000);
  assertEquals(bench.pass(1100).at(-1), ["connect", 2, 1]);
});

test("merge: gaps that open within the window are asked for together, as far as one request goes", () => {
  const bench = new ClientBench({ mergeWindow: 2 * MILLISECOND, mergeAcross: 2 }, blockCodec);
  assertEquals(bench.gap(5, 6), []);
  bench.pass(1);
  assertEquals(bench.gap(7, 8), []);
  assertEquals(bench.gap(11, 12), []);
  assertEquals(bench.pass(2), [
    ["asking", 5, 8, 1, 2],
    ["connect", 1],
  ]);
  bench.connected(1);
  // What lies between is known already.
  assertEquals(bench.bytes(1, "5\n6\n7\n"), [
    ["recovered", 5, "5", 2],
    ["recovered", 7, "7", 2],
    ["close", 1],
  ]);
  assertEquals(bench.pass(3), [
    ["asking", 11, 12, 1, 3],
    ["connect", 2],
  ]);
});

test("a line fills part of a request before it is sent: it asks for less, or not at all", () => {
  const bench = new ClientBench({}, blockCodec);
  bench.gap(5, 9);
  bench.filled(5, 6);
  bench.filled(8, 9);
  assertEquals(bench.connected(1), [
    ["requested", 6, 8, 1, 0],
    ["send", 1, "GET 6 8\n"],
  ]);
  const other = new ClientBench({}, blockCodec);
  other.gap(5, 6);
  other.filled(5, 6);
  assertEquals(other.connected(1), [["close", 1]]);
  assert(other.client.idle);
});

test("a request of its own size: no more is asked for at once", () => {
  const bench = new ClientBench({ requestMax: 2 }, blockCodec);
  assertEquals(bench.gap(5, 9)[0], ["asking", 5, 7, 1, 0]);
});

test("a quota of its own: the next request waits for its turn", () => {
  const quota = { requests: 2, per: 1 * SECOND };
  const bench = new ClientBench({ quota }, manyCodec);
  bench.gap(5, 6);
  bench.connected(1);
  bench.pass(300);
  assertEquals(bench.gap(8, 9).length, 3);
  assertEquals(bench.gap(20, 21), []);
  bench.bytes(1, "5\n8\n");
  assertEquals(bench.pass(999), []);
  assertEquals(bench.pass(1000)[0], ["asking", 20, 21, 1, 1000]);
  assertEquals(bench.gap(30, 31), []);
  bench.bytes(1, "20\n");
  assertEquals(bench.pass(1300)[0], ["asking", 30, 31, 1, 1300]);
});

test("jitter: a wait is longer or shorter by no more than its share, and the same each time", () => {
  const waits = ["a", "b", "c", "d"].map((seed) => {
    const wait = (): number => {
      const bench = new ClientBench({ jitter: 0.1 }, blockCodec, { rng: createRng(seed) });
      bench.gap(5, 6);
      bench.closed(1, "refused");
      return bench.due;
    };
    assertEquals(wait(), wait());
    return wait();
  });
  for (const wait of waits) assert(wait >= 90 && wait <= 110, `${wait}ms`);
  assertEquals(new Set(waits).size, 4);
});

test("stages: noticed, decided, connected, first byte, filled", () => {
  const bench = new ClientBench({ mergeWindow: 2 * MILLISECOND }, blockCodec);
  bench.gap(5, 7);
  bench.pass(2);
  bench.now = 5;
  bench.connected(1);
  bench.now = 9;
  bench.bytes(1, "5\n");
  bench.now = 10;
  bench.bytes(1, "6\n");
  assertEquals(bench.stages, [[5, 7, 0, 2, 5, 9, 10]]);
});

test("stages: of a repair from a group too", () => {
  const bench = new ClientBench({}, groupCodec);
  bench.gap(5, 6);
  bench.now = 1;
  bench.connected(1);
  bench.now = 3;
  bench.filled(5, 6);
  assertEquals(bench.stages, [[5, 6, 0, 0, 1, 3, 3]]);
});

test("sessions without names: what another has begun after is given up at once, and blocks nobody", () => {
  const sessions = new Sessions();
  sessions.begin("", 1, 1);
  sessions.begin("", 7, 1);
  const bench = new ClientBench({}, blockCodec, { sessions });
  const calls = bench.gap(5, 9);
  assertEquals(calls.map(([call, from, until]) => [call, from, until]).slice(0, 2), [
    ["abandoned", 5, 7],
    ["asking", 7, 9],
  ]);
});

const socketCodec = wordCodec({ connection: "many", over: "datagram" });

test("datagrams from one socket: the second request needs no other", () => {
  const bench = new ClientBench({}, socketCodec);
  assertEquals(bench.gap(5, 7), [
    ["asking", 5, 7, 1, 0],
    ["connect", 1],
  ]);
  bench.connected(1);
  bench.bytes(1, "5\n6\n");
  assertEquals(bench.gap(9, 10), [
    ["asking", 9, 10, 1, 0],
    ["requested", 9, 10, 1, 0],
    ["send", 1, "GET 9 10\n"],
  ]);
});

test("datagrams from one socket: an answer that comes twice is no wrong one", () => {
  const bench = new ClientBench({}, socketCodec);
  bench.gap(5, 7);
  bench.connected(1);
  bench.bytes(1, "5\n6\n");
  bench.gap(9, 10);
  assertEquals(bench.bytes(1, "5\n6\n"), []);
  assertEquals(bench.bytes(1, "9\n"), [["recovered", 9, "9", 0]]);
  assertEquals(bench.wrong, []);
});

test("datagrams from one socket: an answer that was never asked for ends them all", () => {
  const bench = new ClientBench({}, socketCodec);
  bench.gap(5, 7);
  bench.connected(1);
  bench.bytes(1, "5\n");
  bench.gap(9, 10);
  const why = "the server answered with SEQ:90";
  assertEquals(bench.bytes(1, "90\n"), [
    ["close", 1],
    ["failed", 6, 7, why, 0],
    ["failed", 9, 10, why, 0],
  ]);
});

test("datagrams from one socket: no answer asks the next server, and a late one is still used", () => {
  const bench = new ClientBench({}, socketCodec, { servers: 2 });
  bench.gap(5, 7);
  bench.connected(1);
  bench.bytes(1, "5\n");
  bench.pass(500);
  bench.gap(9, 10);
  assertEquals(bench.pass(1000), [["failed", 6, 7, "no answer within 1000ms", 1000]]);
  // The other one still waits where it was asked.
  assertEquals(bench.pass(1100), [
    ["asking", 6, 7, 2, 1100],
    ["connect", 2, 1],
  ]);
  bench.connected(2);
  assertEquals(bench.bytes(1, "6\n9\n"), [
    ["recovered", 6, "6", 1100],
    ["recovered", 9, "9", 1100],
  ]);
  assert(bench.client.idle);
  // It is the second one's turn: the first is only listened to, and not for ever.
  assertEquals(bench.gap(20, 21).at(-1), ["send", 2, "GET 20 21\n"]);
  bench.bytes(2, "20\n");
  assertEquals(bench.pass(2100), [["close", 1]]);
});

test("four requests that time out at once are one server's failure: it is the next one's turn", () => {
  const bench = new ClientBench({ inFlightMax: 4 }, datagramCodec, { servers: 2 });
  bench.gap(1, 2);
  bench.connected(1);
  bench.bytes(1, "1\n");
  bench.gap(5, 17);
  for (const id of [2, 3, 4]) bench.connected(id);
  bench.pass(1000);
  const servers = bench.pass(1100).filter(([name]) => name === "connect");
  assertEquals(
    servers.map(([, , server]) => server),
    [1, 1, 1],
  );
});

test("very many gaps, one beside the other, are one request, and taken out at once", () => {
  const bench = new ClientBench({}, wordCodec({ connection: "many", requestMax: 60_000 }));
  bench.gap(1, 2);
  // Taken out one by one, this would move thousands of millions of them.
  for (let seq = 3; seq <= 400_000; seq++) bench.client.onGap(seq, seq + 1, 0);
  assertEquals(
    bench.connected(1).filter(([name]) => name === "asking"),
    [
      ["asking", 3, 60_003, 1, 0],
      ["asking", 60_003, 120_003, 1, 0],
    ],
  );
});
