import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { SEQ_MAX, type Seq } from "../../modules/core/seq.ts";
import { MILLISECOND, NEVER, SECOND } from "../../modules/core/time.ts";
import {
  blockCodec,
  datagramCodec,
  followCodec,
  groupCodec,
  wordCodec,
} from "../support/block-codec.ts";
import { ClientBench } from "./recovery-client-bench.ts";
import { events, policies, RecoveryWorld } from "./recovery-client-model.ts";

/** What an attempt for one number begins with. */
function asks(id: number, seq: Seq, attempt = 1, now = 0): unknown[][] {
  return [
    ["asking", seq, seq + 1, attempt, now],
    ["connect", id],
  ];
}

/** What follows when it has connected. */
function requests(id: number, seq: Seq, attempt = 1, now = 0): unknown[][] {
  return [
    ["requested", seq, seq + 1, attempt, now],
    ["send", id, `GET SEQ:${seq}`],
  ];
}

const data = (seq: Seq): string => `Recovered data for SEQ:${seq}`;
const recovered = (seq: Seq, now = 0): unknown[] => ["recovered", seq, data(seq), now];

test("one message: connect, request, answer, close", () => {
  const bench = new ClientBench();
  assertEquals(bench.gap(7, 8), asks(1, 7));
  assert(!bench.client.idle);
  assertEquals(bench.connected(1), requests(1, 7));
  assertEquals(bench.bytes(1, data(7)), []);
  assertEquals(bench.end(1), [recovered(7), ["close", 1]]);
  assert(bench.client.idle);
  assertEquals(bench.pass(100_000), []);
  assertEquals(bench.due, NEVER);
});

test("one request for each missing number, in order, no more at once than allowed", () => {
  const bench = new ClientBench();
  assertEquals(bench.gap(5, 10), asks(1, 5));
  // The server was reached: now others may ask too.
  assertEquals(bench.connected(1), [...requests(1, 5), ...asks(2, 6), ...asks(3, 7)]);
  assertEquals(bench.connected(3), requests(3, 7));
  assertEquals(bench.answer(3, data(7)), [recovered(7), ["close", 3], ...asks(4, 8)]);
  assertEquals(bench.answer(1, data(5)), [recovered(5), ["close", 1], ...asks(5, 9)]);
  assertEquals(bench.connected(2), requests(2, 6));
  assertEquals(bench.answer(2, data(6)), [recovered(6), ["close", 2]]);
});

test("until the server was reached, only one tries", () => {
  const bench = new ClientBench();
  assertEquals(bench.gap(5, 10), asks(1, 5));
  assertEquals(bench.gap(20, 21), []);
  assertEquals(bench.pass(999), []);
});

test("lower numbers are asked for first, whenever their gap was noticed", () => {
  const bench = new ClientBench({ inFlightMax: 1 });
  bench.gap(20, 22);
  assertEquals(bench.gap(5, 6), []);
  bench.connected(1);
  assertEquals(bench.answer(1, data(20)), [recovered(20), ["close", 1], ...asks(2, 5)]);
  bench.connected(2);
  assertEquals(bench.answer(2, data(5)), [recovered(5), ["close", 2], ...asks(3, 21)]);
});

test("a server that refuses is tried again: the wait doubles, and is bounded", () => {
  const bench = new ClientBench();
  bench.gap(5, 7);
  assertEquals(bench.closed(1, "refused"), [
    ["close", 1],
    ["unreachable", "refused", 0],
  ]);
  assertEquals(bench.due, 100);
  assertEquals(bench.pass(100), asks(2, 5, 2, 100));
  bench.closed(2, "refused");
  assertEquals(bench.due, 300);
  assertEquals(bench.pass(300), asks(3, 5, 3, 300));
  bench.closed(3, "refused");
  // Three waits would be 400.
  assertEquals(bench.due, 600);
  assertEquals(bench.pass(600), asks(4, 5, 4, 600));
});

