import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { nextName, Sessions } from "../../modules/protocol/sessions.ts";

function twoSessions(): Sessions {
  const sessions = new Sessions();
  sessions.begin("S1", 1, 1);
  sessions.begin("S2", 101, 1);
  return sessions;
}

test("without a session both counts are the same", () => {
  const sessions = new Sessions();
  assertEquals([sessions.wireOf(7), sessions.seqOf("", 7), sessions.of(7)], [7, 7, undefined]);
  assertEquals(sessions.asked(3, 9), { session: "", from: 3, until: 9 });
});

test("a number of the feed is one on the wire, and back", () => {
  const sessions = twoSessions();
  assertEquals(
    [1, 100, 101, 250].map((seq) => sessions.wireOf(seq)),
    [1, 100, 1, 150],
  );
  assertEquals(sessions.seqOf("S1", 100), 100);
  assertEquals(sessions.seqOf("S2", 150), 250);
  assertEquals(sessions.of(100)?.name, "S1");
  assertEquals(sessions.of(101)?.name, "S2");
});

test("a session has its own numbers only", () => {
  const sessions = twoSessions();
  assertEquals(sessions.seqOf("S1", 101), undefined);
  assertEquals(sessions.seqOf("S2", 0), undefined);
  assertEquals(sessions.seqOf("S3", 1), undefined);
});

test("no name, or one of blanks, means the latest; blanks around one mean nothing", () => {
  const sessions = twoSessions();
  assertEquals([sessions.seqOf("", 5), sessions.seqOf("          ", 5)], [105, 105]);
  assertEquals(sessions.seqOf("  S1      ", 5), 5);
});

test("one request never spans sessions", () => {
  const sessions = twoSessions();
  assertEquals(sessions.asked(99, 110), { session: "S1", from: 99, until: 101 });
  assertEquals(sessions.asked(101, 110), { session: "S2", from: 1, until: 10 });
});

test("a session in which nothing was published leaves only its ordinal", () => {
  const sessions = twoSessions();
  sessions.begin("S3", 101, 1);
  assertEquals(
    sessions.all.map(({ ordinal, name }) => [ordinal, name]),
    [
      [1, "S1"],
      [3, "S3"],
    ],
  );
});

test("names count on, within their width", () => {
  const names = ["FEEDLAB001", "FEEDLAB009", "ABC", "FEEDLAB999", "9999999999", "A9        "];
  assertEquals(
    names.map((name) => nextName(name, 10)),
    ["FEEDLAB002", "FEEDLAB010", "ABC2", "FEEDLA1000", "0000000000", "A10"],
  );
});
