import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import type { Seq } from "../../modules/core/seq.ts";
import { NEVER } from "../../modules/core/time.ts";
import { blockCodec } from "../support/block-codec.ts";
import { ServerBench } from "./recovery-server-bench.ts";

const asked = (id: number, seq: Seq, now = 0): unknown[][] => [
  ["request", `peer${id}`, `GET SEQ:${seq}`, now],
  ["lookUp", id, seq, seq + 1],
];
const refused = (id: number, reason: string, now = 0): unknown[][] => [
  ["refused", `peer${id}`, reason, now],
  ["destroy", id],
];
const answered = (id: number, answer: string): unknown[][] => [
  ["send", id, answer],
  ["end", id],
];

test("a request with a newline is answered at once", () => {
  const bench = new ServerBench();
  assertEquals(bench.opened(1), []);
  assertEquals(bench.bytes(1, "GET SEQ:10\n"), asked(1, 10));
  assertEquals(bench.found(1, 10), answered(1, "Recovered data for SEQ:10"));
  assertEquals(bench.closed(1), []);
  assertEquals(bench.server.connections, 0);
  assertEquals(bench.due, NEVER);
});

test("a request may end with the stream", () => {
  const bench = new ServerBench();
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET SEQ:10"), []);
  assertEquals(bench.end(1), asked(1, 10));
});

test("a request may end with a quiet moment, which begins anew with every byte", () => {
  const bench = new ServerBench();
  bench.opened(1);
  bench.bytes(1, "GET SEQ:1");
  assertEquals(bench.due, 50);
  assertEquals(bench.pass(49), []);
  assertEquals(bench.bytes(1, "0"), []);
  assertEquals(bench.pass(98), []);
  assertEquals(bench.pass(99), asked(1, 10, 99));
});

test("a quiet moment before the request could be whole ends nothing", () => {
  const bench = new ServerBench();
  bench.opened(1);
  bench.bytes(1, "GET SEQ:");
  assertEquals(bench.pass(4999), []);
  assertEquals(bench.bytes(1, "7\n"), asked(1, 7, 4999));
});

test("a request may come byte by byte", () => {
  const bench = new ServerBench();
  bench.opened(1);
  const calls = "GET SEQ:10\n".split("").flatMap((byte) => bench.bytes(1, byte));
  assertEquals(calls, asked(1, 10));
});

test("two requests on one connection: only the first counts", () => {
  const bench = new ServerBench();
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET SEQ:10\nGET SEQ:11\n"), asked(1, 10));
  assertEquals(bench.bytes(1, "GET SEQ:12\n"), []);
  assertEquals(bench.end(1), []);
  assertEquals(bench.found(1, 10), answered(1, "Recovered data for SEQ:10"));
});

test("two requests that a decoder tells at once: still only the first counts", () => {
  const bench = new ServerBench({}, blockCodec);
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 5 6\nGET 7 8\nnonsense\n"), [
    ["request", "peer1", "GET 5 6", 0],
    ["lookUp", 1, 5, 6],
  ]);
});

test("what the store does not have is not found", () => {
  const bench = new ServerBench();
  bench.opened(1);
  bench.bytes(1, "GET SEQ:10\n");
  assertEquals(bench.found(1), answered(1, "Not found"));
});

test("of several, those are sent that there are, and the rest is not found", () => {
  const bench = new ServerBench({}, blockCodec);
  bench.opened(1);
  assertEquals(bench.bytes(1, "GET 5 9\n").at(-1), ["lookUp", 1, 5, 9]);
  assertEquals(bench.found(1, 5, 6), [
    ["send", 1, "5\n"],
    ["send", 1, "6\n"],
    ...answered(1, "none\n"),
  ]);
});

test("nonsense is answered with Not found, and told", () => {
  for (const nonsense of ["GET SEQ:x", "GET / HTTP/1.1", "get seq:1", "GET SEQ:9007199254740992"]) {
    const bench = new ServerBench();
    bench.opened(1);
    assertEquals(bench.bytes(1, `${nonsense}\n`), [
      ["refused", "peer1", `not a request: "${nonsense}"`, 0],
      ...answered(1, "Not found"),
    ]);
  }
});

test("an answer where a request should be is refused", () => {
  const bench = new ServerBench({}, blockCodec);
  bench.opened(1);
  assertEquals(bench.bytes(1, "5\n6\n"), [
    ["refused", "peer1", 'not a request: "an answer where a request should be"', 0],
    ...answered(1, "none\n"),
  ]);
  assertEquals(bench.bytes(1, "GET 5 6\n"), []);
});

test("who only looks whether the port is open is let go", () => {
  const bench = new ServerBench();
  bench.opened(1);
  assertEquals(bench.end(1), [["end", 1]]);
  bench.opened(2);
  assertEquals(bench.closed(2), []);
  bench.closed(1);
  assertEquals(bench.server.connections, 0);
});

test("limit on connections: one more is refused, and there is room again when one has gone", () => {
  const bench = new ServerBench({ connectionsMax: 2 });
  bench.opened(1);
  bench.opened(2);
  assertEquals(bench.opened(3), refused(3, "more than 2 connections"));
  assertEquals(bench.bytes(3, "GET SEQ:1\n"), []);
  assertEquals(bench.bytes(1, "GET SEQ:1\n"), asked(1, 1));
  bench.closed(3);
  bench.closed(1);
  assertEquals(bench.opened(4), []);
  assertEquals(bench.bytes(4, "GET SEQ:2\n"), asked(4, 2));
});

