import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import type { DecodeFault } from "../../../modules/codecs/codec.ts";
import { soupRecovery } from "../../../modules/codecs/recovery/soupbintcp.ts";
import { SEQ_MAX } from "../../../modules/core/seq.ts";
import { clientOf, joined, repliesIn, serverOf, type Told } from "../../support/dialogues.ts";
import { fromHex, toHex } from "../../support/hex.ts";
import { soupVectors as vectors } from "../../vectors/soupbintcp.ts";

const create = (options: object = {}) =>
  soupRecovery.create(soupRecovery.options.parse(options), { epochMs: 0 });
const codec = create();
const user = { username: "USER", password: "secret" };

const latin1 = new TextDecoder("latin1");
const utf8 = new TextEncoder();
const hello = utf8.encode("hello");

const SESSION = "SESS01    ";
const asked = { session: "", from: 1, until: 44 };

/** A login with these fields, as long as a version's is. */
function login(
  fields: Partial<Record<"user" | "session" | "seq" | "timeout", string>>,
): Uint8Array {
  const { user = "USER  secret    ", session = "", seq = "1", timeout = "" } = fields;
  const payload = utf8.encode(`L${user}${session.padEnd(10)}${seq.padStart(20)}${timeout}`);
  return joined([Uint8Array.of(0, payload.length), payload]);
}

/** A server that was asked, and let somebody in from 42 on. */
function serving(options: object = {}) {
  const server = serverOf(create(options));
  server.feed(vectors.login);
  server.dialogue.begin(1, { session: SESSION, from: 42, until: 44 }, 0);
  return server;
}

/** A client that was let in from 42 on. */
function following(until = 44) {
  const client = clientOf(codec);
  client.dialogue.ask(1, { ...asked, until });
  assertEquals(client.feed(vectors.accepted), [["accepted", 1]]);
  return client;
}

test("a login is these bytes, and is understood", () => {
  assertEquals(toHex(clientOf(create(user)).dialogue.ask(1, asked)), toHex(vectors.login));
  assertEquals(serverOf(codec).feed(vectors.login), [
    [
      "request",
      1,
      { session: "", from: 1, until: SEQ_MAX },
      "login of USER to the current session from 1",
    ],
  ]);
  assertEquals(codec.describeRequest(asked), "login to the current session from 1");
  assertEquals(codec.describeAnswer(SESSION, 42), "SESS01 42");
});

test("what a server says is these bytes", () => {
  const { dialogue, take } = serving();
  dialogue.message(42, hello);
  dialogue.heartbeat!(0);
  dialogue.endOfSession!(0);
  const { accepted, sequenced, serverHeartbeat, endOfSession } = vectors;
  assertEquals(
    repliesIn(take()).map(toHex),
    [accepted, sequenced, serverHeartbeat, endOfSession].map(toHex),
  );
  const refusing = serverOf(codec);
  refusing.feed(vectors.login);
  refusing.dialogue.refuse(1, asked, "session", 0);
  assertEquals(repliesIn(refusing.take()).map(toHex), [toHex(vectors.noSession)]);
});

test("what a client says is these bytes, and is understood", () => {
  const { dialogue } = clientOf(codec);
  assertEquals(toHex(dialogue.heartbeat!()), toHex(vectors.clientHeartbeat));
  assertEquals(toHex(dialogue.leave!()), toHex(vectors.logout));
  const server = serving();
  server.take();
  assertEquals(server.feed(vectors.clientHeartbeat, vectors.logout), [["alive"], ["left"]]);
});

test("what is sent is counted from the number of the login's answer", () => {
  const { feed } = following();
  assertEquals(feed(vectors.sequenced), [["message", SESSION, 42, hello]]);
  assertEquals(feed(vectors.sequenced), [
    ["message", SESSION, 43, hello],
    ["answered", 1],
  ]);
  // What is published from then on, until the client leaves.
  assertEquals(feed(vectors.sequenced), [["message", SESSION, 44, hello]]);
});

test("a stream that starts after what was asked for has answered it", () => {
  const client = clientOf(codec);
  client.dialogue.ask(1, { session: "", from: 40, until: 42 });
  assertEquals(client.feed(vectors.accepted), [
    ["accepted", 1],
    ["answered", 1],
  ]);
});

