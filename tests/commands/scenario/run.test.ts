import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { main } from "../../../modules/commands/main.ts";
import { readStored } from "../../../modules/scenario/stored.ts";
import { FakeShell } from "../../support/fake-shell.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "feedlab-run-"));
  mkdirSync(join(folder, "sub"));
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);
});
after(() => rmSync(folder, { recursive: true, force: true }));

const START = "feedlab: 1\nlines: { A: { group: 239.192.1.1:6000 } }\nseed: 7\n";
const FILES = {
  "good.yaml": `${START}name: good\nfeed: { messages: 3 }\nexpect: [delivered == 100%]\n`,
  "red.yaml": `${START}name: red\nfeed: { messages: 3 }\nexpect: [delivered == 50%]\n`,
  "idle.yaml": `${START}name: idle\nfeed: { messages: 3 }\nimpair: [{ drop: { every: 5 } }]\n`,
  "bad.yaml": `${START}name: bad\nfeed: { mesages: 3 }\n`,
  "long.yaml":
    `${START}name: long\ntimeout: 2500ms\nfeed: { messages: 100, interval: 100ms }\n` +
    "impair: [{ drop: { seq: 5 } }]\nrecovery: { listen: 127.0.0.1:7000 }\n" +
    "listen: { gap_timeout: 10s }\n",
  "deno.yaml": `${START}name: needy\nrequires: [linux, deno]\nfeed: { messages: 3 }\n`,
  "own.yaml": "use: sub/base.yaml\nname: own\nlines: { A: { skew: 1ms } }\n",
  "sub/base.yaml": `${START}use: base2.yaml\nfeed: { messages: 6 }\nexpect: [delivered == 83%]\n`,
  "sub/base2.yaml": "impair: [{ drop: { seq: 3 } }]\n",
  "large.yaml":
    `${START}name: large\nfeed: { messages: 2005, rate: 1k/s }\n` +
    "impair: [{ drop: { every: 10 } }]\nrecovery: { listen: 127.0.0.1:7000 }\n",
  "feeds.yaml":
    "feedlab: 1\nseed: 7\nname: feeds\nfeeds:\n" +
    "  a:\n    feed: { messages: 1500, rate: 1k/s }\n    lines: { A: { group: 239.192.1.1:6000 } }\n" +
    "    impair: [{ drop: { every: 10 }, seq: 1..1499 }]\n" +
    "  b:\n    feed: { duration: 500ms, rate: 1k/s }\n    lines: { A: { group: 239.192.1.2:6000 } }\n" +
    "expect: [delivered == 100%]\n",
};

interface Ran {
  readonly code: number;
  readonly shell: FakeShell;
}

async function run(words: string, shell = new FakeShell()): Promise<Ran> {
  const argv = words.replaceAll("@", `${folder}/`).split(" ");
  return { code: await main(["scenario", ...argv], shell), shell };
}

void test("several files run one after another, and the worst is the exit code", async () => {
  const { code, shell } = await run("run @good.yaml @red.yaml @idle.yaml --time virtual --quiet");
  assertEquals(code, 1);
  assertEquals(shell.said.replaceAll(`${folder}/`, "").split("\n").slice(-4), [
    "✓ PASSED          good.yaml   good, seed 7",
    "✗ FAILED          red.yaml    red, seed 7",
    "? NOT EXERCISED   idle.yaml   idle, seed 7",
    "1 of 3 scenarios passed (exit 1)",
  ]);
  assertEquals((await run("run @good.yaml @idle.yaml --time virtual")).code, 5);
  assertEquals((await run("run @good.yaml @good.yaml --time virtual")).code, 0);
});

void test("a file that uses others is run, planned and asked about, also from what was stored", async () => {
  const { code, shell } = await run("run @own.yaml --time virtual --quiet --save @own.ndjson");
  assertEquals(code, 1);
  assertStringIncludes(shell.said, "✗ delivered == 83%");
  assertStringIncludes(shell.said, "FAILED: own: 6 messages");
  assertEquals((await run("check @own.yaml")).code, 0);
  const plan = await run("plan @own.yaml --full");
  assertStringIncludes(plan.shell.said, "skew: 1ms");
  assertStringIncludes(plan.shell.said, "seq: 3");
  assert(!plan.shell.said.includes("use:"));
  rmSync(join(folder, "sub", "base2.yaml"));
  assertEquals((await run("check @own.yaml")).code, 2);
  const why = await run("why 3 --run @own.ndjson");
  assertStringIncludes(why.shell.said, 'dropped by "drop seq 3"');
  const report = await run("report @own.ndjson --judge");
  assertEquals(report.code, 0);
  assertStringIncludes(report.shell.said, "✗ delivered == 83%");
});

