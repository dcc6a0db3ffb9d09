import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { createView } from "../../modules/codecs/codec.ts";
import { main } from "../../modules/commands/main.ts";
import { RangeSet } from "../../modules/core/ranges.ts";
import type { SeqRange } from "../../modules/core/seq.ts";
import type { PacketRef } from "../../modules/impairments/impairment.ts";
import { protocolOf } from "../../modules/scenario/feed.ts";
import { loadScenario, type Scenario } from "../../modules/scenario/load.ts";
import { planScenario, rehearse } from "../../modules/scenario/plan.ts";
import { runScenario } from "../../modules/scenario/run.ts";
import { openFile } from "../../modules/worlds/file.ts";
import { SIM_EPOCH_MS, SimWorld } from "../../modules/worlds/sim.ts";
import { memoryFile } from "../support/capture.ts";
import { FakeShell } from "../support/fake-shell.ts";
import { replay } from "../support/replay.ts";
import { parseSession } from "../support/session.ts";
import { packetsOf, type Taped } from "../support/tape.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "feedlab-capture-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const SEED = "7";

const TWO_LINES = `feedlab: 1
name: two lines
feed:
  { protocol: moldudp64, session: CAPTURE001, messages: 400, rate: 1k/s, batch: { messages: 2 },
    heartbeat: 30ms, end_of_session: { count: 2, every: 5ms } }
lines:
  A: { group: 239.192.1.1:6000 }
  B: { group: 239.192.1.2:6000, skew: 500us }
impair:
  - { name: burst loss, drop: { seq: "20..26,100..103" } }
  - { drop: { chance: 3% }, line: A }
  - { duplicate: { every: 11, after: 2ms }, line: A }
  - { delay: { by: 3ms }, line: B, seq: "150..180" }
  - { corrupt: { every: 40 }, line: B }
recovery: { listen: 127.0.0.1:7000 }
`;

/** Nothing in it can be taken for another packet. */
const UNDAMAGED = TWO_LINES.replace("  - { corrupt: { every: 40 }, line: B }\n", "");

interface Captured {
  readonly scenario: Scenario;
  readonly bytes: Uint8Array;
  readonly packets: readonly Taped[];
  readonly shell: FakeShell;
  readonly code: number;
}

/** Runs a scenario as the command line does. */
async function capture(text: string, ...words: readonly string[]): Promise<Captured> {
  const [file, out] = ["run.yaml", "run.pcapng"].map((name) => join(folder, name));
  writeFileSync(file!, text);
  const shell = new FakeShell();
  const given = ["--seed", SEED, "--pcap", out!, ...words];
  const code = await main(["scenario", "run", file!, ...given], shell);
  const { scenario } = loadScenario(text, file!);
  const bytes = new Uint8Array(readFileSync(out!));
  const packets = packetsOf(memoryFile(out!, bytes), SIM_EPOCH_MS);
  return { scenario: scenario!, bytes, packets, shell, code };
}

/** What a feed's schedule says of its lines: when, what, and which rule dropped it. */
function planned(scenario: Scenario, feed = scenario.feeds[0]): string[] {
  const { lines } = feed;
  const packets: string[] = [];
  const note = (line: number, { bytes }: PacketRef, dueNs: number, comment = ""): void => {
    packets.push(`${lines[line]!.name} ${dueNs} ${shown(bytes)} ${comment}`);
  };
  rehearse(feed, SEED, {
    began: () => {},
    published: () => {},
    touched: () => {},
    finished: () => {},
    send: note,
    dropped: (line, packet, rule, dueNs) =>
      note(line, packet, dueNs, `dropped by rule ${JSON.stringify(rule)}`),
  });
  return packets;
}

function taped(packets: readonly Taped[], line: string): string[] {
  return packets
    .filter((packet) => packet.line === line)
    .map(({ atNs, payload, comments }) => `${line} ${atNs} ${shown(payload)} ${comments.join()}`);
}

/** The header and the length: a plan's messages bear other times of day than a run's. */
function shown(bytes: Uint8Array): string {
  const header = Array.from(bytes.subarray(0, HEADER_BYTES), (byte) => byte.toString(16));
  return `${header.join(" ")} ${bytes.length}`;
}

const HEADER_BYTES = 20;