test("debug packets and heartbeats mean nothing, wherever they are", () => {
  const { debug, serverHeartbeat } = vectors;
  const client = clientOf(codec);
  client.dialogue.ask(1, asked);
  assertEquals(client.feed(debug, serverHeartbeat, vectors.accepted, debug, serverHeartbeat), [
    ["accepted", 1],
  ]);
  assertEquals(client.feed(vectors.sequenced), [["message", SESSION, 42, hello]]);
  const server = serverOf(codec);
  assertEquals(server.feed(debug, vectors.login, debug).length, 1);
});

test("unsequenced data is passed over on both sides: version 4 lets servers send it too", () => {
  const unsequenced = fromHex("00 03 55 01 02");
  const { feed } = following();
  assertEquals(feed(unsequenced, vectors.sequenced), [["message", SESSION, 42, hello]]);
  const server = serving();
  server.take();
  assertEquals(server.feed(unsequenced), [["alive"]]);
});

test("the end of the session answers what is open, and nothing is read after it", () => {
  const { feed } = following();
  assertEquals(feed(vectors.endOfSession, vectors.sequenced), [["answered", 1]]);
});

test("a rejected login is final, and says why", () => {
  const reasons: Readonly<Record<string, string>> = {
    "00 02 4a 53": "session not available",
    "00 02 4a 41": "not authorized: wrong username or password",
    "00 02 4a 07": "rejected, reason 07",
  };
  for (const [bytes, reason] of Object.entries(reasons)) {
    const client = clientOf(codec);
    client.dialogue.ask(3, asked);
    assertEquals(client.feed(fromHex(bytes)), [["refused", 3, reason, true]]);
  }
});

test("zero asks for the newest message, blanks for the current session", () => {
  assertEquals(serverOf(codec).feed(login({ session: "SESS01", seq: "0" })), [
    [
      "request",
      1,
      { session: SESSION, from: undefined, until: SEQ_MAX },
      "login of USER to SESS01 from the newest message",
    ],
  ]);
  const bytes = clientOf(codec).dialogue.ask(1, { session: SESSION, from: 0, until: 1 });
  assertEquals(latin1.decode(bytes.subarray(19)), `${SESSION}${"0".padStart(20)}`);
});

test("a session and a number are understood with blanks or zeros on either side", () => {
  for (const session of ["SESS01", "    SESS01", "  SESS01  "]) {
    for (const seq of ["42".padEnd(20), "42".padStart(20, "0"), "42"]) {
      const told = serverOf(codec).feed(login({ session, seq }));
      assertEquals(told[0]?.[2], { session: SESSION, from: 42, until: SEQ_MAX });
    }
  }
});

test("a login of version 4.10 says how long the client will wait, and is understood", () => {
  const bytes = clientOf(create({ ...user, heartbeat_timeout: "15s" })).dialogue.ask(1, asked);
  assertEquals(toHex(bytes), toHex(login({ timeout: "15000" })));
  assertEquals(bytes.length, 54);
  assertEquals(serverOf(codec).feed(bytes)[0]?.[0], "request");
});

test("a server may insist on who logs in, in upper or lower case", () => {
  const guarded = create({ ...user, require_login: true });
  for (const name of ["USER  secret    ", "user  SECRET    "]) {
    assertEquals(serverOf(guarded).feed(login({ user: name }))[0]?.[0], "request");
  }
  for (const name of ["USER  public    ", "OTHER secret    ", " ".repeat(16)]) {
    const server = serverOf(guarded);
    const told = server.feed(login({ user: name }));
    const shown = name.slice(0, 6).trim() || "(blank)";
    assertEquals(told, [
      ["reply", fromHex("00 02 4a 41")],
      // The password is nobody's business.
      ["fault", "not-authorized", `login of ${shown}, 47 bytes`],
    ]);
    // One word is enough.
    server.dialogue.refuse(1, asked, "session", 0);
    assertEquals(server.take(), []);
  }
});

test("a quota is refused as a login would be: there is no other word for it", () => {
  const server = serverOf(codec);
  server.feed(vectors.login);
  server.dialogue.refuse(1, asked, "quota", 0);
  assertEquals(repliesIn(server.take()), [fromHex("00 02 4a 41")]);
});

test("only the next message can be sent: another would get its number", () => {
  const { dialogue, take } = serving();
  take();
  for (const seq of [41, 43, 42, 42, 43]) dialogue.message(seq, Uint8Array.of(seq));
  dialogue.finish(44, 44, 0);
  // What follows continues the count, with or without a word that it does.
  dialogue.begin(1, { session: SESSION, from: 44, until: 45 }, 0);
  dialogue.message(44, Uint8Array.of(44));
  assertEquals(repliesIn(take()).map(toHex), ["00 02 53 2a", "00 02 53 2b", "00 02 53 2c"]);
});

