import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { moldRecovery } from "../../../modules/codecs/recovery/moldudp64.ts";
import type { AnswerSink } from "../../../modules/codecs/recovery/recovery.ts";
import { createRng } from "../../../modules/core/rng.ts";
import { SECOND } from "../../../modules/core/time.ts";
import { Faults } from "../../../modules/protocol/recovery-server/faults.ts";
import { Sessions } from "../../../modules/protocol/sessions.ts";
import {
  blockCodec,
  datagramCodec,
  followCodec,
  groupCodec,
  wordCodec,
} from "../../support/block-codec.ts";
import { record } from "../../support/record.ts";
import { demoCodec, ServerBench } from "../recovery-server-bench.ts";

const manyCodec = wordCodec({ connection: "many" });

test("what the store has not any more, and not yet, is told; what is there is sent", () => {
  const extent = { first: 7, next: 9 };
  const bench = new ServerBench({}, groupCodec, { extent });
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 6 10\n"), [
    ["request", "peer1", "GET 6 10", 0],
    ["send", 1, "ok 1\n"],
    ["lookUp", 1, 7, 9],
  ]);
  assertEquals(bench.found(1, 7, 8), [
    ["repair", "7"],
    ["repair", "8"],
    ["repair", "gone 6 7"],
    ["repair", "gone 9 10"],
  ]);
});

test("a request before all that the store has is refused, by the demo with Not found", () => {
  const bench = new ServerBench({}, demoCodec, { extent: { first: 7, next: 9 } });
  for (const [id, seq] of [
    [1, 6],
    [2, 9],
  ] as const) {
    bench.opened(id);
    assertEquals(bench.bytes(id, `GET SEQ:${seq}\n`), [
      ["request", `peer${id}`, `GET SEQ:${seq}`, 0],
      ["send", id, "Not found"],
      ["end", id],
    ]);
  }
  bench.opened(3);
  assertEquals(bench.bytes(3, "GET SEQ:7\n").at(-1), ["lookUp", 3, 7, 8]);
});

test("a request for more than one may bring: the first part, or for a group nothing", () => {
  const extent = { first: 1, next: 100 };
  const bench = new ServerBench({}, blockCodec, { extent, requestMax: 2 });
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 5 9\n").at(-1), ["lookUp", 1, 5, 7]);
  assertEquals(bench.found(1, 5, 6).at(-2), ["send", 1, "none\n"]);
  const strict = new ServerBench({}, groupCodec, { extent, requestMax: 2 });
  strict.opened(1);
  assertEquals(strict.bytes(1, "GET 5 9\n").at(-1), ["send", 1, "no 1 too-many\n"]);
});

test("many: requests are answered in order, one after the other, on a connection that stays", () => {
  const bench = new ServerBench({}, manyCodec);
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 5 6\nGET 7 8\n"), [
    ["request", "peer1", "GET 5 6", 0],
    ["lookUp", 1, 5, 6],
    ["request", "peer1", "GET 7 8", 0],
  ]);
  assertEquals(bench.found(1, 5), [
    ["send", 1, "5\n"],
    ["send", 1, "done 1\n"],
    ["lookUp", 1, 7, 8],
  ]);
  assertEquals(bench.found(1, 7).at(-1), ["send", 1, "done 2\n"]);
  assertEquals(bench.pass(60_000), []);
  assertEquals(bench.bytes(1, "GET 9 10\n").at(-1), ["lookUp", 1, 9, 10]);
  assertEquals(bench.end(1), []);
  assertEquals(bench.found(1, 9).at(-1), ["end", 1]);
});

test("many: nonsense ends the connection, for nothing after it can be read", () => {
  const bench = new ServerBench({}, manyCodec);
  bench.opened(1);
  assertEquals(bench.bytes(1, "what?\n"), [
    ["refused", "peer1", 'not a request: "what?"', 0],
    ["destroy", 1],
  ]);
});

test("many: a heartbeat that is not answered in time ends the connection", () => {
  const bench = new ServerBench({}, groupCodec);
  bench.opened(1);
  assertEquals(bench.pass(60_000), [["send", 1, "ping\n"]]);
  bench.pass(61_000);
  assertEquals(bench.bytes(1, "pong\n"), []);
  assertEquals(bench.pass(120_000), [["send", 1, "ping\n"]]);
  assertEquals(bench.pass(125_999), []);
  assertEquals(bench.pass(126_000), [
    ["refused", "peer1", "nothing heard for 1m5s", 126_000],
    ["destroy", 1],
  ]);
});