void test("what the machine lacks skips a scenario, which is no failure", async () => {
  const { code, shell } = await run("run @deno.yaml --report junit");
  assertEquals([code, shell.complained], [0, ""]);
  assertEquals(shell.printed[0], `SKIPPED: ${folder}/deno.yaml: requires deno: none here`);
  assertStringIncludes(shell.said, 'tests="1" failures="0" errors="0" skipped="1"');
  assertStringIncludes(shell.said, '<skipped type="requires" message="requires deno: none here"/>');

  const two = await run("run @good.yaml @deno.yaml --quiet");
  assertEquals(two.code, 0);
  assertEquals(two.shell.said.replaceAll(`${folder}/`, "").split("\n").slice(-3), [
    "✓ PASSED    good.yaml   good, seed 7",
    "- SKIPPED   deno.yaml   requires deno: none here",
    "1 of 2 scenarios passed, 1 skipped (exit 0)",
  ]);
  const virtual = await run("run @deno.yaml --time virtual --quiet");
  assertStringIncludes(virtual.shell.said, "PASSED: needy");
});

void test("a mistake in one of several files keeps all of them from running", async () => {
  const { code, shell } = await run("run @good.yaml @bad.yaml @gone.yaml --time virtual");
  assertEquals(code, 2);
  assertStringIncludes(shell.complained, 'did you mean "messages"?');
  assertStringIncludes(shell.complained, "there is no such file");
  assert(!shell.said.includes("PASSED"));
});

void test("what was not run is in the reports too", async () => {
  const { code } = await run("run @good.yaml @bad.yaml --report junit=@bad.xml");
  assertEquals(code, 2);
  assertStringIncludes(readFileSync(join(folder, "bad.xml"), "utf8"), 'type="not-run"');
});

void test("reports go where they are told, as often as they are asked for", async () => {
  const { code, shell } = await run(
    "run @red.yaml --time virtual --quiet --report junit=@out.xml --report markdown=@out.md --report github",
  );
  assertEquals(code, 1);
  assertStringIncludes(readFileSync(join(folder, "out.xml"), "utf8"), "<testsuites ");
  assertStringIncludes(readFileSync(join(folder, "out.md"), "utf8"), "### ✗ FAILED: red\n");
  assertStringIncludes(shell.said, "::error file=");
  assertStringIncludes(shell.said, "line=6,col=10,");
});

void test("a run that is stored can be shown again, and judged again to the same end", async () => {
  const ran = await run("run @red.yaml --time virtual --save @red.ndjson");
  const stored = readStored(readFileSync(join(folder, "red.ndjson"), "utf8"), "red.ndjson");
  assertEquals(stored.runs[0].seed, "7");
  assertEquals(stored.text, FILES["red.yaml"]);
  const shown = ran.shell.said.slice(ran.shell.said.indexOf("\n  rate") + 1);
  for (const words of ["report @red.ndjson", "report @red.ndjson --judge"]) {
    const { code, shell } = await run(words);
    assertEquals(code, 0);
    assertEquals(shell.said, shown);
  }
});

void test("one message of a stored run can be asked about", async () => {
  await run("run @large.yaml --time virtual --save @large.ndjson");
  const stored = await run("why 10 --run @large.ndjson");
  const again = await run("why 10 @large.yaml");
  assertEquals([stored.code, again.code], [0, 0]);
  assertEquals(
    stored.shell.printed[0]!.split("\n").slice(0, -1),
    again.shell.printed[0]!.split("\n").slice(0, -1),
  );
  assertStringIncludes(stored.shell.said, 'dropped by "drop every 10" on line A');
  const unknown = await run("why 2006 --run @large.ndjson");
  assertEquals(unknown.code, 2);
  assertStringIncludes(unknown.shell.complained, "large published SEQ:1..2005");
});

void test("what cannot be written is told before anything runs", async () => {
  for (const [words, why] of [
    ["--save @sub", "it is a folder"],
    ["--save @no/run.ndjson", "there is no folder"],
    ["--report junit=@no/out.xml", "there is no folder"],
    ["--report junit=", "names no file"],
    ["--report junt=@out.xml", 'did you mean "junit"?'],
    ["@good.yaml --save @run.ndjson", "--save stores one run"],
  ]) {
    const { code, shell } = await run(`run @good.yaml --time virtual ${words}`);
    assertEquals(code, 2, words);
    assertStringIncludes(shell.complained, why!);
    assertEquals(shell.printed, []);
  }
});

void test("a run that takes too long ends with what was still open", async () => {
  const { code, shell } = await run("run @long.yaml --time virtual --quiet");
  assertEquals(code, 124);
  assertStringIncludes(
    shell.said,
    "! stopped by the timeout with 4 of 26 published messages delivered",
  );
  assertStringIncludes(shell.said, "\nTIMED OUT: long: 26 messages in 2.5s of virtual time");
});