test("nobody hears anything before the login's answer, or after the logout", () => {
  const server = serverOf(codec);
  const say = (): void => {
    server.dialogue.heartbeat!(0);
    server.dialogue.message(1, hello);
    server.dialogue.endOfSession!(0);
  };
  server.dialogue.begin(1, asked, 0);
  say();
  server.feed(vectors.login);
  say();
  assertEquals(server.take(), []);
  server.dialogue.begin(1, asked, 0);
  server.feed(vectors.logout);
  server.take();
  say();
  assertEquals(server.take(), []);
});

test("what cannot be there is a fault, and nothing is read after it", () => {
  const faultOf = (told: readonly Told[]): unknown => told.find(([name]) => name === "fault")?.[1];
  const clients: readonly [DecodeFault, Uint8Array][] = [
    ["bad-length", fromHex("00 00")],
    ["bad-kind", fromHex("00 01 3f")],
    ["bad-kind", vectors.sequenced],
    ["bad-kind", vectors.login],
    ["bad-length", fromHex("00 02 48 00")],
    ["bad-length", fromHex("00 02 5a 00")],
    ["bad-length", fromHex("00 01 4a")],
    ["bad-length", fromHex("00 01 41")],
    ["bad-number", joined([vectors.accepted.subarray(0, 32), fromHex("78")])],
    ["bad-kind", joined([vectors.accepted, vectors.accepted])],
    ["bad-kind", joined([vectors.accepted, vectors.noSession])],
  ];
  for (const [fault, bytes] of clients) {
    const { feed } = clientOf(codec);
    assertEquals(faultOf(feed(bytes)), fault, toHex(bytes));
    assertEquals(feed(vectors.accepted, vectors.sequenced), []);
  }
  const servers: readonly [DecodeFault, Uint8Array][] = [
    ["bad-length", fromHex("00 00")],
    ["bad-kind", vectors.sequenced],
    ["bad-length", fromHex("00 02 52 00")],
    ["bad-length", fromHex("00 02 4f 00")],
    ["bad-length", login({ timeout: "150000" })],
    ["bad-number", login({ seq: "" })],
    ["bad-number", login({ seq: "-1" })],
    ["bad-number", login({ seq: "1 2" })],
    ["seq-unsafe", login({ seq: "9007199254740992" })],
    ["bad-kind", joined([vectors.login, vectors.login])],
  ];
  for (const [fault, bytes] of servers) {
    const { feed } = serverOf(codec);
    assertEquals(faultOf(feed(bytes)), fault, toHex(bytes));
    assertEquals(feed(vectors.login), []);
  }
});

test("a stream that breaks off within a packet is a fault, and after one is none", () => {
  const client = following();
  client.feed(vectors.sequenced.subarray(0, 5));
  client.dialogue.end();
  assertEquals(client.take(), [["fault", "truncated", "00 06 53 68 65"]]);
  const server = serverOf(codec);
  server.feed(vectors.login.subarray(0, 20));
  server.dialogue.end();
  assertEquals(server.take(), [["fault", "truncated", "login of USER, 18 bytes"]]);
  // What stands behind a packet without a letter is no part of it.
  assertEquals(serverOf(codec).feed(fromHex("00 00 4c 00")), [["fault", "bad-length", "no bytes"]]);
  const quiet = following();
  quiet.dialogue.end();
  assertEquals(quiet.take(), []);
});

test("the longest message is sent and read", () => {
  const message = new Uint8Array(65_534).fill(7);
  const server = serving();
  server.dialogue.message(42, message);
  const [, bytes] = repliesIn(server.take());
  assertEquals(toHex(bytes!.subarray(0, 4)), "ff ff 53 07");
  assertEquals(following().feed(bytes!), [["message", SESSION, 42, message]]);
});

test("options are what fits into a login", () => {
  const { options } = soupRecovery;
  assert(!options.safeParse({ username: "SEVENLT" }).success);
  assert(!options.safeParse({ password: "elevenbytes" }).success);
  assert(!options.safeParse({ username: "A B" }).success);
  assert(!options.safeParse({ username: "\u00fc" }).success);
  assert(!options.safeParse({ heartbeat_timeout: "100s" }).success);
  assertEquals(options.parse({}), { username: "", password: "", require_login: false });
});
