/** Sessions as a listener sees them: what is delivered under which number, and what is told of it. */
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { MILLISECOND } from "../../modules/core/time.ts";
import { ARBITER_DEFAULTS } from "../../modules/protocol/arbiter.ts";
import { STALE_MAX } from "../../modules/protocol/follower.ts";
import { RECOVERY_DEFAULTS } from "../../modules/protocol/recovery-client.ts";
import { addressOf, Hearing } from "../support/spoken.ts";

const gapTimeout = { arbiter: { ...ARBITER_DEFAULTS, gapTimeout: 20 * MILLISECOND } };

test("numbers count on from session to session, where those on the wire begin again", async () => {
  const bench = await Hearing.open("A");
  await bench.say("A: S1 1 a b", "A: S1 end 3", "A: S2 1 c", "A: S2 2 d");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c", "4 d"]);
  assertEquals(bench.told("session-began"), ["session-began S2 3"]);
  assertEquals(
    bench.listener.sessions.all.map(({ name, from, first }) => [name, from, first]),
    [
      ["S1", 0, 0],
      ["S2", 3, 1],
    ],
  );
});

test("a session that begins late in its numbers lacks those before", async () => {
  const bench = await Hearing.open("A");
  await bench.say("A: S1 1 a", "A: S1 end 2", "A: S2 4 d");
  assertEquals(bench.told("gap"), ["gap 2..4"]);
  assertEquals(bench.delivered, ["1 a", "5 d"]);
});

test("without an end, a name is believed when a second packet says it, losing none", async () => {
  const bench = await Hearing.open("A");
  await bench.say("A: S1 1 a", "A: S2 1 b");
  assertEquals(bench.delivered, ["1 a"]);
  await bench.say("A: S2 2 c");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c"]);
  assertEquals(bench.told("malformed", "gap"), []);
});

test("the other line says it too: the first packet of both is delivered once", async () => {
  const bench = await Hearing.open("AB");
  await bench.say("A: S1 1 a", "B: S1 1 a", "A: S2 1 b", "B: S2 1 b");
  assertEquals(bench.delivered, ["1 a", "2 b"]);
  assertEquals(bench.listener.lines[1]!.duplicates, 2);
});

test("one damaged name ends no session", async () => {
  const bench = await Hearing.open("A");
  await bench.say("A: S1 1 a", "A: X1 2 b", "A: S1 3 c", "A: X2 4 d", "A: X3 5 e", "A: S1 6 f");
  assertEquals(bench.told("session-began"), []);
  assertEquals(bench.told("malformed"), [
    "malformed unknown-session",
    "malformed unknown-session",
    "malformed unknown-session",
  ]);
  assertEquals(bench.told("gap"), ["gap 2..2", "gap 4..5"]);
});

test("a line that is behind still brings what the session before lacks", async () => {
  const bench = await Hearing.open("AB", gapTimeout);
  await bench.say("A: S1 1 a", "A: S1 end 4", "A: S2 1 d", "B: S1 1 a", "B: S1 2 b c", "B: S2 1 d");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c", "4 d"]);
  assertEquals(bench.told("gap"), []);
});

test("what the session before was not known to have comes too late", async () => {
  const bench = await Hearing.open("AB");
  await bench.say("A: S1 1 a", "A: S2 1 d", "A: S2 2 e", "B: S1 2 b");
  assertEquals(bench.delivered, ["1 a", "2 d", "3 e"]);
  assertEquals(bench.told("malformed"), ["malformed old-session"]);
});

test("a reset begins the numbers of a feed whose sessions have no names", async () => {
  const bench = await Hearing.open("A");
  await bench.say("A: - 1 a b", "A: - reset 1", "A: - 1 c", "A: - 2 d");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c", "4 d"]);
  assertEquals(bench.told("session-began"), ["session-began  3"]);
});

test("a reset upwards leaves no gap: what lies between was never sent", async () => {
  const bench = await Hearing.open("A");
  await bench.say("A: - 1 a", "A: - reset 1000", "A: - 1000 b", "A: - 1001 c");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c"]);
  assertEquals(bench.told("gap"), []);
});

test("a reset that comes behind data of its own session begins no other", async () => {
  const bench = await Hearing.open("AB", gapTimeout);
  await bench.say("A: - 1 a", "A: - 2 b", "A: - reset 1", "A: - reset 1", "A: - 3 c");
  await bench.say("B: - 1 a", "B: - reset 1", "B: - 2 b", "B: - 3 c", "B: - reset 1", "B: - 4 d");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c", "4 d"]);
  assertEquals(bench.told("session-began", "gap", "malformed"), []);
});

test("nor when data that is as late follows it", async () => {
  const bench = await Hearing.open("A", gapTimeout);
  await bench.say("A: - 2 b", "A: - 3 c", "A: - reset 1", "A: - 1 a", "A: - 4 d");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c", "4 d"]);
  assertEquals(bench.told("session-began", "gap"), []);
});