test("a slow reader: no more is read from the store than it has room for", () => {
  const bench = new ServerBench({}, followCodec, { extent: { first: 1, next: 10_000 } });
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 1 on\n").at(-1), ["lookUp", 1, 1, 1025]);
  bench.room = false;
  assertEquals(bench.found(1, 1, 2, 3), [["send", 1, "1\n"]]);
  assertEquals(bench.pass(900), []);
  assertEquals(bench.drained(1), [["lookUp", 1, 2, 1025]]);
  bench.room = false;
  assertEquals(bench.found(1, 2, 3), [["send", 1, "2\n"]]);
});

test("who follows may leave after a little: it is sent more and more, a moment apart", () => {
  const bench = new ServerBench({}, followCodec, { extent: { first: 1, next: 100_000 } });
  bench.opened(1);
  let call = bench.bytes(1, "GET 1 on\n").at(-1)!;
  const bursts: [from: number, until: number][] = [];
  let now = 0;
  let at = 1;
  while (at < 99_999) {
    const begun = at;
    // Part by part, so that others get their turn.
    for (let next: typeof call | undefined = call; next !== undefined;) {
      const [name, , from, until] = next as [string, number, number, number];
      assertEquals([name, from, until - from <= 1024], ["lookUp", at, true]);
      at = until;
      const seqs = Array.from({ length: until - from }, (_, i) => from + i);
      next = bench.found(1, ...seqs).find(([what]) => what === "lookUp");
    }
    bursts.push([begun, at]);
    if (at < 99_999) call = bench.pass((now += 10)).at(-1)!;
  }
  // When much was sent already, nobody waits any more.
  assertEquals(bursts, [
    [1, 1025],
    [1025, 3073],
    [3073, 7169],
    [7169, 15_361],
    [15_361, 100_000],
  ]);
});

test("who leaves within that moment is sent no more", () => {
  const bench = new ServerBench({}, followCodec, { extent: { first: 1, next: 100_000 } });
  bench.opened(1);
  bench.bytes(1, "GET 1 on\n");
  bench.found(1, ...Array.from({ length: 128 }, (_, i) => 1 + i));
  assertEquals(bench.bytes(1, "bye\n"), [["end", 1]]);
  assertEquals(bench.pass(100), []);
});

test("a slow reader that takes nothing in time is dropped", () => {
  const bench = new ServerBench({}, blockCodec);
  bench.opened(1);
  bench.bytes(1, "GET 1 5\n");
  bench.room = false;
  bench.found(1, 1, 2);
  assertEquals(bench.pass(5000), [
    ["refused", "peer1", "answer not taken within 5s", 5000],
    ["destroy", 1],
  ]);
});

test("a full group of repairs makes its clients wait, not the others", () => {
  const bench = new ServerBench({}, groupCodec, { extent: { first: 1, next: 100 } });
  bench.opened(1);
  bench.bytes(1, "GET 1 4\n");
  bench.room = false;
  assertEquals(bench.found(1, 1, 2), [["repair", "1"]]);
  bench.room = true;
  bench.server.onRepairsDrained(0);
  assertEquals(bench.take(), [["lookUp", 1, 2, 4]]);
});

test("follow: what is published later follows, with heartbeats while there is nothing", () => {
  const extent = { first: 1, next: 3 };
  const bench = new ServerBench({}, followCodec, { extent });
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 2 on\n").at(-1), ["lookUp", 1, 2, 3]);
  assertEquals(bench.found(1, 2), [["send", 1, "2\n"]]);
  bench.pass(500);
  extent.next = 5;
  assertEquals(bench.pass(501), [["lookUp", 1, 3, 5]]);
  assertEquals(bench.found(1, 3, 4), [
    ["send", 1, "3\n"],
    ["send", 1, "4\n"],
  ]);
  assertEquals(bench.pass(1501), [["send", 1, "ping\n"]]);
});

test("follow: a login beyond the end begins with what comes next, one too early with what is kept", () => {
  const extent = { first: 10, next: 20 };
  const bench = new ServerBench({}, followCodec, { extent });
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 30 on\n").length, 1);
  extent.next = 21;
  assertEquals(bench.pass(1), [["lookUp", 1, 20, 21]]);
  bench.opened(2);
  assertEquals(bench.bytes(2, "GET 1 on\n").at(-1), ["lookUp", 2, 10, 21]);
});

test("follow: who falls behind what is kept is dropped", () => {
  const extent = { first: 1, next: 10 };
  const bench = new ServerBench({}, followCodec, { extent });
  bench.opened(1);
  bench.bytes(1, "GET 1 on\n");
  assertEquals(bench.found(1, 5), [
    ["refused", "peer1", "1 is asked for, and not kept any more", 0],
    ["destroy", 1],
  ]);
});

