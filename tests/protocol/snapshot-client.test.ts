import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { glimpse } from "../../modules/codecs/snapshot/glimpse.ts";
import { SECOND } from "../../modules/core/time.ts";
import { NEVER } from "../../modules/core/time.ts";
import {
  type JudgeSnapshot,
  SNAPSHOT_DEFAULTS,
  SnapshotClient,
  type SnapshotClientSink,
  type SnapshotPolicy,
} from "../../modules/protocol/snapshot-client.ts";
import { record } from "../support/record.ts";

const POLICY: SnapshotPolicy = { timeout: 100, retries: 2, wait: 30, messagesMax: 3 };

/** A client, and what it did; what it sends is told by its letter. */
class Bench {
  readonly client: SnapshotClient;
  now = 0;
  readonly #recorded = record<SnapshotClientSink>();

  constructor(judge: JudgeSnapshot = () => undefined, policy: SnapshotPolicy = POLICY) {
    this.client = new SnapshotClient(glimpse, policy, this.#recorded.sink, judge);
  }

  take(): unknown[] {
    return this.#recorded.take().map((call) => {
      if (call[0] === "send") return ["send", call[1], String.fromCharCode(call[2][2]!)];
      if (call[0] !== "loaded") return call;
      const { messages, ...rest } = call[1];
      return ["loaded", { ...rest, messages: messages.length }, call[2]];
    });
  }

  start(session = ""): unknown[] {
    this.client.start(session, this.now);
    return this.take();
  }

  connected(id: number): unknown[] {
    this.client.onConnected(id, this.now);
    return this.take();
  }

  /** What a server says that has so many messages. */
  answer(id: number, session: string, messages: number, next: number | undefined): unknown[] {
    const server = glimpse.server({
      request() {},
      reply: (bytes) => this.client.onBytes(id, bytes.slice(), this.now),
      left() {},
      fault() {},
    });
    server.push(glimpse.client({ message() {}, complete() {}, refused() {}, fault() {} }).ask(""));
    server.begin(session);
    for (let i = 0; i < messages; i++) server.message(Uint8Array.of(i));
    if (next !== undefined) server.complete(next);
    return this.take();
  }

  at(now: number): unknown[] {
    this.now = now;
    this.client.onDeadline(now);
    return this.take();
  }
}

test("it logs in, and has a snapshot when the number has come", () => {
  const bench = new Bench();
  assert(bench.client.idle);
  assertEquals(bench.start("DAY1"), [
    ["asking", "DAY1", 1, 0],
    ["connect", 1],
  ]);
  assert(!bench.client.idle);
  bench.now = 7;
  assertEquals(bench.connected(1), [["send", 1, "L"]]);
  assertEquals(bench.answer(1, "DAY1", 2, 90), [
    ["close", 1],
    ["loaded", { session: "DAY1      ", next: 90, since: 0, attempt: 1, messages: 2 }, 7],
  ]);
  assert(bench.client.idle);
  assertEquals(bench.client.deadline(), NEVER);
  // Who closes late changes nothing.
  bench.client.onClosed(1, undefined, 8);
  assertEquals(bench.take(), []);
});

test("one that is too old is asked for again, after a wait", () => {
  const bench = new Bench((_session, next) => (next < 95 ? `old: ${next}` : undefined));
  bench.start();
  bench.connected(1);
  assertEquals(bench.answer(1, "", 0, 90), [
    ["close", 1],
    ["failed", "old: 90", 1, 0],
  ]);
  assertEquals(bench.client.deadline(), 30);
  assertEquals(bench.at(30), [
    ["asking", "", 2, 30],
    ["connect", 2],
  ]);
  bench.connected(2);
  assertEquals(bench.answer(2, "", 0, 95).length, 2);
  assert(bench.client.idle);
});

test("a server that is down is tried so often, and then given up", () => {
  const bench = new Bench();
  bench.start();
  for (const attempt of [1, 2, 3]) {
    bench.client.onClosed(attempt, "refused", bench.now);
    const over = attempt === 3 ? [["givenUp", "no luck in 3 attempts", bench.now]] : [];
    assertEquals(bench.take(), [
      ["close", attempt],
      ["failed", "refused", attempt, bench.now],
      ...over,
    ]);
    if (attempt < 3) bench.at(bench.now + 30);
    bench.take();
  }
  assert(bench.client.idle);
  assertEquals(bench.client.deadline(), NEVER);
});

test("a server that is silent is left, before the connection and after it", () => {
  const bench = new Bench();
  bench.start();
  assertEquals(bench.at(100), [
    ["close", 1],
    ["failed", "no connection within 0.0001ms", 1, 100],
  ]);
  bench.at(130);
  bench.connected(2);
  // Each part of it may take as long.
  bench.now = 200;
  bench.answer(2, "", 1, undefined);
  assertEquals(bench.client.deadline(), 300);
  assertEquals(bench.at(300), [
    ["close", 2],
    ["failed", "nothing more within 0.0001ms", 2, 300],
  ]);
});

test("a server that closes early, or says too much, has sent no snapshot", () => {
  const bench = new Bench();
  bench.start();
  bench.connected(1);
  bench.answer(1, "", 1, undefined);
  bench.client.onEnd(1, 0);
  assertEquals(bench.take(), [
    ["close", 1],
    ["failed", "the server closed before the snapshot was whole", 1, 0],
  ]);
  bench.at(30);
  bench.connected(2);
  assertEquals(bench.answer(2, "", 4, 90), [
    ["close", 2],
    ["failed", "a snapshot of more than 3 messages", 2, 30],
  ]);
});

test("when a session begins, it starts over, and forgets how often it has tried", () => {
  const bench = new Bench();
  bench.start("DAY1");
  bench.connected(1);
  bench.answer(1, "DAY1", 2, undefined);
  assertEquals(bench.start("DAY2"), [
    ["close", 1],
    ["asking", "DAY2", 1, 0],
    ["connect", 2],
  ]);
  // The old one may still say something.
  assertEquals(bench.answer(1, "DAY1", 2, 90), []);
  bench.connected(2);
  assertEquals(bench.answer(2, "DAY2", 0, 1).length, 2);
});

test("while it loads for long, it says every second that it lives", () => {
  const bench = new Bench(undefined, { ...SNAPSHOT_DEFAULTS, timeout: 5 * SECOND });
  bench.start();
  bench.connected(1);
  assertEquals(bench.client.deadline(), SECOND);
  assertEquals(bench.at(SECOND), [["send", 1, "R"]]);
  assertEquals(bench.client.deadline(), 2 * SECOND);
});
