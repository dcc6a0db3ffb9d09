/** A run on real sockets, as Wireshark sees its capture. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { main } from "../../modules/commands/main.ts";
import { openLiveWorld } from "../../modules/worlds/live.ts";
import type { World } from "../../modules/worlds/world.ts";
import { FakeShell } from "../support/fake-shell.ts";

const found = spawnSync("tshark", ["--version"]).status === 0;
const options = { skip: found ? false : "tshark is not installed", timeout: 60_000 };

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "feedlab-pcap-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

class LiveShell extends FakeShell {
  override openWorld(): Promise<World> {
    return Promise.resolve(openLiveWorld());
  }
}

const CHECKSUMS = ["ip", "udp", "tcp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);

/** Runs a scenario on real sockets; returns where its capture is. */
async function capture(name: string, text: string): Promise<string> {
  const [file, out] = ["yaml", "pcapng"].map((ending) => join(folder, `${name}.${ending}`));
  writeFileSync(file!, text);
  const shell = new LiveShell();
  const words = ["--seed", "7", "--time", "real", "--quiet", "--pcap", out!];
  const code = await main(["scenario", "run", file!, ...words], shell);
  assertEquals([code, shell.errors], [0, []], shell.said);
  return out!;
}

function tshark(file: string, ...args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync(
    "tshark",
    ["-r", file, ...CHECKSUMS, "--disable-protocol", "ouch", ...args],
    { encoding: "utf8" },
  );
  assertEquals(status, 0, stderr);
  return stdout.split("\n").filter((line) => line !== "");
}

function fieldsOf(file: string, filter: string, ...fields: readonly string[]): string[][] {
  const names = fields.flatMap((field) => ["-e", field]);
  const decode = ["-d", `udp.port==${GROUP_PORT},moldudp64`];
  const lines = tshark(file, ...decode, "-Y", filter, "-T", "fields", ...names);
  return lines.map((line) => line.split("\t"));
}

const GROUP_PORT = 26_611;
const SERVER_PORT = 27_611;
const GOOD = "1";

const MOLD = `feedlab: 1
name: mold
feed:
  { protocol: moldudp64, session: LIVE000001, messages: 100, rate: 1k/s, batch: { messages: 2 } }
lines: { A: { group: "239.192.61.1:${GROUP_PORT}" } }
impair:
  - { name: burst loss, drop: { seq: "21..24" } }
recovery: { listen: "127.0.0.1:${SERVER_PORT}" }
expect: [delivered == 100%]
`;

test("MoldUDP64 on real sockets: numbers, comments, checksums", options, async () => {
  const file = await capture("mold", MOLD);
  assertEquals(fieldsOf(file, "_ws.malformed", "frame.number"), []);
  const sums = fieldsOf(file, "udp", "ip.checksum.status", "udp.checksum.status");
  assertEquals(new Set(sums.flat()), new Set([GOOD]));
  const seen = fieldsOf(
    file,
    `udp.dstport == ${GROUP_PORT} && moldudp64.count > 0`,
    "moldudp64.session",
    "moldudp64.sequence",
    "frame.comment",
    "frame.interface_name",
  );
  const wanted = Array.from({ length: 50 }, (_, i) => {
    const seq = 1 + 2 * i;
    const dropped = seq === 21 || seq === 23;
    return ["LIVE000001", `${seq}`, dropped ? 'dropped by rule "burst loss"' : "", "A"];
  });
  assertEquals(seen, wanted);
  // The senders are true ones: each asks from its own port.
  const asked = fieldsOf(file, `udp.dstport == ${SERVER_PORT}`, "udp.srcport", "ip.src");
  assert(asked.length > 0);
  assert(asked.every(([port, host]) => Number(port) > 1024 && host === "127.0.0.1"));
});

test("recovery over TCP on real sockets can be followed", options, async () => {
  const file = await capture(
    "demo",
    `feedlab: 1
name: demo
feed: { messages: 40, rate: 1k/s }
lines: { A: { group: "239.192.61.2:${GROUP_PORT + 1}" } }
impair: [{ drop: { seq: "11" } }]
recovery: { listen: "127.0.0.1:${SERVER_PORT + 1}" }
expect: [delivered == 100%]
`,
  );
  assertEquals(fieldsOf(file, "_ws.malformed || tcp.analysis.flags", "frame.number"), []);
  const sums = fieldsOf(file, "tcp", "ip.checksum.status", "tcp.checksum.status");
  assertEquals(new Set(sums.flat()), new Set([GOOD]));
  const followed = tshark(file, "-q", "-z", "follow,tcp,ascii,0").join("\n");
  assert(followed.includes("SEQ:11"), followed);
  const ends = fieldsOf(file, "tcp.flags.fin == 1 || tcp.flags.reset == 1", "tcp.stream");
  assert(ends.length > 0);
});
