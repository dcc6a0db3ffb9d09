/** Programs that speak the ancestor's wire format work against each of our commands. */
import { connect } from "node:net";
import { test } from "node:test";
import { assert, assertEquals } from "@std/assert";
import { type Endpoint, formatEndpoint } from "../../modules/core/units.ts";
import {
  ANCESTOR_STORE,
  AncestorClient,
  AncestorRecovery,
  askAsAncestor,
  FULL_STORE,
  type Open,
  publishAsAncestor,
} from "../support/ancestor.ts";
import { Programs } from "../support/program.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

/** More than a program's own watchdog, which tells what the program said. */
const watchdog = { timeout: 30_000 };

interface Stage {
  readonly programs: Programs;
  readonly group: Endpoint;
  readonly server: Endpoint;
  /** Closed when the test ends. */
  readonly keep: <T extends Open>(opening: Promise<T>) => Promise<T>;
}

function check(what: string, body: (stage: Stage) => Promise<void>): void {
  void test(what, watchdog, async () => {
    const programs = new Programs();
    const open: Open[] = [];
    const keep = async <T extends Open>(opening: Promise<T>): Promise<T> => {
      const opened = await opening;
      open.push(opened);
      return opened;
    };
    try {
      await body({ programs, group: aLine().group, server: anAddress(), keep });
    } finally {
      await programs.stop();
      await Promise.all(open.map((opened) => opened.close()));
    }
  });
}

/** What a listener shows of messages 1 to 22 when each 5th comes from `answer`. */
function story(answer: (seq: number) => string): string[] {
  return Array.from({ length: 22 }, (_, i) => i + 1).flatMap((seq) => {
    if (seq % 5 === 0) return [];
    const lost = seq - 1;
    const received = `Received: SEQ:${seq}|PRICE:${100 + seq}`;
    if (seq === 1 || lost % 5 !== 0) return [received];
    return [
      received,
      `⚠️ Missing packet(s)! Requesting SEQ:${lost} from recovery server...`,
      `Sending recovery request: GET SEQ:${lost}`,
      answer(lost),
    ];
  });
}

const recovered = (seq: number): string => `✅ Recovered: Recovered data for SEQ:${seq}`;

/** Our listener hears on while it asks, so only the lines of one gap have an order. */
function assertTold(lines: readonly string[], expected: readonly string[]): void {
  const told = lines.filter((line) => expected.includes(line));
  assertEquals(told.toSorted(), expected.toSorted());
  const at = (line: string): number => told.indexOf(line);
  for (const [i, line] of expected.entries()) {
    if (i > 0 && !line.startsWith("Received")) assert(at(expected[i - 1]!) < at(line), line);
  }
  const heard = (all: readonly string[]): string[] => all.filter((l) => l.startsWith("Received"));
  assertEquals(heard(told), heard(expected));
}

check("its publisher, our listen, our recover", async ({ programs, group, server }) => {
  await programs.start(`recover --listen ${formatEndpoint(server)}`).ready();
  const where = `--group ${formatEndpoint(group)} --recovery ${formatEndpoint(server)}`;
  const listen = await programs.start(`listen ${where} --messages 22`).ready();
  await publishAsAncestor(group, 22);
  const { code, out } = await listen.ended;
  assertEquals(code, 0);
  assertTold(out, story(recovered));
});

check("its publisher, our listen, its recovery server", async (stage) => {
  const { programs, group, server, keep } = stage;
  const recovery = await keep(AncestorRecovery.open(server, ANCESTOR_STORE));
  const where = `--group ${formatEndpoint(group)} --recovery ${formatEndpoint(server)}`;
  const listen = await programs.start(`listen ${where} --messages 22`).ready();
  await publishAsAncestor(group, 22);
  const { code, out } = await listen.ended;
  assertEquals(code, 0);
  assertTold(
    out,
    story((seq) => (seq === 5 ? "❌ No data received for SEQ:5" : recovered(seq))),
  );
  assertEquals(recovery.requests.toSorted(), [
    "GET SEQ:10",
    "GET SEQ:15",
    "GET SEQ:20",
    "GET SEQ:5",
  ]);
});

check("its publisher, its client, our recover", async ({ programs, group, server, keep }) => {
  const recover = await programs.start(`recover --listen ${formatEndpoint(server)}`).ready();
  const client = await keep(AncestorClient.open(group, server));
  await publishAsAncestor(group, 22);
  await client.line("Received: SEQ:22|PRICE:122");
  assertEquals(client.lines, story(recovered));
  await recover.line("Received request: GET SEQ:20");
});

check("our serve, its client, our recover", async ({ programs, group, server, keep }) => {
  await programs.start(`recover --listen ${formatEndpoint(server)}`).ready();
  const client = await keep(AncestorClient.open(group, server));
  const feed = "--interval 5ms --messages 22";
  const { code } = await programs.run(`serve --group ${formatEndpoint(group)} ${feed}`);
  assertEquals(code, 0);
  await client.line("Received: SEQ:22|PRICE:122");
  assertEquals(client.lines, story(recovered));
});

