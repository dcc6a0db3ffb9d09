/** What a user's test runner makes of feedlabTest: runs of test files by a runner of their own. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Programs } from "../support/program.ts";
import { type Counts, readBun, readDeno } from "../support/summary.ts";

const ROOT = new URL("../../", import.meta.url);
const LIBRARY = new URL("modules/mod.ts", ROOT).href;
const CONFIG = fileURLToPath(new URL("deno.json", ROOT));

const isDeno = "Deno" in globalThis;

/** More than a program's own watchdog, which tells what the program said. */
const watchdog = { timeout: 30_000 };

const FAILS = `feedlab: 1
name: nobody to ask
time: virtual
feed: { messages: 10, rate: 100/s }
lines: { A: { group: 239.192.1.1:6000 } }
impair:
  - drop: { seq: 4..5 }
expect:
  - delivered == 100%
`;

const PASSES = `${FAILS.replace("nobody to ask", "somebody to ask")}
recovery: { listen: 127.0.0.1:7000 }
`;

const IN_A_LINE =
  "{ feedlab: 1, name: in a line, time: virtual, feed: { messages: 3, rate: 100/s }, " +
  'lines: { A: { group: 239.192.1.1:6000 } }, expect: ["delivered == 3"] }';

/** What a runner said of a test file. */
interface Told {
  readonly code: number | undefined;
  readonly text: string;
  readonly counts: Counts | undefined;
  readonly names: readonly string[];
}

/** A folder of a user's, and the runner that the user has. */
class User {
  readonly folder = mkdtempSync(join(tmpdir(), "feedlab-user-"));
  readonly programs = new Programs();
  #files = 0;

  write(name: string, text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  /** Runs a test file of these statements. */
  async test(statements: string): Promise<Told> {
    const file = `user${++this.#files}.test.ts`;
    const names = join(this.folder, `${file}.xml`);
    this.write(file, `import { feedlabTest } from ${JSON.stringify(LIBRARY)};\n${statements}\n`);
    const ways = isDeno
      ? ["--allow-all", "--no-check", "--config", CONFIG, `--junit-path=${names}`, file]
      : ["--reporter=junit", `--reporter-outfile=${names}`, `./${file}`];
    const { code, out, err } = await this.programs.startOther([process.execPath, "test", ...ways], {
      cwd: this.folder,
      env: { NO_COLOR: "1" },
    }).ended;
    const text = [...out, ...err, ""].join("\n");
    const cases = readFileSync(names, "utf8").matchAll(/<testcase name="([^"]*)"/g);
    return {
      code,
      text,
      counts: (isDeno ? readDeno : readBun)(text),
      names: [...cases].map(([, name = ""]) => name),
    };
  }
}

function check(what: string, body: (user: User) => Promise<void>): void {
  void test(what, watchdog, async () => {
    const user = new User();
    try {
      await body(user);
    } finally {
      await user.programs.stop();
      rmSync(user.folder, { recursive: true, force: true });
    }
  });
}