test("a reset and heartbeats alone begin nothing; the data behind them does, at once", async () => {
  const bench = await Hearing.open("AB", gapTimeout);
  await bench.say("A: - 1 a", "A: - 2 b", "B: - 1 a", "B: - 2 b");
  await bench.say("A: - reset 1", "A: - heartbeat 1", "B: - reset 1", "A: - heartbeat 1");
  assertEquals(bench.told("session-began"), []);
  await bench.say("A: - 1 c", "B: - 1 c", "B: - 2 d", "A: - 2 d");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c", "4 d"]);
  assertEquals(bench.told("session-began"), ["session-began  3"]);
});

test("the first packet of a session that a reset began is lost: three others show it", async () => {
  const bench = await Hearing.open("A", gapTimeout);
  await bench.say("A: - 1 a b c d e f g h", "A: - reset 1", "A: - 2 j", "A: - 3 k", "A: - 4 l");
  assertEquals(bench.told("session-began"), ["session-began  9"]);
  await bench.say("A: - 5 m");
  await bench.pass(30 * MILLISECOND);
  assertEquals(bench.told("gap"), ["gap 9..11"]);
  assertEquals(bench.delivered.slice(8), ["12 l", "13 m"]);
});

test("before anything is known, a reset says where to begin", async () => {
  const bench = await Hearing.open("A");
  await bench.say("A: - reset 1051", "A: - reset 1051", "A: - heartbeat 1051", "A: - 1051 a");
  assertEquals(bench.delivered, ["1051 a"]);
  assertEquals(bench.told("gap", "session-began"), []);
});

test("a reset that is sent again, or by the other line, changes nothing", async () => {
  const bench = await Hearing.open("AB", gapTimeout);
  await bench.say("A: - 1 a", "B: - 1 a", "A: - reset 1", "A: - reset 1", "A: - 1 b");
  // B is behind: this is its copy of the first session, then of the reset, then of the second.
  await bench.say("B: - 1 a", "B: - reset 1", "B: - 1 b", "B: - 2 c", "A: - 2 c");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c"]);
  assertEquals(bench.told("session-began"), ["session-began  2"]);
  assertEquals(bench.listener.lines[1]!.duplicates, 3);
});

test("the reset at the beginning comes on each line, on some of them later", async () => {
  const bench = await Hearing.open("AB", gapTimeout);
  await bench.say("A: - reset 1", "A: - 1 a", "A: - 2 b", "B: - reset 1", "B: - 1 a", "A: - 3 c");
  assertEquals(bench.delivered, ["1 a", "2 b", "3 c"]);
  assertEquals(bench.told("session-began"), []);
});

test("a line whose reset is lost catches up when its numbers keep to begin again", async () => {
  const bench = await Hearing.open("AB");
  const letters = "abcdefghijklmnop".split("");
  const session = (line: string): string[] => letters.map((l, i) => `${line}: - ${i + 1} ${l}`);
  await bench.say(...session("A"), ...session("B"), "A: - reset 1");
  await bench.say(...session("B"));
  // Ten in a row were needed to believe it; nobody has those any more.
  assertEquals(bench.told("gap"), ["gap 17..26"]);
  assertEquals(bench.delivered.slice(16), ["27 k", "28 l", "29 m", "30 n", "31 o", "32 p"]);
  assertEquals(bench.told("began-again", "malformed"), []);
});

test("a line beyond the end of the session before has missed a reset", async () => {
  const bench = await Hearing.open("AB");
  await bench.say("A: - 1 a", "B: - 1 a", "A: - reset 1");
  for (let n = 1; n <= STALE_MAX + 3; n++) await bench.say(`A: - ${n} x`);
  for (let n = 2; n <= STALE_MAX + 3; n++) await bench.say(`B: - ${n} x`);
  // Those before it was believed are nothing; from then on they are copies like any other.
  assertEquals(bench.listener.lines[1]!.malformed, STALE_MAX - 1);
  assertEquals(bench.listener.lines[1]!.duplicates, 1 + 3);
});

test("the group of repairs fills what is missing here, and nothing else", async () => {
  const repairs = addressOf("R");
  const policy = { ...RECOVERY_DEFAULTS, retries: 0 };
  const server = { host: "127.0.0.1", port: 7999 };
  const bench = await Hearing.open("A", { recovery: { server, policy, repairs }, ...gapTimeout });
  await bench.say("A: S1 1 a", "A: S1 4 d", "R: S1 1 a b", "R: S2 3 x", "R: S1 3 c", "R: S1 x");
  assertEquals(bench.delivered, ["1 a", "2 b by recovery", "3 c by recovery", "4 d"]);
  assertEquals(bench.listener.totals.repairPackets, 4);
  assertEquals(bench.listener.totals.repairsMalformed, 1);
  assertEquals(bench.told("malformed", "duplicate"), []);
});

test("what nobody can get any more is given up", async () => {
  const bench = await Hearing.open("A", gapTimeout);
  await bench.say("A: S1 1 a", "A: S1 4 d", "A: S1 unavailable 2 2");
  assertEquals(bench.told("lost"), ["lost 2..3"]);
  assertEquals(bench.delivered, ["1 a", "4 d"]);
});
