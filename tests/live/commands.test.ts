/** The commands as people start them: processes of their own on real sockets, on loopback. */
import { createSocket } from "node:dgram";
import { connect, createServer, type Server } from "node:net";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import * as z from "zod";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { commands } from "../../modules/commands/mod.ts";
import { formatEndpoint } from "../../modules/core/units.ts";
import { commandLine, type Ended, Programs } from "../support/program.ts";
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

/** A place for a feed and its recovery that no other test is likely to use. */
function aPlace(): { group: string; address: string } {
  return { group: formatEndpoint(aLine().group), address: formatEndpoint(anAddress()) };
}

const numbers = (from: number, until: number): number[] =>
  Array.from({ length: until - from }, (_, i) => from + i);

/** The numbers in the JSON events of that name, in the order they were told. */
function numbersOf(event: string, lines: readonly string[]): number[] {
  return lines.flatMap((line) => {
    const read = JSON.parse(line) as { event: string; from: number; until: number };
    return read.event === event ? numbers(read.from, read.until) : [];
  });
}

function endedWith(code: number, ended: Ended): void {
  assertEquals(ended.code, code, [...ended.out.slice(-20), ...ended.err].join("\n"));
}

/** One line on standard error, and nothing that looks like a stack trace. */
function saidOnce(ended: Ended): string {
  assertEquals(ended.out, []);
  assertEquals(ended.err.length, 1, ended.err.join("\n"));
  return ended.err[0]!;
}

check("2000 messages, each 5th lost, are delivered exactly once and in order", async (programs) => {
  const { group, address } = aPlace();
  const recover = await programs.start(`recover --listen ${address}`).ready();
  const listen = await programs
    // Nobody can know of the last message, which is lost as well.
    .start(`listen --group ${group} --recovery ${address} --messages 1999 --output json`)
    .ready();
  const feed = "--interval 5ms --messages 2000 --drop every:5";
  const serve = programs.start(`serve --group ${group} ${feed} --quiet`);
  endedWith(0, await serve.ended);
  const { code, out } = await listen.ended;
  assertEquals(code, 0);
  assertEquals(numbersOf("delivered", out), numbers(1, 2000));
  assertEquals(numbersOf("lost", out), []);
  assertEquals(
    numbersOf("recovered", out).toSorted((a, b) => a - b),
    numbers(1, 400).map((n) => 5 * n),
  );
  recover.interrupt();
  const { out: said } = await recover.ended;
  assertStringIncludes(said.join("\n"), "Answered 399 of 399 requests");
});

check("two listeners on one group and port both get everything", async (programs) => {
  const { group } = aPlace();
  const words = `listen --group ${group} --recovery none --messages 200 --output json`;
  const listeners = [1, 2].map(() => programs.start(words));
  await Promise.all(listeners.map((listener) => listener.ready()));
  const feed = "--interval 2ms --messages 200 --drop none";
  endedWith(0, await programs.run(`serve --group ${group} ${feed} --quiet`));
  for (const listener of listeners) {
    const ended = await listener.ended;
    endedWith(0, ended);
    assertEquals(numbersOf("delivered", ended.out), numbers(1, 201));
  }
});

check("serve answers for its own feed until the last gap is filled", async (programs) => {
  const { group, address } = aPlace();
  const listen = await programs
    .start(`listen --group ${group} --recovery ${address} --messages 21`)
    .ready();
  const feed = "--interval 5ms --messages 21 --drop seq:5..7,20";
  endedWith(0, await programs.run(`serve --group ${group} ${feed} --recovery ${address}`));
  const ended = await listen.ended;
  endedWith(0, ended);
  for (const seq of [5, 6, 7, 20]) {
    assert(ended.out.includes(`✅ Recovered: Recovered data for SEQ:${seq}`), `${seq}`);
  }
});

