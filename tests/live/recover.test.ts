/** What a server does wrong and tells of it, and snapshots, as people start them: on real sockets. */
import { connect } from "node:net";
import process from "node:process";
import { test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { formatEndpoint } from "../../modules/core/units.ts";
import { type Ended, Programs } from "../support/program.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

/** More than a program's own watchdog, which tells what the program said. */
const watchdog = { timeout: 30_000 };

function check(what: string, body: (programs: Programs) => Promise<void>): void {
  void test(what, watchdog, async () => {
    const programs = new Programs();
    try {
      await body(programs);
    } finally {
      await programs.stop();
    }
  });
}

function endedWith(code: number, ended: Ended): void {
  assertEquals(ended.code, code, [...ended.out.slice(-20), ...ended.err].join("\n"));
}

/** Asks as the demo does; what came, or what became of the connection. */
function ask(address: string, request: string): Promise<string> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect({ host, port: Number(port) }, () => socket.end(request));
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("error", ({ message }) => (answer = message));
    socket.on("close", () => resolve(answer));
  });
}

const MET = "{ seq: 7, partial: 0 messages }";
const UNMET = "{ seq: 900, silent: true }";

check(
  "recover --fault: a fault that nobody met is not exercised, whatever ends it",
  async (programs) => {
    const address = formatEndpoint(anAddress());
    const server = await programs
      .start(["recover", "--listen", address, "--fault", MET, "--fault", UNMET])
      .ready();
    assertEquals(await ask(address, "GET SEQ:7"), "");
    assertEquals(await ask(address, "GET SEQ:8"), "Recovered data for SEQ:8");
    // Deno hides the exit code of a program that it sent a signal itself.
    process.kill(server.pid, "SIGINT");
    const ended = await server.ended;
    endedWith(5, ended);
    assertEquals(
      ended.out.filter((line) => line.includes("exercised")),
      ['  not exercised   fault "silent (seq 900)" was never met'],
    );
    const idle = await programs.run(
      `recover --listen ${address} --fault '${UNMET}' --duration 30ms --output json`,
    );
    endedWith(5, idle);
    assertStringIncludes(idle.out.at(-1)!, '"notExercised":["silent (seq 900)"]');
  },
);

check("recover --fault: when all were met, it ends as it would without them", async (programs) => {
  const address = formatEndpoint(anAddress());
  // Who found the port closed only that one knows: that it was closed is enough.
  const faults = ["--fault", MET, "--fault", "{ time: 0s..20ms, down: true }"];
  const words = ["recover", "--listen", address, ...faults, "--output", "json"];
  const server = await programs.start(words).ready();
  await server.line(/"event":"recovery-up"/);
  assertEquals(await ask(address, "GET SEQ:7"), "");
  server.interrupt();
  const ended = await server.ended;
  endedWith(130, ended);
  const summary = JSON.parse(ended.out.at(-1)!) as object;
  assertEquals(summary, { event: "summary", requests: 1, answered: 0, refused: 0 });
});

check("a listener gets round the faults of recover --fault", async (programs) => {
  const group = formatEndpoint(aLine().group);
  const address = formatEndpoint(anAddress());
  const server = await programs
    .start(
      `recover --protocol moldudp64 --source counter --listen ${address} ` +
        "--fault '{ request: 1, wrong_seq: +1 }' --fault '{ request: 2, not_found: true }'",
    )
    .ready();
  const listen = await programs
    .start(
      `listen --protocol moldudp64 --group ${group} --recovery ${address} --messages 100 ` +
        "--output json",
    )
    .ready();
  const feed = "--protocol moldudp64 --source counter --messages 100 --rate 500/s --drop seq:5,50";
  endedWith(0, await programs.run(`serve ${feed} --group ${group} --heartbeat 50ms --quiet`));
  const heard = await listen.ended;
  endedWith(0, heard);
  const summary = JSON.parse(heard.out.at(-1)!) as { delivered: number; lost?: number };
  assertEquals(summary.delivered, 100);
  server.interrupt();
  endedWith(130, await server.ended);
});

check(
  "serve --snapshot and listen --snapshot: whoever comes late begins with one",
  async (programs) => {
    const group = formatEndpoint(aLine().group);
    const address = formatEndpoint(anAddress());
    const source = "'trades: { symbols: [IBM], quotes: 50% }'";
    const serve = programs.start(
      `serve --protocol moldudp64 --group ${group} --source ${source} --rate 200/s --messages 2000 ` +
        `--drop none --snapshot ${address} --output json`,
    );
    await serve.ready();
    // Late: something was published already.
    await serve.line(/"event":"sent".*"from":20,/);
    const listen = await programs.run(
      `listen --protocol moldudp64 --group ${group} --start snapshot --snapshot ${address} ` +
        "--recovery none --messages 50 --output json",
    );
    endedWith(0, listen);
    const events = listen.out.map((line) => JSON.parse(line) as Record<string, unknown>);
    const loaded = events.find(({ event }) => event === "snapshot-loaded");
    const first = events.find(({ event }) => event === "delivered" || event === "received");
    assert(loaded !== undefined && first !== undefined, listen.out.join("\n"));
    assertEquals(loaded["messages"], 2);
    assert((loaded["next"] as number) > 20, "there was something to come late for");
    const summary = events.at(-1)!;
    assertEquals([summary["delivered"], summary["gaps"]], [50, 0]);
    serve.interrupt();
    endedWith(130, await serve.ended);
  },
);