test("each packet is in the file when its schedule says, dropped ones too", async () => {
  const { scenario, packets, code, shell } = await capture(TWO_LINES, "--time", "virtual");
  assertEquals([code, shell.errors], [0, []]);
  const plan = planned(scenario);
  for (const line of ["A", "B"]) {
    const expected = plan.filter((packet) => packet.startsWith(`${line} `));
    assert(expected.length > 200);
    assertEquals(taped(packets, line), expected);
  }
  const times = packets.map(({ atNs }) => atNs);
  assertEquals(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test("the packets of the file are those of the plan, number for number", async () => {
  const { scenario, packets } = await capture(TWO_LINES, "--time", "virtual");
  const [plan] = planScenario(scenario, SEED);
  const codec = protocolOf(scenario.feeds[0].feed, SIM_EPOCH_MS).packets;
  const view = createView(codec.messagesMax);
  for (const { name, packets: sent } of plan.lines) {
    const left = packets.filter(({ line, comments }) => line === name && comments.length === 0);
    assertEquals(left.length, sent, name);
  }
  const dropped = plan.rules.filter((rule) => rule.dropped.length > 0);
  assertEquals(new Set(dropped.map(({ line }) => line)), new Set(["A", "B"]));
  for (const { line, rule, dropped: wanted } of dropped) {
    const ranges: SeqRange[] = packets
      .filter((packet) => packet.line === line)
      .filter(({ comments }) => comments.includes(`dropped by rule ${JSON.stringify(rule)}`))
      .map(({ payload }) => {
        assertEquals(codec.decode(payload, view), undefined);
        return { from: view.seq, until: view.seq + view.count };
      });
    assertEquals([...RangeSet.of(ranges)], wanted, `${line} ${rule}`);
  }
});

test("a message that was lost of a packet is in the file by itself", async () => {
  const text = UNDAMAGED.replace("drop: { chance: 3% }", "drop: { chance: 10% }, unit: message");
  const { scenario, packets } = await capture(text, "--time", "virtual");
  const [plan] = planScenario(scenario, SEED);
  const { dropped } = plan.rules.find(({ rule }) => rule.includes("10%"))!;
  const codec = protocolOf(scenario.feeds[0].feed, SIM_EPOCH_MS).packets;
  const view = createView(codec.messagesMax);
  const lost = packets.filter(({ comments }) => comments.some((text) => text.includes("10%")));
  const numbers = lost.map(({ payload }) => {
    assertEquals([codec.decode(payload, view), view.count], [undefined, 1]);
    return { from: view.seq, until: view.seq + 1 };
  });
  assert(numbers.length > 10);
  assertEquals([...RangeSet.of(numbers)], dropped);
});

test("recovery is in the file once, and a run is the same file each time", async () => {
  const { scenario, packets, bytes } = await capture(TWO_LINES, "--time", "virtual");
  const [run] = await runScenario(scenario, new SimWorld(), { seed: SEED });
  const asked = packets.filter(({ line, to }) => line === "recovery" && to === "127.0.0.1:7000");
  assertEquals(asked.length, run.recovery.requests);
  assert(asked.length > 0);
  const answers = packets.filter(
    ({ line, from }) => line === "recovery" && from === "127.0.0.1:7000",
  );
  const answered = answers.reduce((sum, { payload }) => sum + payload.length, 0);
  assertEquals(answered, run.recovery.bytes);
  assertEquals((await capture(TWO_LINES, "--time", "virtual")).bytes, bytes);
});

test("over TCP, what was said stands in its segments", async () => {
  const text = `feedlab: 1
name: tcp
feed: { messages: 20, rate: 1k/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [{ drop: { seq: "5,9..11" } }]
recovery: { listen: 127.0.0.1:7000 }
`;
  const { scenario, packets } = await capture(text, "--time", "virtual");
  const [run] = await runScenario(scenario, new SimWorld(), { seed: SEED });
  const recovery = packets.filter(({ line }) => line === "recovery");
  const from = (end: boolean): number =>
    recovery
      .filter((packet) => (packet.from === "127.0.0.1:7000") === end)
      .reduce((sum, { payload }) => sum + payload.length, 0);
  assertEquals(from(true), run.recovery.bytes);
  const opened = recovery.filter(({ flags }) => flags.join() === "syn");
  assertEquals(opened.length, new Set(opened.map(({ from: client }) => client)).size);
  // The demo's server closes after each answer.
  assertEquals(opened.length, run.recovery.requests);
});

test("repairs that are sent to a group are on an interface of their own", async () => {
  const text = `feedlab: 1
name: repairs
feed: { protocol: nyse_xdp, messages: 200, rate: 1k/s, heartbeat: 20ms }
lines: { A: { group: 239.192.1.1:6000 } }
impair: [{ drop: { seq: "20..26,100..103" } }]
recovery: { listen: 127.0.0.1:7000, repairs: 239.192.1.9:6009 }
expect: [delivered == 100%]
`;
  const { scenario, packets, code } = await capture(text, "--time", "virtual");
  assertEquals(code, 0);
  const repairs = packets.filter(({ line }) => line === "repairs");
  const codec = protocolOf(scenario.feeds[0].feed, SIM_EPOCH_MS).packets;
  const view = createView(codec.messagesMax);
  const repaired = RangeSet.of(
    repairs.map(({ payload }) => {
      assertEquals(codec.decode(payload, view), undefined);
      return { from: view.seq, until: view.seq + view.count };
    }),
  );
  assertEquals(
    [...repaired],
    [
      { from: 20, until: 27 },
      { from: 100, until: 104 },
    ],
  );
  assertEquals(new Set(repairs.map(({ to }) => to)), new Set(["239.192.1.9:6009"]));
});

test("of several feeds, each line is named with its feed", async () => {
  const feed = (name: string, group: string, port: number): string => `  ${name}:
    feed: { messages: 30, rate: 1k/s }
    lines: { A: { group: ${group} } }
    impair: [{ drop: { every: 10 } }]
    recovery: { listen: 127.0.0.1:${port} }
`;
  const { scenario, packets } = await capture(
    `feedlab: 1
name: tapes
feeds:
${feed("tapeA", "239.192.1.1:6000", 7001)}${feed("tapeB", "239.192.1.2:6000", 7002)}`,
    "--time",
    "virtual",
  );
  assertEquals(
    new Set(packets.map(({ line }) => line)),
    new Set(["tapeA A", "tapeB A", "tapeA recovery", "tapeB recovery"]),
  );
  for (const one of scenario.feeds) {
    const expected = planned(scenario, one).map((packet) => `${one.name} ${packet}`);
    assertEquals(taped(packets, `${one.name} A`), expected);
  }
});

test("a capture of a feed is a source of the same feed", async () => {
  await capture(UNDAMAGED, "--time", "virtual");
  const file = join(folder, "run.pcapng");
  const { scenario, problems } = loadScenario(
    `feedlab: 1
name: again
feed:
  protocol: moldudp64
  source: { pcap: { file: ${file}, group: [239.192.1.1:6000, 239.192.1.2:6000] } }
lines: { A: { group: 239.192.1.3:6000 } }
expect: [delivered == 100%]
`,
    "again.yaml",
    {},
    undefined,
    (path) => openFile(path),
  );
  assertEquals(problems, []);
  const [run] = await runScenario(scenario!, new SimWorld(), { seed: SEED });
  assertEquals([run.first, run.next, run.delivered], [1, 401, 400]);
  // Two messages a packet, as they were packed.
  assertEquals(run.lines[0]!.packetsSent, 200);
});

test("a run that is recorded is the run that is not", async () => {
  const { scenario, shell } = await capture(TWO_LINES, "--time", "virtual", "--output", "json");
  const plain = new FakeShell();
  const file = join(folder, "run.yaml");
  const given = ["--seed", SEED, "--time", "virtual", "--output", "json"];
  await main(["scenario", "run", file, ...given], plain);
  assertEquals(scenario.feeds.length, 1);
  assertEquals(shell.said, plain.said);
});

test("a run that is interrupted leaves a whole file", async () => {
  const shell = new FakeShell();
  shell.interrupted = Promise.resolve();
  const [file, out] = [join(folder, "run.yaml"), join(folder, "early.pcapng")];
  writeFileSync(file, TWO_LINES);
  const code = await main(["scenario", "run", file, "--time", "virtual", "--pcap", out], shell);
  assertEquals(code, 130);
  const bytes = new Uint8Array(readFileSync(out));
  packetsOf(memoryFile(out, bytes), SIM_EPOCH_MS);
  assert(bytes.length > 0);
});

test("a capture that a feed is read from is not written over", async () => {
  const { bytes } = await capture(UNDAMAGED, "--time", "virtual");
  const file = join(folder, "over.yaml");
  const [out, group] = [join(folder, "run.pcapng"), "[239.192.1.1:6000, 239.192.1.2:6000]"];
  writeFileSync(
    file,
    `feedlab: 1
name: over
feed: { protocol: moldudp64, source: { pcap: { file: run.pcapng, group: ${group} } } }
lines: { A: { group: 239.192.1.3:6000 } }
`,
  );
  const shell = new FakeShell();
  const code = await main(["scenario", "run", file, "--time", "virtual", "--pcap", out], shell);
  assertEquals(
    [code, shell.errors],
    [2, [`feedlab: Cannot write "${out}": the feed comes from it: choose another name`]],
  );
  assertEquals(new Uint8Array(readFileSync(out)), bytes);
});

/** What commands that meet write, each for itself. */
async function captureEach(...typed: readonly string[]): Promise<Taped[][]> {
  const files = typed.map((_, i) => join(folder, `terminal${i}.pcapng`));
  const session = parseSession(
    typed
      .map((words, i) => `=== terminal ${i + 1}\n$ feedlab ${words} --pcap ${files[i]}\n[exit 0]`)
      .join("\n\n"),
  );
  const blocks = await replay(session);
  const shown = blocks.map((block) => block.shown.join("\n")).join("\n");
  const ended = blocks.map((block) => block.shown.at(-1));
  assertEquals(new Set(ended), new Set(["[exit 0]"]), shown);
  return files.map((file) =>
    packetsOf(memoryFile(file, new Uint8Array(readFileSync(file))), SIM_EPOCH_MS),
  );
}

function bytesOf(packets: readonly Taped[], from: string): string {
  const said = packets.filter((packet) => packet.line === "recovery" && packet.from === from);
  return said.map(({ payload }) => new TextDecoder().decode(payload)).join("");
}

test("a publisher and a listener each have their side of it", async () => {
  const [heard = [], sent = []] = await captureEach(
    "listen --messages 22",
    "serve --messages 22 --rate 100/s --recovery 127.0.0.1:7000",
  );
  const [all, received] = [sent, heard].map((packets) =>
    packets.filter(({ line }) => line === "A"),
  );
  // The demo's own loss: every fifth of 22.
  const lost = all!.flatMap(({ comments }, i) => (comments.length === 0 ? [] : [i + 1]));
  assertEquals(lost, [5, 10, 15, 20]);
  const left = all!.filter(({ comments }) => comments.length === 0);
  assertEquals(
    received!.map(({ from, to, payload }) => ({ from, to, payload })),
    left.map(({ from, to, payload }) => ({ from, to, payload })),
  );
  const server = "127.0.0.1:7000";
  assert(bytesOf(sent, server).includes("SEQ:20"));
  assertEquals(bytesOf(sent, server), bytesOf(heard, server));
  const clients = (packets: readonly Taped[]): Set<string> =>
    new Set(packets.filter(({ to }) => to === server).map(({ from }) => from));
  assertEquals(clients(sent), clients(heard));
});

test("a recovery server that stands alone has what it was asked", async () => {
  const [answered = [], heard = []] = await captureEach(
    "recover --messages 4",
    "listen --messages 22",
    "serve --messages 22 --rate 100/s",
  );
  assertEquals(new Set(answered.map(({ line }) => line)), new Set(["recovery"]));
  const server = "127.0.0.1:7000";
  assert(bytesOf(answered, server).includes("SEQ:20"));
  assertEquals(bytesOf(answered, server), bytesOf(heard, server));
});

const noFull: string | false = existsSync("/dev/full") ? false : "there is no /dev/full";

test(
  "a full disk is told once, and the feed is judged all the same",
  { skip: noFull },
  async () => {
    const shell = new FakeShell();
    const file = join(folder, "run.yaml");
    writeFileSync(file, UNDAMAGED.replace("messages: 400", "messages: 20k"));
    const words = ["--time", "virtual", "--quiet", "--pcap", "/dev/full"];
    const code = await main(["scenario", "run", file, ...words], shell);
    assertEquals(shell.errors, [
      'feedlab: Cannot write "/dev/full": the disk is full: make room, or write elsewhere',
    ]);
    assert(shell.said.includes("PASSED: two lines"), shell.said);
    assertEquals(code, 3);
  },
);