check("a recovery server that starts late is found", async (programs) => {
  const { group, address } = aPlace();
  const listen = await programs
    .start(`listen --group ${group} --recovery ${address} --messages 6`)
    .ready();
  const feed = "--interval 5ms --messages 6";
  endedWith(0, await programs.run(`serve --group ${group} ${feed} --quiet`));
  await listen.line("❌ Could not connect to recovery server.");
  programs.start(`recover --listen ${address}`);
  await listen.line("✅ Recovered: Recovered data for SEQ:5");
  endedWith(0, await listen.ended);
});

check("malformed packets are counted and shown, and the feed goes on", async (programs) => {
  const { group } = aPlace();
  const listen = await programs
    .start(`listen --group ${group} --recovery none --messages 2`)
    .ready();
  const [host = "", port] = group.split(":");
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  socket.setMulticastInterface("127.0.0.1");
  const bad = ["garbage", "SEQ:|PRICE:1", "SEQ:-1|PRICE:1", "SEQ:1\x00\xff", "x".repeat(1200), ""];
  for (const text of ["SEQ:1|PRICE:101", ...bad, "SEQ:2|PRICE:102"]) {
    // One at a time: Deno would send them in reverse.
    await new Promise<void>((resolve) =>
      socket.send(Buffer.from(text, "latin1"), Number(port), host, () => resolve()),
    );
  }
  const ended = await listen.ended;
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  endedWith(0, ended);
  const shown = ended.out.filter((line) => line.startsWith("❌ Malformed packet ("));
  assertEquals(shown.length, bad.length, ended.out.join("\n"));
  assert(ended.out.every((line) => !line.includes("\0")));
  assertStringIncludes(ended.out.join("\n"), "8 received, 6 malformed");
  assert(ended.out.includes("Received: SEQ:2|PRICE:102"));
});

check("Ctrl-C ends each command with a summary and exit 130", async (programs) => {
  const { group, address } = aPlace();
  const ways: [words: string, wait: RegExp, summary: RegExp][] = [
    [`recover --listen ${address}`, /^Answering/, /^Answered 0 of 0 requests$/],
    [`listen --group ${group} --recovery none`, /^Listening/, /^Delivered \d+ message/],
    [`serve --group ${group}`, /^Sent: SEQ:1/, /^Published \d+ messages?: SEQ:1/],
    [`scenario run '${scenarioAt(aPlace())}'`, /^Received: SEQ:1/, /^INTERRUPTED: /],
  ];
  await Promise.all(
    ways.map(async ([words, wait, summary]) => {
      const program = programs.start(words);
      await program.line(wait);
      program.interrupt();
      const ended = await program.ended;
      endedWith(130, ended);
      assert(
        ended.out.some((line) => summary.test(line)),
        ended.out.join("\n"),
      );
      assert(ended.out.length < 24, "more than a screen");
    }),
  );
});

check("Ctrl-C ends a run in virtual time, however much is left of it", async (programs) => {
  const path = scenarioAt(aPlace(), "messages: 900M");
  const program = programs.start(`scenario run '${path}' --time virtual --verbose`);
  await program.line(/^Received: SEQ:1/);
  program.interrupt();
  const ended = await program.ended;
  endedWith(130, ended);
  assertStringIncludes(ended.out.join("\n"), "INTERRUPTED: original demo: ");
});

check("--messages and --duration end a command with exit 0", async (programs) => {
  const { group, address } = aPlace();
  const all = [
    `serve --group ${group} --messages 3 --interval 2ms`,
    `serve --group ${group} --duration 20ms --rate 500/s`,
    `listen --group ${aPlace().group} --duration 20ms`,
    `recover --listen ${address} --duration 20ms`,
  ];
  for (const ended of await Promise.all(all.map((words) => programs.run(words)))) {
    endedWith(0, ended);
  }
  const recover = await programs.start(`recover --listen ${address} --messages 1`).ready();
  assertEquals(await ask(address, "GET SEQ:9"), "Recovered data for SEQ:9");
  endedWith(0, await recover.ended);
});