test("follow: who leaves is let go, and who is silent for fifteen heartbeats too", () => {
  const bench = new ServerBench({}, followCodec, { extent: { first: 1, next: 1 } });
  bench.opened(1);
  bench.opened(2);
  bench.bytes(1, "GET 1 on\n");
  bench.bytes(2, "GET 1 on\n");
  assertEquals(bench.bytes(1, "bye\n"), [["end", 1]]);
  bench.closed(1);
  for (let second = 1; second <= 10; second++) bench.pass(second * 1000);
  bench.bytes(2, "alive\n");
  bench.pass(24_999);
  assertEquals(bench.pass(25_000).slice(-2), [
    ["refused", "peer2", "nothing heard for 15s", 25_000],
    ["destroy", 2],
  ]);
});

test("follow: a login must come in time", () => {
  const bench = new ServerBench({}, followCodec);
  bench.opened(1);
  assertEquals(bench.pass(5000), [
    ["refused", "peer1", "no complete request within 5s", 5000],
    ["destroy", 1],
  ]);
});

test("follow: the end of the session is told to those who have got all", () => {
  const extent = { first: 1, next: 2 };
  const bench = new ServerBench({}, followCodec, { extent });
  bench.opened(1);
  bench.bytes(1, "GET 1 on\n");
  bench.found(1, 1);
  extent.next = 3;
  bench.server.onEndOfSession(0);
  assertEquals(bench.take(), [["lookUp", 1, 2, 3]]);
  assertEquals(bench.found(1, 2), [
    ["send", 1, "2\n"],
    ["send", 1, "over\n"],
    ["end", 1],
  ]);
});

test("sessions: numbers are each session's own, and one that is not known is refused", () => {
  const sessions = new Sessions();
  sessions.begin("S1", 1, 1);
  sessions.begin("S2", 7, 1);
  const bench = new ServerBench({}, manyCodec, { extent: { first: 1, next: 9 }, sessions });
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET S1 5 8\n").at(-1), ["lookUp", 1, 5, 7]);
  assertEquals(bench.found(1, 5, 6), [
    ["send", 1, "5\n"],
    ["send", 1, "6\n"],
    ["send", 1, "none\n"],
  ]);
  assertEquals(bench.bytes(1, "GET S2 1 2\n").at(-1), ["lookUp", 1, 7, 8]);
  assertEquals(bench.found(1, 7)[0], ["send", 1, "1\n"]);
  assertEquals(bench.bytes(1, "GET S9 1 2\n").at(-1), ["send", 1, "no 3 session\n"]);
  // Without a name, the latest is meant.
  assertEquals(bench.bytes(1, "GET 2 3\n").at(-1), ["lookUp", 1, 8, 9]);
});

test("a quota for each client: one that has used it up is refused, others are not", () => {
  const quota = { requests: 2, per: 1 * SECOND, scope: "client" } as const;
  const bench = new ServerBench({}, manyCodec, { quota });
  bench.opened(1, "10.0.0.1:5000");
  bench.opened(2, "10.0.0.1:5001");
  bench.opened(3, "10.0.0.2:5000");
  for (const id of [1, 2]) {
    assertEquals(bench.bytes(id, "GET 1 2\n").at(-1), ["lookUp", id, 1, 2]);
    bench.found(id, 1);
  }
  bench.pass(999);
  assertEquals(bench.bytes(1, "GET 1 2\n").slice(1), [
    ["refused", "10.0.0.1:5000", "more than 2 requests in 1s", 999],
    ["send", 1, "no 2 quota\n"],
  ]);
  assertEquals(bench.bytes(3, "GET 1 2\n").at(-1), ["lookUp", 3, 1, 2]);
  bench.pass(1000);
  assertEquals(bench.bytes(1, "GET 1 2\n").at(-1), ["lookUp", 1, 1, 2]);
});

test("a quota for all: it does not matter who asks", () => {
  const quota = { requests: 1, per: 1 * SECOND, scope: "all" } as const;
  const bench = new ServerBench({}, manyCodec, { quota });
  bench.opened(1, "10.0.0.1:5000");
  bench.opened(2, "10.0.0.2:5000");
  bench.bytes(1, "GET 1 2\n");
  assertEquals(bench.bytes(2, "GET 1 2\n").at(-1), ["send", 2, "no 1 quota\n"]);
});

test("datagrams: each is a request, or nothing", () => {
  const bench = new ServerBench({}, datagramCodec);
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 1 2\n").at(-1), ["lookUp", 1, 1, 2]);
  assertEquals(bench.found(1, 1), [
    ["send", 1, "1\n"],
    ["end", 1],
  ]);
  bench.opened(2);
  assertEquals(bench.bytes(2, "\n").at(-1), ["end", 2]);
  bench.opened(3);
  assertEquals(bench.bytes(3, "x".repeat(300)).at(-1), ["destroy", 3]);
});