void test("whoever interrupts one run wants none of those after it", async () => {
  const shell = new FakeShell();
  shell.interrupted = Promise.resolve();
  const { code } = await run("run @good.yaml @red.yaml --time virtual --quiet", shell);
  assertEquals(code, 130);
  assertStringIncludes(shell.said, "INTERRUPTED: good");
  assertStringIncludes(shell.said, "interrupted before it began");
});

void test("a small feed has a line for every packet, a large one for the first rare events", async () => {
  const small = await run("run @good.yaml --time virtual");
  assertStringIncludes(small.shell.said, "Sent: SEQ:1|PRICE:101\nReceived: SEQ:1|PRICE:101");
  const { shell } = await run("run @large.yaml --time virtual");
  assert(!shell.said.includes("Sent: "));
  const lines = shell.said.split("\n");
  assertEquals(lines.indexOf("... 900 more lines: --verbose shows them"), 100);
  const verbose = await run("run @large.yaml --time virtual --verbose");
  assertStringIncludes(verbose.shell.said, "Sent: SEQ:1999|PRICE:2099");
});

void test("--quiet leaves the verdict alone", async () => {
  const { shell } = await run("run @large.yaml --time virtual --quiet", new FakeShell("terminal"));
  assertEquals(shell.statuses, []);
  assertEquals(shell.said.split("\n"), [
    "✓ exactly once, in order, intact, nothing invented, every gap closed",
    "PASSED: large: 2005 messages in 2.004s of virtual time, seed 7",
  ]);
});

void test("a large run in a terminal says how far it is, and cleans up", async () => {
  const { shell } = await run("run @large.yaml --time virtual", new FakeShell("terminal"));
  assertEquals(shell.statuses.at(-1), "");
  assertEquals(shell.statuses.length, 21);
  assertStringIncludes(shell.statuses[9]!, " 49%  1000/s  99 gaps  missing 0  filled 99");
  assert(shell.statuses.every(({ length }) => length < shell.columns));
  const json = new FakeShell("terminal");
  await run("run @large.yaml --time virtual --output json --quiet", json);
  assertEquals(json.statuses, []);
});

void test("programs get one object a line, and one for all at the end", async () => {
  const words = "run @good.yaml @red.yaml --time virtual --output json --quiet";
  const { shell } = await run(words);
  const events = shell.printed.map((line) => JSON.parse(line) as { event: string });
  const one = ["pacing", "verdict", "verdict", "outcome"];
  assertEquals(
    events.map(({ event }) => event),
    [...one, ...one, "summary"],
  );
  assertEquals((events.at(-1) as unknown as { exitCode: number }).exitCode, 1);
});

void test("several feeds are stored, shown, judged and asked about like one", async () => {
  const ran = await run("run @feeds.yaml --time virtual --save @feeds.ndjson");
  assertEquals(ran.code, 1);
  const shown = ran.shell.said.slice(ran.shell.said.indexOf("\n  a: rate") + 1);
  assertStringIncludes(shown, "✗ a: delivered == 100%   got 90.0667% (1351 of 1500)");
  assertStringIncludes(shown, "✓ b: delivered == 100%   100% (500 of 500)");
  for (const words of ["report @feeds.ndjson", "report @feeds.ndjson --judge"]) {
    assertEquals((await run(words)).shell.said, shown);
  }
  const why = await run("why 10 --run @feeds.ndjson --feed a");
  assertEquals(why.code, 0);
  assertStringIncludes(why.shell.said, "SEQ:10 of a: feeds, seed 7");
  assertStringIncludes(why.shell.said, 'dropped by "drop every 10" on line A');
  const other = await run("why 10 @feeds.yaml --feed b");
  assertStringIncludes(other.shell.said, "SEQ:10 of b: feeds, seed 7");
  assert(!other.shell.said.includes("dropped"));
  for (const words of ["why 10 --run @feeds.ndjson", "why 10 @feeds.yaml"]) {
    const { code, shell } = await run(words);
    assertEquals(code, 2);
    assertStringIncludes(shell.complained, "which feed? add --feed a (have a, b)");
  }
  const one = await run("why 2 @good.yaml --feed a");
  assertStringIncludes(one.shell.complained, "the only feed has no name: leave out --feed");
});

void test("the status of several feeds is that of all of them", async () => {
  const { shell } = await run("run @feeds.yaml --time virtual", new FakeShell("terminal"));
  // After 500 ms a has published 500 of 1500 and b all of its 500; what is due at once, comes next.
  assertStringIncludes(shell.statuses[4]!, " 50%  2000/s");
});