test("once the server was reached, the waits begin anew", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.closed(1, "refused");
  bench.pass(100);
  bench.connected(2);
  bench.answer(2, data(5));
  bench.gap(9, 10);
  bench.closed(3, "refused");
  assertEquals(bench.due, 200);
});

test("what was tried too often is given up, and the rest goes on", () => {
  const bench = new ClientBench({ retries: 1 });
  bench.gap(5, 7);
  bench.closed(1, "refused");
  bench.pass(100);
  assertEquals(bench.closed(2, "refused"), [
    ["close", 2],
    ["unreachable", "refused", 100],
    ["abandoned", 5, 6, "no luck in 2 attempts", 100],
  ]);
  assertEquals(bench.pass(300), asks(3, 6, 1, 300));
});

test("without retries the first failure is the last", () => {
  const bench = new ClientBench({ retries: 0 });
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.answer(1, "what?"), [
    ["close", 1],
    ["failed", 5, 6, 'the server answered "what?"', 0],
    ["abandoned", 5, 6, "no luck in 1 attempts", 0],
  ]);
  assert(bench.client.idle);
});

test("what was missing for too long is given up, however much is left of it", () => {
  const bench = new ClientBench({ giveUp: 250 * MILLISECOND });
  bench.gap(5, 1_000_000);
  bench.closed(1, "refused");
  assertEquals(bench.pass(100), asks(2, 5, 2, 100));
  bench.closed(2, "refused");
  assertEquals(bench.pass(300), [
    ["abandoned", 5, 6, "tried for too long", 300],
    ["abandoned", 6, 1_000_000, "tried for too long", 300],
  ]);
  assert(bench.client.idle);
});

test("what the server does not have is given up at once", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.answer(1, "Not found"), [
    ["close", 1],
    ["abandoned", 5, 6, "not found", 0],
  ]);
  assert(bench.client.idle);
});

test("an empty answer is a failure, and asked again", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.end(1), [
    ["close", 1],
    ["failed", 5, 6, "the server closed without an answer", 0],
  ]);
  assertEquals(bench.pass(100), asks(2, 5, 2, 100));
  assertEquals(bench.connected(2), requests(2, 5, 2, 100));
});

test("a connection that just closes is an empty answer too", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.closed(1), [
    ["close", 1],
    ["failed", 5, 6, "the server closed without an answer", 0],
  ]);
});

test("a connection that just closes after an answer has answered", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  bench.bytes(1, data(5));
  assertEquals(bench.closed(1), [recovered(5), ["close", 1]]);
});

test("a connection that breaks is a failure, whatever had come of the answer", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  bench.bytes(1, data(5));
  assertEquals(bench.closed(1, "reset"), [
    ["close", 1],
    ["failed", 5, 6, "reset", 0],
  ]);
});

test("an answer about another number is a failure, and nothing is recovered", () => {
  const bench = new ClientBench();
  bench.gap(5, 7);
  bench.connected(1);
  assertEquals(bench.answer(1, data(6)), [
    ["close", 1],
    ["failed", 5, 6, "the server answered with SEQ:6", 0],
  ]);
});

test("an answer that is none is a failure, and shown", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  assertEquals(bench.answer(1, "HTTP/1.1 400\0"), [
    ["close", 1],
    ["failed", 5, 6, 'the server answered "HTTP/1.1 400?"', 0],
  ]);
});

test("an answer that never ends is cut off", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  const calls = bench.bytes(1, "x".repeat(2000));
  assertEquals(calls, [
    ["close", 1],
    ["failed", 5, 6, `the server answered "${"x".repeat(64)}"`, 0],
  ]);
});

test("an answer may come in pieces", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  const [first, ...rest] = data(5);
  assertEquals(bench.bytes(1, first!), []);
  assertEquals(bench.bytes(1, rest.join("")), []);
  assertEquals(bench.end(1), [recovered(5), ["close", 1]]);
});

test("no connection in time: the server is not there", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  assertEquals(bench.due, 1000);
  assertEquals(bench.pass(1000), [
    ["close", 1],
    ["unreachable", "no connection within 1000ms", 1000],
  ]);
  assertEquals(bench.due, 1100);
});