check("a scenario runs on real sockets", async (programs) => {
  const ended = await programs.run(`scenario run '${scenarioAt(aPlace())}' --seed 7`);
  endedWith(0, ended);
  assertStringIncludes(ended.out.at(-1)!, "PASSED: original demo: 22 messages");
  const lines = ended.out.filter((line) => /SEQ:1[01]\b/.test(line));
  assertEquals(lines.toSorted(), [
    "Dropped packet SEQ:10",
    "Received request: GET SEQ:10",
    "Received: SEQ:11|PRICE:111",
    "Sending recovery request: GET SEQ:10",
    "Sent: SEQ:11|PRICE:111",
    "⚠️ Missing packet(s)! Requesting SEQ:10 from recovery server...",
    "✅ Recovered: Recovered data for SEQ:10",
  ]);
});

check("a port that is taken: exit 3, and what to do", async (programs) => {
  const { group } = aPlace();
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const taken = formatEndpoint({ host: "127.0.0.1", port: portOf(server) });
  const other = createSocket("udp4");
  const [, port] = group.split(":");
  await new Promise<void>((resolve) => other.bind(Number(port), "0.0.0.0", resolve));
  const all = [
    `recover --listen ${taken}`,
    `serve --group ${group} --recovery ${taken}`,
    `scenario run '${scenarioAt({ group, address: taken })}'`,
    `listen --group ${group}`,
  ];
  for (const ended of await Promise.all(all.map((words) => programs.run(words)))) {
    endedWith(3, ended);
    assertMatch(
      saidOnce(ended),
      /^feedlab: Cannot (?:listen on|join group) .*: the port is taken: stop the program that has it, or/,
    );
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await new Promise<void>((resolve) => other.close(() => resolve()));
});

check("an interface that is missing: exit 3, and what there is", async (programs) => {
  const { group } = aPlace();
  for (const name of ["serve", "listen"]) {
    const ended = await programs.run(`${name} --group ${group} --interface eth77`);
    endedWith(3, ended);
    assertStringIncludes(saidOnce(ended), 'no interface "eth77", have lo (127.0.0.1)');
  }
});

check("a group that is no multicast group: exit 2, and which to take", async (programs) => {
  for (const name of ["serve", "listen"]) {
    const ended = await programs.run(`${name} --group 10.1.2.3:6000`);
    endedWith(2, ended);
    assertEquals(
      saidOnce(ended),
      'feedlab: --group "10.1.2.3:6000" is not a multicast group: ' +
        "take one from 239.0.0.0 to 239.255.255.255",
    );
  }
});

/** What no option can mean; each option must refuse one of these, unless it takes any text. */
const NONSENSE = ["?!", "", "-1", "0", "1e999", "every:", "10.0.0.256:99999"];

for (const entry of commands) {
  check(`${entry.name}: nonsense for an option is one line with a remedy`, async (programs) => {
    const { options } = await entry.load();
    const operands = { "": [], "<a> [b]": ["demo", "demo"] }[entry.operands as string] ?? ["demo"];
    const runs = Object.entries(options).map(async ([name, { type }]) => {
      if (type === undefined) {
        const ended = await programs.run([...entry.name.split(" "), ...operands, `--${name}=?!`]);
        endedWith(2, ended);
        assertEquals(saidOnce(ended), `feedlab: --${name} takes no value: leave out "?!"`);
        return;
      }
      const bad = NONSENSE.filter((word) => !type.safeParse(word).success);
      if (bad.length === 0) {
        assert(type instanceof z.ZodString, `--${name} takes all of ${NONSENSE.join(" ")}`);
        return;
      }
      for (const word of bad.slice(0, 2)) {
        const words = [...entry.name.split(" "), ...operands, `--${name}`, word];
        const ended = await programs.run(words);
        endedWith(2, ended);
        const line = saidOnce(ended);
        assert(line.startsWith(`feedlab: --${name} ${JSON.stringify(word)}`), line);
        assertMatch(line, /write|take one|expected|is not one of|leave it out|name an/);
      }
    });
    await Promise.all(runs);
    const [typo] = Object.keys(options);
    if (typo === undefined) return;
    const ended = await programs.run([...entry.name.split(" "), `--${typo}x`, "1"]);
    endedWith(2, ended);
    assertEquals(
      saidOnce(ended),
      `feedlab: ${entry.name} has no option "--${typo}x": did you mean "--${typo}"?`,
    );
  });
}

check("a command that is not there: exit 2, and the nearest one", async (programs) => {
  const ways: [words: string[], line: string][] = [
    [["lisen"], 'no command "lisen": did you mean "listen"?'],
    [["scenario", "rnu"], 'no command "scenario rnu": did you mean "run"?'],
    [["xyzzy"], 'no command "xyzzy": have serve, listen, recover, scenario'],
  ];
  for (const [words, line] of ways) {
    const ended = await programs.run(words);
    endedWith(2, ended);
    assertEquals(saidOnce(ended), `feedlab: ${line}`);
  }
});

check("a scenario that is not there, or no file, ends with exit 2", async (programs) => {
  const folder = tmpdir();
  const ways: [operand: string, reason: string][] = [
    ["nowhere.yaml", "there is no such file"],
    [folder, "it is a folder"],
    ["dmo", 'did you mean "demo"?'],
  ];
  for (const [operand, reason] of ways) {
    const ended = await programs.run(["scenario", "run", operand]);
    endedWith(2, ended);
    const line = saidOnce(ended);
    assertStringIncludes(line, `feedlab: Cannot read scenario ${JSON.stringify(operand)}: `);
    assertStringIncludes(line, reason);
  }
});

check("a reader that has had enough ends the command", async (programs) => {
  const { group } = aPlace();
  const serve = programs.start(`serve --group ${group} --interval 2ms`);
  await serve.line(/^Sent: SEQ:1/);
  serve.closeOutput();
  const ended = await serve.ended;
  endedWith(0, ended);
  assertEquals(ended.err.length, 1, ended.err.join("\n"));
});

check("without a standard output the work is still done", async (programs) => {
  const { group } = aPlace();
  const words = `serve --group ${group} --interval 2ms --messages 3`;
  const shell = 'exec "$@" >&-';
  const serve = programs.startOther(["/bin/sh", "-c", shell, "sh", ...commandLine(words)]);
  const ended = await serve.ended;
  assert(ended.code === 0 || ended.code === 130, `${ended.code}: ${ended.err.join("\n")}`);
  assertEquals(ended.err.length, 1, ended.err.join("\n"));
});

check("an output that takes nothing is named, once", async (programs) => {
  const { group } = aPlace();
  const words = `serve --group ${group} --interval 2ms --messages 300`;
  const shell = 'exec "$@" >/dev/full';
  const serve = programs.startOther(["/bin/sh", "-c", shell, "sh", ...commandLine(words)]);
  const ended = await serve.ended;
  endedWith(3, ended);
  assertEquals(ended.err.slice(1), [
    "feedlab: Cannot write to standard output: the disk is full: make room, or write elsewhere",
  ]);
});

check("without a standard error the work is still done", async (programs) => {
  const ways: [words: string, code: number][] = [
    [`serve --group ${aPlace().group} --interval 2ms --messages 3`, 0],
    ["serve --group nowhere", 2],
  ];
  for (const [words, code] of ways) {
    for (const shell of ['exec "$@" 2>&-', 'exec "$@" 2>/dev/full']) {
      const command = ["/bin/sh", "-c", shell, "sh", ...commandLine(words)] as const;
      endedWith(code, await programs.startOther(command).ended);
    }
  }
});

check("colours: as told, or by the environment, or by who looks", async (programs) => {
  const ways: [words: string[], env: Record<string, string>, colours: boolean][] = [
    [["--color", "always"], {}, true],
    [["--color", "always"], { NO_COLOR: "1" }, true],
    [["--color", "never"], { FORCE_COLOR: "1" }, false],
    [["--color", "auto"], {}, false],
    [[], {}, false],
    [[], { NO_COLOR: "1" }, false],
    [[], { FORCE_COLOR: "1" }, true],
    [[], { FORCE_COLOR: "0" }, false],
  ];
  await Promise.all(
    ways.map(async ([words, env, colours]) => {
      const ended = await programs.run(["scenario", "check", "demo", ...words], { env });
      endedWith(0, ended);
      const text = ended.out.join("\n");
      assertEquals(text.includes("\x1b["), colours, JSON.stringify([words, env, text]));
      assertStringIncludes(stripVTControlCharacters(text), "✓ demo: original demo");
    }),
  );
});

const script = ["/usr/bin/script", "/bin/script"].find((path) => existsSync(path));

void test(
  "on a terminal there are colours, unless NO_COLOR says otherwise",
  {
    ...watchdog,
    skip: script === undefined ? "there is no script(1) to make a terminal with" : false,
  },
  async () => {
    const programs = new Programs();
    const line = commandLine("scenario check demo")
      .map((word) => `'${word}'`)
      .join(" ");
    const look = async (env: Record<string, string>): Promise<boolean> => {
      const command = [script!, "-qec", line, "/dev/null"] as const;
      const ended = await programs.startOther(command, { env: { TERM: "xterm", ...env } }).ended;
      endedWith(0, ended);
      return ended.out.join("\n").includes("\x1b[32m");
    };
    try {
      assertEquals(await look({}), true);
      assertEquals(await look({ NO_COLOR: "1" }), false);
      assertEquals(await look({ TERM: "dumb" }), false);
    } finally {
      await programs.stop();
    }
  },
);

check("help fits the usual terminal and names every option", async (programs) => {
  const overview = await programs.run("--help");
  const pages = [{ ended: overview, words: commands.map(({ name }) => name) }];
  for (const entry of commands) {
    const { options } = await entry.load();
    const words = Object.keys(options).map((option) => `--${option}`);
    pages.push({ ended: await programs.run(`${entry.name} --help`), words });
  }
  for (const { ended, words } of pages) {
    endedWith(0, ended);
    assertEquals(
      ended.out.filter((line) => line.length > 80 || /\s$/.test(line)),
      [],
    );
    for (const word of words) assertStringIncludes(ended.out.join("\n"), word);
  }
});

check("the version answers on standard output", async (programs) => {
  assertMatch((await programs.run("--version")).out.join("\n"), /^feedlab \d+\.\d+\.\d+$/);
});

let folder: string | undefined;
const scenarios: string[] = [];

/** The bundled demo, twenty times as fast, at a place of its own. */
function scenarioAt(
  { group, address }: { group: string; address: string },
  messages = "messages: 22",
): string {
  folder ??= mkdtempSync(join(tmpdir(), "feedlab-live-"));
  const path = join(folder, `demo-${scenarios.length}.yaml`);
  const demo = readFileSync(new URL("../../scenarios/demo.yaml", import.meta.url), "utf8");
  const text = demo
    .replace("239.192.1.1:6000", group)
    .replace("127.0.0.1:7000", address)
    .replace("messages: 22", messages)
    .replace("interval: 500ms", "interval: 25ms");
  writeFileSync(path, text);
  scenarios.push(path);
  return path;
}

void test("the scenarios of these tests are removed", () => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

function portOf(server: Server): number {
  const at = server.address();
  return typeof at === "object" && at !== null ? at.port : 0;
}

/** Asks a recovery server, and finishes sending. */
function ask(address: string, request: string): Promise<string> {
  const [host = "", port] = address.split(":");
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect({ host, port: Number(port) }, () => socket.end(request));
    socket.setEncoding("utf8").on("data", (text: string) => (answer += text));
    socket.on("error", reject);
    socket.on("close", () => resolve(answer));
  });
}

check("an output over the scenario, or over another one, is refused", async (programs) => {
  for (const [words, said] of [
    [
      "scenario run scenarios/demo.yaml --time virtual --save ./scenarios/demo.yaml",
      'feedlab: Cannot write "./scenarios/demo.yaml": it is the scenario: choose another name',
    ],
    [
      "scenario run demo --time virtual --report junit=x.out --report json=./x.out",
      'feedlab: Cannot write "./x.out" twice: give each output a name of its own',
    ],
  ] as const) {
    const ended = await programs.run(words);
    endedWith(2, ended);
    assertEquals(ended.err, [said]);
  }
});
