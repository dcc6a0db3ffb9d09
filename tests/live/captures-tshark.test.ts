/** What Wireshark, which nobody here wrote, makes of our captures. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { CaptureWriter } from "../../modules/captures/writer.ts";
import { FileSink } from "../../modules/worlds/file.ts";

const noTshark: string | false =
  spawnSync("tshark", ["--version"]).status === 0 ? false : "tshark is not installed";

const CHECKSUMS = ["ip", "udp", "tcp"].flatMap((name) => ["-o", `${name}.check_checksum:TRUE`]);
const GOOD = "1";

const utf8 = new TextEncoder();
const PUBLISHER = { host: "192.0.2.7", port: 40_000 };
// Ports that tshark takes for nobody else's protocol.
const CLIENT = { host: "127.0.0.1", port: 45_555 };
const SERVER = { host: "127.0.0.1", port: 47_001 };
const SAID = new Uint8Array(5000).map((_, i) => i % 251);

function tshark(file: string, ...args: readonly string[]): string[] {
  const { status, stdout, stderr } = spawnSync("tshark", ["-r", file, ...args], {
    encoding: "utf8",
  });
  assertEquals(status, 0, stderr);
  return stdout.trimEnd().split("\n");
}

/** The values of fields, packet by packet. */
function fieldsOf(file: string, filter: string, ...fields: readonly string[]): string[][] {
  const names = fields.flatMap((field) => ["-e", field]);
  const lines = tshark(file, ...CHECKSUMS, "-Y", filter, "-T", "fields", ...names);
  return lines.filter((line) => line !== "").map((line) => line.split("\t"));
}

function inCapture(run: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-"));
  const file = join(folder, "run.pcapng");
  try {
    const sink = new FileSink(file);
    writeCapture(new CaptureWriter((bytes) => sink.write(bytes), Date.UTC(2025, 0, 2, 14, 30)));
    sink.close();
    run(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeCapture(writer: CaptureWriter): void {
  const [a, b, recovery] = ["A", "B", "recovery"].map((name) => writer.line(name));
  for (let i = 0; i < 40; i++) {
    const group = { host: `239.192.1.${1 + (i % 2)}`, port: 6000 };
    const comment = i === 5 ? "dropped: every 5 – π" : undefined;
    const line = i % 2 === 0 ? a! : b!;
    writer.udp(line, i * 1_000_000_007, PUBLISHER, group, utf8.encode("x".repeat(i)), comment);
  }
  const whole = writer.connection(recovery!, CLIENT, SERVER);
  whole.opened(50e9);
  whole.data(50e9 + 1, "client", utf8.encode("GET SEQ:6\n"));
  whole.data(50e9 + 2, "server", SAID, "answers");
  whole.ended(50e9 + 3, "server");
  whole.ended(50e9 + 4, "client");
  writer.connection(recovery!, CLIENT, SERVER).refused(51e9);
  const broken = writer.connection(recovery!, CLIENT, SERVER);
  broken.opened(52e9);
  broken.reset(52e9, "client");
}

test("nothing is malformed and every checksum is good", { skip: noTshark }, () =>
  inCapture((file) => {
    // That a port is used again is so, and is told apart by the numbers.
    const wrong = "_ws.malformed || (tcp.analysis.flags && !tcp.analysis.reused_ports)";
    assertEquals(fieldsOf(file, wrong, "frame.number"), []);
    const udp = fieldsOf(file, "udp", "ip.checksum.status", "udp.checksum.status");
    assertEquals([udp.length, ...new Set(udp.flat())], [40, GOOD]);
    const tcp = fieldsOf(file, "tcp", "ip.checksum.status", "tcp.checksum.status");
    assertEquals(new Set(tcp.flat()), new Set([GOOD]));
  }),
);

test("times, lines, groups and comments are as they were given", { skip: noTshark }, () =>
  inCapture((file) => {
    const fields = ["frame.time_epoch", "frame.interface_name", "eth.dst", "udp.length"];
    const packets = fieldsOf(file, "udp", ...fields);
    assertEquals(packets[3], ["1735828203.000000021", "B", "01:00:5e:40:01:02", "11"]);
    assertEquals(packets[38], ["1735828238.000000266", "A", "01:00:5e:40:01:01", "46"]);
    const marked = fieldsOf(file, "frame.comment", "frame.number", "frame.comment");
    assertEquals(
      marked.map(([number, comment]) => [number, comment]),
      [
        ["6", "dropped: every 5 – π"],
        ["45", "answers"],
      ],
    );
  }),
);

test("what was said over TCP is put together again", { skip: noTshark }, () =>
  inCapture((file) => {
    const followed = tshark(file, "-q", "-z", "follow,tcp,raw,0");
    const said = followed.filter((line) => /^\t[0-9a-f]+$/.test(line)).map((line) => line.trim());
    const asked = followed.filter((line) => /^[0-9a-f]{8,}$/.test(line));
    const hexOf = (bytes: Uint8Array): string =>
      Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    assertEquals(said.join(""), hexOf(SAID));
    assertEquals(asked.join(""), hexOf(utf8.encode("GET SEQ:6\n")));
    assertEquals(fieldsOf(file, "tcp.flags.syn == 1 && tcp.flags.ack == 0", "tcp.stream").flat(), [
      "0",
      "1",
      "2",
    ]);
  }),
);