test("limit on bytes: as many as allowed are read, one more is refused", () => {
  const bench = new ServerBench({ requestBytesMax: 16 });
  bench.opened(1);
  assertEquals(bench.bytes(1, "      GET SEQ:1\n"), asked(1, 1));
  bench.opened(2);
  assertEquals(bench.bytes(2, "       GET SEQ:"), []);
  assertEquals(bench.bytes(2, "1\n"), refused(2, "a request of more than 16 bytes"));
  assertEquals(bench.bytes(2, "x".repeat(100)), []);
});

test("limit on time: a request that does not get ready is refused, however it drips", () => {
  const bench = new ServerBench();
  bench.opened(1);
  for (const [i, byte] of "GET SEQ:".split("").entries()) {
    assertEquals(bench.pass(i * 600), []);
    assertEquals(bench.bytes(1, byte), []);
  }
  assertEquals(bench.pass(5000), refused(1, "no complete request within 5s", 5000));
  assertEquals(bench.due, NEVER);
});

test("limit on requests in flight: one more is refused until an answer was taken", () => {
  const bench = new ServerBench({ requestsMax: 2 });
  for (const id of [1, 2, 3, 4]) bench.opened(id);
  bench.bytes(1, "GET SEQ:1\n");
  bench.bytes(2, "GET SEQ:2\n");
  assertEquals(bench.bytes(3, "GET SEQ:3\n"), refused(3, "more than 2 requests in flight"));
  // Sent is not yet taken.
  bench.found(1, 1);
  bench.closed(3);
  bench.closed(1);
  assertEquals(bench.bytes(4, "GET SEQ:4\n"), asked(4, 4));
});

test("limit on the answer: who does not take it is dropped", () => {
  const bench = new ServerBench();
  bench.opened(1);
  bench.pass(1000);
  bench.bytes(1, "GET SEQ:1\n");
  bench.found(1, 1);
  assertEquals(bench.due, 6000);
  assertEquals(bench.pass(6000), refused(1, "answer not taken within 5s", 6000));
  assertEquals(bench.found(1, 1), []);
});

test("one slow client does not delay the others", () => {
  const bench = new ServerBench();
  bench.opened(1);
  bench.bytes(1, "GET");
  bench.pass(10);
  bench.opened(2);
  assertEquals(bench.bytes(2, "GET SEQ:5\n"), asked(2, 5, 10));
  assertEquals(bench.found(2, 5), answered(2, "Recovered data for SEQ:5"));
});

test("what the store finds for somebody who has gone is for nobody", () => {
  const bench = new ServerBench();
  bench.opened(1);
  bench.bytes(1, "GET SEQ:1\n");
  bench.closed(1);
  assertEquals(bench.found(1, 1), []);
  assertEquals(bench.bytes(1, "x"), []);
  assertEquals(bench.end(1), []);
  assertEquals(bench.closed(1), []);
});

interface Step {
  readonly kind: "open" | "bytes" | "end" | "closed" | "time";
  readonly id: number;
  readonly bytes: string;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("open", "open", "bytes", "bytes", "bytes", "end", "closed", "time"),
    id: fc.nat(12),
    bytes: fc.oneof(
      fc.constantFrom("GET SEQ:", "1", "23", "\n", "\r\n", " ", "GET SEQ:7\n", "x".repeat(40)),
      fc.string({ unit: "binary-ascii", maxLength: 8 }),
    ),
  }),
  { maxLength: 120, size: "max" },
);

test("random clients: each is answered or dropped once, nobody is forgotten", () =>
  fc.assert(
    fc.property(steps, (steps) => {
      const limits = { connectionsMax: 6, requestBytesMax: 40, requestsMax: 3 };
      const bench = new ServerBench(limits);
      /** The connections, and whether the server is done with them. */
      const open = new Map<number, boolean>();
      const heed = (calls: unknown[][]): void => {
        for (const [name, id] of calls) {
          if (name !== "lookUp" && name !== "end" && name !== "destroy") continue;
          assert(open.has(id as number), `${name} ${String(id)}`);
          if (name === "lookUp") heed(bench.found(id as number, id as number));
          else {
            // A connection that was ended may still be dropped, when its answer is not taken.
            assert(open.get(id as number) === false || name === "destroy");
            open.set(id as number, true);
          }
        }
      };
      for (const { kind, id, bytes } of steps) {
        if (kind === "time") heed(bench.pass(bench.now + bytes.length * 30));
        else if (kind === "open" && !open.has(id)) {
          open.set(id, false);
          heed(bench.opened(id));
        } else if (kind === "bytes") heed(bench.bytes(id, bytes));
        else if (kind === "end") heed(bench.end(id));
        else if (kind === "closed") {
          heed(bench.closed(id));
          open.delete(id);
        }
        assertEquals(bench.server.connections, open.size);
      }
      heed(bench.pass(bench.now + 20_000));
      assertEquals(bench.due, NEVER);
      assert([...open.values()].every(Boolean), "somebody still waits");
      for (const id of open.keys()) bench.closed(id);
      assertEquals(bench.server.connections, 0);
      // No slot was lost on the way: as many as allowed may ask, and one more may not.
      const all = [101, 102, 103, 104].flatMap((id) => [
        ...bench.opened(id),
        ...bench.bytes(id, "GET SEQ:1\n"),
      ]);
      assertEquals(
        all.map(([name]) => name),
        ["request", "lookUp", "request", "lookUp", "request", "lookUp", "refused", "destroy"],
      );
    }),
    { numRuns: 300 },
  ));
