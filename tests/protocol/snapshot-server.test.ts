import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { glimpse } from "../../modules/codecs/snapshot/glimpse.ts";
import { NEVER } from "../../modules/core/time.ts";
import {
  type SnapshotImage,
  SnapshotServer,
  type SnapshotServerSink,
} from "../../modules/protocol/snapshot-server.ts";
import { record } from "../support/record.ts";

const IMAGE: SnapshotImage = {
  session: "DAY1",
  next: 90,
  messages: [1, 2, 3].map((n) => Uint8Array.of(n)),
};

/** A server, and what it did; what it sends is told by its letter. */
class Bench {
  readonly server: SnapshotServer;
  image: SnapshotImage | undefined = IMAGE;
  /** Sends that are taken before the connection is full. */
  room = Infinity;
  readonly #recorded = record<SnapshotServerSink>();

  constructor() {
    const { sink } = this.#recorded;
    const limits = { connectionsMax: 2, loginTime: 100, takeTime: 50 };
    this.server = new SnapshotServer(glimpse, limits, {
      image: () => this.image,
      send: (id, bytes) => {
        sink.send(id, bytes);
        return --this.room > 0;
      },
      end: (id) => sink.end(id),
      destroy: (id) => sink.destroy(id),
      request: (...told) => sink.request(...told),
      sent: (...told) => sink.sent(...told),
      refused: (...told) => sink.refused(...told),
    });
  }

  take(): unknown[] {
    return this.#recorded.take().map((call) => {
      if (call[0] === "send") return ["send", call[1], String.fromCharCode(call[2][2]!)];
      return call[0] === "sent" ? ["sent", call[1], call[3]] : call;
    });
  }

  login(id: number, session: string, now = 0): unknown[] {
    const silent = { message() {}, complete() {}, refused() {}, fault() {} };
    this.server.onBytes(id, glimpse.client(silent).ask(session), now);
    return this.take();
  }
}

const ASKED = ["request", "peer", "login to DAY1 from 1", 0];

test("whoever logs in is sent the image, its number and the end", () => {
  const bench = new Bench();
  bench.server.onOpened(1, "peer", 0);
  assertEquals(bench.server.deadline(), 100);
  assertEquals(bench.login(1, "DAY1"), [
    ASKED,
    ...["A", "S", "S", "S", "S", "Z"].map((letter) => ["send", 1, letter]),
    ["sent", "peer", 0],
    ["end", 1],
  ]);
  bench.server.onClosed(1);
  assertEquals([bench.server.connections, bench.server.deadline()], [0, NEVER]);
});

test("no more is sent than is taken, and who takes nothing is dropped", () => {
  const bench = new Bench();
  bench.room = 2;
  bench.server.onOpened(1, "peer", 0);
  assertEquals(bench.login(1, "DAY1"), [ASKED, ["send", 1, "A"], ["send", 1, "S"]]);
  bench.room = 1;
  bench.server.onDrained(1, 10);
  assertEquals(bench.take(), [["send", 1, "S"]]);
  assertEquals(bench.server.deadline(), 60);
  bench.server.onDeadline(60);
  assertEquals(bench.take(), [
    ["refused", "peer", "nothing taken within 50ns", 60],
    ["destroy", 1],
  ]);
});

test("of a session that there is none of, no image is sent", () => {
  const bench = new Bench();
  for (const [id, session, what] of [
    [1, "DAY0", "session DAY0"],
    [2, "", "the latest session"],
  ] as const) {
    if (session === "") bench.image = undefined;
    bench.server.onOpened(id, "peer", 0);
    assertEquals(bench.login(id, session).slice(1), [
      ["send", id, "J"],
      ["refused", "peer", `there is no snapshot of ${what}`, 0],
      ["end", id],
    ]);
  }
});

test("nonsense, silence, and one too many are refused", () => {
  const bench = new Bench();
  for (const id of [1, 2, 3]) bench.server.onOpened(id, "peer", 0);
  assertEquals(bench.take(), [
    ["refused", "peer", "more than 2 connections", 0],
    ["destroy", 3],
  ]);
  bench.server.onBytes(1, new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n".repeat(1200)), 1);
  assertEquals(bench.take().at(-1), ["destroy", 1]);
  bench.server.onDeadline(100);
  assertEquals(bench.take(), [
    ["refused", "peer", "no login within 100ns", 100],
    ["destroy", 2],
  ]);
});

test("who goes before the login is let go", () => {
  const bench = new Bench();
  bench.server.onOpened(1, "peer", 0);
  bench.server.onEnd(1, 1);
  assertEquals(bench.take(), [["end", 1]]);
});