check("a scenario that fails: its report is the message, and the runner fails", async (user) => {
  user.write("fails.yaml", FAILS);
  const { code, text, counts, names } = await user.test(
    'feedlabTest("fails.yaml", { seed: "it\'s 7" });',
  );
  assertEquals({ code, counts, names }, { code: 1, counts: failed(1), names: ["nobody to ask"] });
  const replay = "feedlab scenario run fails.yaml --seed 'it'\\''s 7' --time virtual";
  assertStringIncludes(
    text,
    `
✗ delivered == 100%   got 80% (8 of 10)
    gap SEQ:4..5 (made by "drop seq 4..5"): noticed after 20.01ms, given up at once
`,
  );
  assertStringIncludes(text, "\nFAILED: nobody to ask: 10 messages in 90.01ms of virtual time");
  assertStringIncludes(text, `\nagain  ${replay}\n`);
  // Nothing of the library's own code: neither a frame nor a line of its source.
  assert(!/throw |await |at \w+ \(/.test(text), text);
});

check("the line that replays a failure does", async (user) => {
  user.write(
    "chance.yaml",
    FAILS.replace("seq: 4..5", 'chance: "${loss}"') + "vars: { loss: 0% }\n",
  );
  const { text } = await user.test('feedlabTest("chance.yaml", { vars: { loss: "50%" } });');
  const [, words = ""] = /^again {2}feedlab (.*)$/m.exec(text) ?? [];
  const { code, out } = await user.programs.run(words, { cwd: user.folder });
  assertEquals(code, 1);
  const [, verdict] = /^(✗ delivered .*)$/m.exec(text)!;
  assert(out.includes(verdict!), `${text}\n${out.join("\n")}`);
});

check("a path, a URL, a bundled name and the YAML itself, all of which pass", async (user) => {
  user.write("passes.yaml", PASSES);
  const { code, text, counts, names } = await user.test(`
    feedlabTest("passes.yaml");
    feedlabTest(new URL("passes.yaml", import.meta.url), { name: "by its URL" });
    feedlabTest("demo", { time: "virtual" });
    feedlabTest(${JSON.stringify(PASSES)}, { name: "as YAML" });
    feedlabTest(${JSON.stringify(IN_A_LINE)});
  `);
  assertEquals(
    { code, counts, names },
    {
      code: 0,
      counts: { passed: 5, failed: 0, skipped: 0 },
      names: ["somebody to ask", "by its URL", "original demo", "as YAML", "in a line"],
    },
    text,
  );
});

check("mistakes are told by a test, in their frames; the others run", async (user) => {
  const { code, text, counts } = await user.test(`
    feedlabTest(${JSON.stringify(PASSES.replace("100/s", "100").replace("drop:", "dorp:"))});
    feedlabTest("dmo");
    feedlabTest("demo", { time: "virtual" });
  `);
  assertEquals({ code, counts }, { code: 1, counts: { passed: 1, failed: 2, skipped: 0 } }, text);
  assertStringIncludes(
    text,
    `
scenario.yaml:4:29   error  feed.rate: "100" has no unit: write 100/s, or interval: 100ms
  4 | feed: { messages: 10, rate: 100 }
    |                             ^^^
scenario.yaml:7:5    error  impair[0]: unknown key "dorp"
  7 |   - dorp: { seq: 4..5 }
    |     ^^^^
    | did you mean "drop"?`,
  );
  assertStringIncludes(text, '\nCannot read scenario "dmo": there is no such file');
});

check("a matrix is a test for each of its runs", async (user) => {
  const matrix = "matrix: { at: [4, 10], seed: 1..2 }\n";
  const text = PASSES.replace("4..5", "'${at}'") + matrix;
  const told = await user.test(`feedlabTest(${JSON.stringify(text)});`);
  // Of the last message nobody can know that it is missing.
  assertEquals(
    { code: told.code, counts: told.counts },
    { code: 1, counts: { passed: 2, failed: 2, skipped: 0 } },
    told.text,
  );
  assertEquals(told.names, [
    "somebody to ask (at 4, seed 1)",
    "somebody to ask (at 4, seed 2)",
    "somebody to ask (at 10, seed 1)",
    "somebody to ask (at 10, seed 2)",
  ]);
  assertStringIncludes(told.text, "--seed 2 --var at=10 --time virtual");
});

check("several at once, in real time, do not disturb each other", async (user) => {
  const real = PASSES.replace("virtual", "real").replace("messages: 10", "messages: 50");
  // Whoever hears another's feed hears every message twice.
  const alone = "  - lines.A.duplicate == 0\n  - recovery.filled == 2\n";
  user.write("real.yaml", real.replace("expect:\n", `expect:\n${alone}`));
  const all = await Promise.all(
    Array.from({ length: 4 }, () =>
      user.test(`
        feedlabTest("real.yaml", { name: "first" });
        feedlabTest("real.yaml", { name: "second" });
      `),
    ),
  );
  for (const { code, counts, text } of all) {
    assertEquals({ code, counts }, { code: 0, counts: { passed: 2, failed: 0, skipped: 0 } }, text);
  }
});

check("feeds of one scenario, several at once, are all in places of their own", async (user) => {
  const feed = `
    feed: { messages: 50, rate: 100/s }
    lines: { A: { group: 239.192.1.1:6000 }, B: { group: 239.192.1.2:6000 } }
    impair: [{ drop: { seq: 4..5 } }]
    recovery: { listen: 127.0.0.1:7000 }`;
  const other = feed.replaceAll("239.192.1.", "239.192.2.").replace("7000", "7001");
  const text = `feedlab: 1
name: two feeds
feeds:
  tapeA:${feed}
  tapeB:${other}
expect:
  - delivered == 100%
  - recovery.filled == 2
  - lines.A.received == 48
  - lines.B.received == 48
`;
  user.write("two.yaml", text);
  const {
    code,
    counts,
    text: told,
  } = await user.test(`
    feedlabTest("two.yaml", { name: "first" });
    feedlabTest("two.yaml", { name: "second" });
    feedlabTest(${JSON.stringify(text.replace("seq: 4..5", "seq: 4..6"))}, { time: "virtual" });
  `);
  assertEquals({ code, counts }, { code: 1, counts: { passed: 2, failed: 1, skipped: 0 } }, told);
  assertStringIncludes(told, "\n✗ tapeA: recovery.filled == 2");
  assertStringIncludes(told, "\nFAILED: two feeds: 100 messages of 2 feeds in ");
});

check("a run that takes too long is stopped, and tells how far it came", async (user) => {
  const long = PASSES.replace("virtual", "real").replace("messages: 10", "messages: 10k");
  const { code, text, counts } = await user.test(
    `feedlabTest(${JSON.stringify(long)}, { timeout: 500 });`,
  );
  assertEquals({ code, counts }, { code: 1, counts: failed(1) }, text);
  assertStringIncludes(text, "\nINTERRUPTED: somebody to ask: ");
  assertStringIncludes(text, "\n! stopped by the timeout of the test\n");
});

function failed(count: number): Counts {
  return { passed: 0, failed: count, skipped: 0 };
}