test("no answer in time: it is asked again, and the server counts as reached", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.now = 400;
  bench.connected(1);
  bench.bytes(1, "Recovered");
  // The time runs from the start of the attempt.
  assertEquals(bench.pass(1000), [
    ["close", 1],
    ["failed", 5, 6, "no answer within 1000ms", 1000],
  ]);
  bench.gap(9, 10);
  assertEquals(bench.pass(1100), asks(3, 5, 2, 1100));
});

test("after a failure the others do not wait", () => {
  const bench = new ClientBench({ inFlightMax: 1 });
  bench.gap(5, 7);
  bench.connected(1);
  assertEquals(bench.end(1).slice(2), asks(2, 6));
  bench.connected(2);
  bench.answer(2, data(6));
  assertEquals(bench.pass(100), asks(3, 5, 2, 100));
});

test("the one whose wait is over first is asked for first, whatever its number", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  bench.end(1);
  bench.pass(100);
  bench.connected(2);
  bench.end(2);
  assertEquals(bench.due, 300);
  bench.pass(150);
  bench.gap(9, 10);
  bench.connected(3);
  bench.end(3);
  assertEquals(bench.due, 250);
  assertEquals(bench.pass(250), asks(4, 9, 2, 250));
});

test("a request for several: what came is kept, the rest is asked for again", () => {
  const bench = new ClientBench({}, blockCodec);
  assertEquals(bench.gap(5, 11), [
    ["asking", 5, 9, 1, 0],
    ["connect", 1],
  ]);
  assertEquals(bench.connected(1).slice(0, 2), [
    ["requested", 5, 9, 1, 0],
    ["send", 1, "GET 5 9\n"],
  ]);
  assertEquals(bench.bytes(1, "5\n6"), [["recovered", 5, "5", 0]]);
  bench.filled(7, 8);
  assertEquals(bench.end(1), [
    ["recovered", 6, "6", 0],
    ["close", 1],
    ["failed", 8, 9, "the server closed without an answer", 0],
  ]);
  assertEquals(bench.pass(100), [
    ["asking", 8, 9, 2, 100],
    ["connect", 3],
  ]);
});

test("a request for several: what follows a wrong number is not believed either", () => {
  const bench = new ClientBench({}, blockCodec);
  bench.gap(5, 9);
  bench.connected(1);
  assertEquals(bench.bytes(1, "9\n5\n"), [
    ["close", 1],
    ["failed", 5, 9, "the server answered with SEQ:9", 0],
  ]);
  assertEquals(bench.wrong, ["the server answered with SEQ:9"]);
});

test("while the server is not there everybody waits, also what is new", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.closed(1, "refused");
  bench.pass(50);
  assertEquals(bench.gap(3, 4), []);
  assertEquals(bench.pass(99), []);
  assertEquals(bench.pass(100), asks(2, 3, 1, 100));
  assertEquals(bench.connected(2), [...requests(2, 3, 1, 100), ...asks(3, 5, 2, 100)]);
});

test("a line brings what was wanted: nobody asks for it", () => {
  const bench = new ClientBench({ inFlightMax: 1 });
  bench.gap(5, 12);
  assertEquals(bench.filled(8, 10), []);
  assertEquals(bench.filled(11, 12), []);
  const asked: unknown[] = [];
  for (let id = 1; !bench.client.idle; id++) {
    asked.push(...bench.connected(id).filter(([name]) => name === "send"));
    const seq = Number(/\d+$/.exec(String((asked.at(-1) as unknown[])[2]))![0]);
    bench.answer(id, data(seq));
  }
  assertEquals(
    asked,
    [5, 6, 7, 10].map((seq, i) => ["send", i + 1, `GET SEQ:${seq}`]),
  );
});

test("a line brings all that was wanted while the server is away: nothing is left to do", () => {
  const bench = new ClientBench();
  bench.gap(5, 9);
  bench.closed(1, "refused");
  bench.filled(5, 9);
  assert(bench.client.idle);
  assertEquals(bench.pass(100_000), []);
  assertEquals(bench.due, NEVER);
});