test("datagrams: no more is read from the store than one of them can carry", () => {
  const bench = new ServerBench({}, wordCodec({ over: "datagram", requestMax: 60_000 }));
  bench.opened(1);
  bench.bytes(1, "GET 1 50000\n");
  const message = new Uint8Array(30_000);
  const taken = [1, 2, 3].map((seq) => bench.server.onMessage(1, seq, message));
  assertEquals(taken, [true, true, false]);
  bench.server.onLookedUp(1);
  assertEquals(bench.take().at(-1), ["end", 1]);
});

test("a flood of requests on one connection is cut off at the limit of those in flight", () => {
  const bench = new ServerBench({ requestsMax: 3 }, manyCodec);
  bench.opened(1);
  const calls = bench.bytes(1, "GET 1 2\n".repeat(5));
  assertEquals(calls.at(-1), ["destroy", 1]);
  assertEquals(calls.filter(([name]) => name === "request").length, 3);
  bench.closed(1);
  bench.opened(2);
  assertEquals(bench.bytes(2, "GET 1 2\n").at(-1), ["lookUp", 2, 1, 2]);
  assertEquals(bench.due, 5000);
});

const KINDS = { "many requests": groupCodec, streams: followCodec };

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom("open", "bytes", "bytes", "bytes", "end", "closed", "drained", "time"),
    id: fc.nat(8),
    bytes: fc.constantFrom(
      "GET 3 7\n",
      "GET 1 on\n",
      "GET 90 95\n",
      "GET ",
      "1 2\n",
      "alive\n",
      "bye\n",
      "what\n",
    ),
    room: fc.boolean(),
  }),
  { maxLength: 80, size: "max" },
);

for (const [name, codec] of Object.entries(KINDS)) {
  test(`random clients of ${name}: nobody is sent what is not there, and nobody is kept for ever`, () =>
    fc.assert(
      fc.property(steps, (steps) => {
        const extent = { first: 2, next: 40 };
        const bench = new ServerBench({ connectionsMax: 6, requestsMax: 4 }, codec, { extent });
        const open = new Set<number>();
        const over = new Set<number>();
        const heed = (calls: unknown[][]): void => {
          for (const [call, id, from, until] of calls as [string, number, number, number][]) {
            if (call === "end" || call === "destroy") {
              assert(open.has(id) && (call === "destroy" || !over.has(id)), `${call} ${id}`);
              over.add(id);
            } else if (call === "lookUp") {
              assert(from >= 2 && from < until && until <= extent.next, `${from} ${until}`);
              const there = Array.from({ length: until - from }, (_, i) => from + i);
              heed(bench.found(id, ...there));
            }
          }
        };
        for (const { kind, id, bytes, room } of steps) {
          bench.room = room;
          if (kind === "time") {
            extent.next++;
            heed(bench.pass(bench.now + 400));
          } else if (kind === "open" && !open.has(id)) {
            open.add(id);
            heed(bench.opened(id));
          } else if (kind === "bytes") heed(bench.bytes(id, bytes));
          else if (kind === "end") heed(bench.end(id));
          else if (kind === "drained") heed(bench.drained(id));
          else if (kind === "closed") {
            heed(bench.closed(id));
            open.delete(id);
            over.delete(id);
          }
          assertEquals(bench.server.connections, open.size);
        }
        bench.room = true;
        for (let minute = 0; minute < 3; minute++) heed(bench.pass(bench.now + 60_000));
        assertEquals(
          [...open].filter((id) => !over.has(id)),
          [],
        );
        assertEquals(bench.due, Infinity);
      }),
      { numRuns: 300 },
    ));
}

test("moldudp64: no more is read from the store than fits into the answer", () => {
  const codec = moldRecovery.create(moldRecovery.options.parse({}), { epochMs: 0 });
  const request = codec
    .client(record<AnswerSink>().sink)
    .ask(1, { session: "S", from: 1, until: 60_001 });
  const bench = new ServerBench({}, codec, { extent: { first: 1, next: 100_000 } });
  bench.opened(1);
  bench.server.onBytes(1, request, 0);
  bench.take();
  let read = 0;
  // 20 bytes, and 50 for each: 29 fit into 1472.
  while (bench.server.onMessage(1, 1 + read, new Uint8Array(48))) read++;
  assertEquals(read, 29);
  bench.server.onLookedUp(1);
  assertEquals(
    bench.take().map(([name]) => name),
    ["send", "end"],
  );
  assertEquals(bench.server.answered, 29);
});

test("datagrams: a request that a fault leaves unanswered is not in hand for ever", () => {
  const rule = {
    name: "silent",
    stage: "request" as const,
    selectors: {},
    spoiling: { swallow: true as const },
    rng: createRng("silent"),
  };
  const bench = new ServerBench({}, wordCodec({ connection: "many", over: "datagram" }), {
    extent: { first: 1, next: 100 },
    faults: new Faults([rule]),
  });
  bench.opened(1);
  bench.bytes(1, "GET 1 2\n");
  assertEquals(bench.found(1, 1), [["end", 1]]);
});