check("our serve, its client, its recovery server", async ({ programs, group, server, keep }) => {
  await keep(AncestorRecovery.open(server, FULL_STORE));
  const client = await keep(AncestorClient.open(group, server));
  const feed = "--interval 5ms --messages 22";
  const { code } = await programs.run(`serve --group ${formatEndpoint(group)} ${feed}`);
  assertEquals(code, 0);
  await client.line("Received: SEQ:22|PRICE:122");
  assertEquals(client.lines, story(recovered));
});

check("our serve with --recovery, its client", async ({ programs, group, server, keep }) => {
  const client = await keep(AncestorClient.open(group, server));
  const where = `--group ${formatEndpoint(group)} --recovery ${formatEndpoint(server)}`;
  const { code } = await programs.run(`serve ${where} --interval 5ms --messages 22`);
  assertEquals(code, 0);
  await client.line("Received: SEQ:22|PRICE:122");
  assertEquals(client.lines, story(recovered));
});

check("our serve, our listen, its recovery server", async (stage) => {
  const { programs, group, server, keep } = stage;
  await keep(AncestorRecovery.open(server, FULL_STORE));
  const at = formatEndpoint(group);
  const listen = await programs
    .start(`listen --group ${at} --recovery ${formatEndpoint(server)} --messages 22`)
    .ready();
  const { code } = await programs.run(`serve --group ${at} --interval 5ms --messages 22`);
  assertEquals(code, 0);
  const ended = await listen.ended;
  assertEquals(ended.code, 0);
  assertTold(ended.out, story(recovered));
});

check("our recover answers whatever way it is asked", async ({ programs, server }) => {
  const recover = await programs
    .start(`recover --listen ${formatEndpoint(server)} --last 100`)
    .ready();
  const ways: [parts: string[], end: boolean, answer: string][] = [
    [["GET SEQ:7"], false, "Recovered data for SEQ:7"],
    [["GET SEQ:7"], true, "Recovered data for SEQ:7"],
    [["GET SEQ:17\n"], false, "Recovered data for SEQ:17"],
    [["GET SEQ:17\r\n"], false, "Recovered data for SEQ:17"],
    [["  GET SEQ: 17  "], false, "Recovered data for SEQ:17"],
    // One digit: a pause within a longer number could be taken for its end.
    ["GET SEQ:8".split(""), false, "Recovered data for SEQ:8"],
    ["GET SEQ:18\n".split(""), false, "Recovered data for SEQ:18"],
    [["GET SEQ:101"], false, "Not found"],
    [["GET SEQ:0"], false, "Not found"],
    [["GET SEQ:99999999999999999999"], false, "Not found"],
    [["GET SEQ:x\n"], false, "Not found"],
    [["HELLO\n"], false, "Not found"],
    [["\0\xff\xfe garbage"], true, "Not found"],
    [[""], true, ""],
  ];
  await Promise.all(
    ways.map(async ([parts, end, answer]) => {
      assertEquals(await askInParts(server, parts, end), answer, JSON.stringify(parts));
    }),
  );
  assertEquals(await askAsAncestor(server, 10), "Recovered data for SEQ:10");
  recover.interrupt();
  const { code, out } = await recover.ended;
  assertEquals(code, 130);
  assert(out.includes("Received request: GET SEQ:18"), out.join("\n"));
  assert(out.includes("Received request: GET SEQ: 17"), out.join("\n"));
  assert(out.some((line) => /^❌ Refused 127\.0\.0\.1:\d+: not a request: "HELLO"$/.test(line)));
});

check("our recover ends with who asks nothing, or too much, and goes on", async (stage) => {
  const { programs, server } = stage;
  const recover = await programs.start(`recover --listen ${formatEndpoint(server)}`).ready();
  const silent = askInParts(server, [""], false);
  const half = askInParts(server, ["GET SE"], false);
  const long = askInParts(server, ["x".repeat(5000)], false);
  assertEquals(await askAsAncestor(server, 10), "Recovered data for SEQ:10");
  assertEquals(await Promise.all([silent, half, long]), ["", "", ""]);
  const refused = recover.out.filter((line) => line.startsWith("❌ Refused"));
  assertEquals(
    refused.map((line) => line.replace(/^❌ Refused 127\.0\.0\.1:\d+: /, "")).toSorted(),
    [
      "a request of more than 256 bytes",
      "no complete request within 5s",
      "no complete request within 5s",
    ],
  );
  assertEquals(await askAsAncestor(server, 11), "Recovered data for SEQ:11");
});

/** Sends each part in a segment of its own, then reads until the server closes. */
function askInParts({ host, port }: Endpoint, parts: readonly string[], end: boolean) {
  return new Promise<string>((resolve) => {
    let answer = "";
    const socket = connect({ host, port, allowHalfOpen: true });
    socket.setNoDelay(true);
    socket.on("connect", () => {
      void (async () => {
        for (const part of parts) {
          await new Promise<void>((sent) => socket.write(part, "latin1", () => sent()));
        }
        if (end) socket.end();
      })();
    });
    socket.on("data", (bytes: Uint8Array) => (answer += new TextDecoder().decode(bytes)));
    socket.on("end", () => socket.destroy());
    // A connection that was dropped may end in a reset.
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}