test("a line brings what was asked for: the answer is taken, but a failure is not told", () => {
  const answers: Readonly<Record<string, unknown[][]>> = {
    [data(5)]: [recovered(5), ["close", 1]],
    "Not found": [["close", 1]],
    "what?": [["close", 1]],
    "": [["close", 1]],
  };
  for (const [answer, calls] of Object.entries(answers)) {
    const bench = new ClientBench();
    bench.gap(5, 6);
    bench.connected(1);
    assertEquals(bench.filled(5, 6), []);
    assertEquals(bench.answer(1, answer), calls, answer);
    assert(bench.client.idle, answer);
    assertEquals(bench.pass(100_000), [], answer);
  }
});

test("a line brings what was being asked for while the server is away: it is not asked again", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.filled(5, 6);
  assertEquals(bench.closed(1, "refused"), [
    ["close", 1],
    ["unreachable", "refused", 0],
  ]);
  assert(bench.client.idle);
});

test("a gap of a million million costs nothing up front", () => {
  const bench = new ClientBench({ giveUp: 1 * SECOND });
  assertEquals(bench.gap(1, 2 ** 40), asks(1, 1));
  bench.closed(1, "refused");
  bench.filled(2 ** 30, 2 ** 39);
  assertEquals(bench.pass(100), asks(2, 1, 2, 100));
  assertEquals(bench.filled(1, 2 ** 40), []);
  bench.closed(2, "refused");
  assert(bench.client.idle);
});

test("very many gaps while the server is away cost no more than each for itself", () => {
  const bench = new ClientBench();
  bench.gap(0, 1);
  bench.closed(1, "refused");
  // With a look at all that wait for each, this would be two hundred million.
  for (let seq = 5; seq < 100_000; seq += 5) bench.client.onGap(seq, seq + 1, 0);
  for (let seq = 5; seq < 100_000; seq += 5) bench.client.onFilled(seq, seq + 1, 0);
  assertEquals(bench.pass(100), asks(2, 0, 2, 100));
});

test("the last numbers that are safe can be asked for", () => {
  const bench = new ClientBench();
  bench.gap(SEQ_MAX - 1, SEQ_MAX + 1);
  assertEquals(bench.connected(1).at(-1), ["connect", 2]);
  assertEquals(bench.answer(1, data(SEQ_MAX - 1))[0], recovered(SEQ_MAX - 1));
  bench.connected(2);
  assertEquals(bench.answer(2, data(SEQ_MAX)), [recovered(SEQ_MAX), ["close", 2]]);
});

test("what a closed connection still says is ignored", () => {
  const bench = new ClientBench();
  bench.gap(5, 6);
  bench.connected(1);
  bench.answer(1, data(5));
  assertEquals(bench.connected(1), []);
  assertEquals(bench.bytes(1, data(5)), []);
  assertEquals(bench.end(1), []);
  assertEquals(bench.closed(1, "reset"), []);
  assertEquals(bench.closed(99), []);
});

const manyCodec = wordCodec({ connection: "many" });

const KINDS = {
  "one at a time": wordCodec({ requestMax: 1 }),
  "in blocks": blockCodec,
  "on one connection": manyCodec,
  "for repairs to a group": groupCodec,
  "for a stream": followCodec,
  "by datagrams": datagramCodec,
  "by datagrams from one socket": wordCodec({ connection: "many", over: "datagram" }),
};

for (const [name, codec] of Object.entries(KINDS)) {
  test(`asking ${name}: every number ends recovered, filled or given up, whatever happens`, () =>
    fc.assert(
      fc.property(
        events,
        policies,
        fc.constantFrom("answers", "is silent"),
        fc.integer({ min: 1, max: 3 }),
        (events, policy, server, servers) => {
          const world = new RecoveryWorld(codec, policy, servers);
          for (const event of events) world.play(event);
          world.finish(server);
        },
      ),
      { numRuns: 500 },
    ));
}
