import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { moldPackets } from "../../modules/codecs/moldudp64/packets.ts";
import { soupRecovery } from "../../modules/codecs/recovery/soupbintcp.ts";
import { captureOf, type Sent } from "../support/hand-made-capture.ts";
import { repliesIn, serverOf } from "../support/dialogues.ts";

const found = spawnSync("tshark", ["--version"]).status === 0;
const options = { skip: found ? false : "tshark is not installed", timeout: 60_000 };

const PORT = 26_477;
const CLIENT = 40_000;
const utf8 = new TextEncoder();

/** What tshark prints of these. */
function dissected(sent: readonly Sent[], decodeAs: string, how: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-tshark-"));
  try {
    const file = join(folder, "ours.pcap");
    writeFileSync(file, captureOf(sent));
    // What the messages say is not asked: it takes any for OUCH, and an empty one for a bad one.
    const { status, stdout, stderr } = spawnSync(
      "tshark",
      ["-r", file, "-d", decodeAs, "--disable-protocol", "ouch", ...how],
      { encoding: "utf8" },
    );
    assertEquals(status, 0, stderr);
    return stdout.replace(/\n$/, "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("Wireshark reads in our MoldUDP64 packets what we wrote", options, () => {
  const writer = moldPackets().writer();
  const into = new Uint8Array(1472);
  const packet = (seq: number, ...messages: string[]): Uint8Array => {
    writer.begin(into, "FEEDLAB001", seq, 0);
    for (const message of messages) writer.add(utf8.encode(message));
    return into.slice(0, writer.end());
  };
  const large = 2 ** 53 - 4;
  const packets = [
    packet(7, "abc", "", "a longer message"),
    packet(10, ""),
    packet(large, "x", "y"),
    into.slice(0, writer.heartbeat(into, "FEEDLAB001", 11, 0)),
    into.slice(0, writer.endOfSession(into, "FEEDLAB001", 11, 0)),
  ];
  const fields = [
    ...["session", "sequence", "count", "msgseq", "msglen"].map((name) => `moldudp64.${name}`),
    ...["msglen.invalid", "count.invalid", "end_of_session_extra"].map((x) => `moldudp64.${x}`),
    "_ws.malformed",
  ];
  const printed = dissected(
    packets.map((payload) => ({ over: "udp", from: CLIENT, to: PORT, payload })),
    `udp.port==${PORT},moldudp64`,
    ["-T", "fields", ...fields.flatMap((field) => ["-e", field])],
  );
  const rows = printed.split("\n").map((row) => row.split("\t"));
  assertEquals(rows, [
    ["FEEDLAB001", "7", "3", "7,8,9", "3,0,16", "", "", "", ""],
    ["FEEDLAB001", "10", "1", "10", "0", "", "", "", ""],
    ["FEEDLAB001", `${large}`, "2", `${large},${large + 1}`, "1,1", "", "", "", ""],
    ["FEEDLAB001", "11", "0", "", "", "", "", "", ""],
    ["FEEDLAB001", "11", "65535", "", "", "", "", "", ""],
  ]);
});

test("Wireshark reads in our SoupBinTCP stream what we wrote", options, () => {
  const account = { username: "USER", password: "secret" };
  const codec = soupRecovery.create(soupRecovery.options.parse(account), { epochMs: 0 });
  const server = serverOf(codec);
  const nobody = (): void => {};
  const client = codec.client({
    message: nobody,
    accepted: nobody,
    refused: nobody,
    answered: nobody,
    reply: nobody,
    fault: nobody,
  });
  const session = "FEEDLAB001";
  const asked = { session, from: 42, until: 44 };
  const login = client.ask(1, asked);
  server.feed(login);
  server.dialogue.begin(1, asked, 0);
  server.dialogue.message(42, utf8.encode("hello"));
  server.dialogue.message(43, new Uint8Array());
  server.dialogue.heartbeat!(0);
  server.dialogue.endOfSession!(0);
  const up = (payload: Uint8Array): Sent => ({ over: "tcp", from: CLIENT, to: PORT, payload });
  const down = (payload: Uint8Array): Sent => ({ over: "tcp", from: PORT, to: CLIENT, payload });
  const replies = repliesIn(server.take()).map(down);
  // Its fields for the numbers hold an X; only the text has them.
  const printed = dissected(
    [up(login), ...replies, up(client.heartbeat!()), up(client.leave!())],
    `tcp.port==${PORT},soupbintcp`,
    ["-V", "-O", "soupbintcp"],
  );
  const lines = printed.split("\n").map((line) => line.trim());
  assertEquals(
    lines.filter((line) => line !== "" && !/^(?:Frame|Internet|Transmission)/.test(line)),
    STREAM.trim().split(/\n\s*/),
  );
});

const STREAM = `
  SoupBinTCP, Login Request
    Packet Length: 47
    Packet Type: Login Request ('L')
    User Name: USER
    Password: secret
    Session: FEEDLAB001
    Requested sequence number: 42
  SoupBinTCP, Login Accepted
    Packet Length: 31
    Packet Type: Login Accepted ('A')
    Session: FEEDLAB001
    Next sequence number: 42
  SoupBinTCP, Sequenced Data, SeqNum=42
    Packet Length: 6
    Packet Type: Sequenced Data ('S')
    Sequence number: 42 (Calculated)
    Message: 68656c6c6f
  SoupBinTCP, Sequenced Data, SeqNum=43
    Packet Length: 1
    Packet Type: Sequenced Data ('S')
    Sequence number: 43 (Calculated)
    Message: <MISSING>
  SoupBinTCP, Server Heartbeat
    Packet Length: 1
    Packet Type: Server Heartbeat ('H')
  SoupBinTCP, End of Session
    Packet Length: 1
    Packet Type: End of Session ('Z')
  SoupBinTCP, Client Heartbeat
    Packet Length: 1
    Packet Type: Client Heartbeat ('R')
  SoupBinTCP, Logout Request
    Packet Length: 1
    Packet Type: Logout Request ('O')
`;
