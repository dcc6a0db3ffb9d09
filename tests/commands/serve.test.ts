import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assertEquals } from "@std/assert";
import { main } from "../../modules/commands/main.ts";
import type { Shell } from "../../modules/commands/shell.ts";
import { PLAIN } from "../../modules/reports/paint.ts";
import { openFile } from "../../modules/worlds/file.ts";
import { SimWorld } from "../../modules/worlds/sim.ts";
import { FakeShell } from "../support/fake-shell.ts";

/** Runs `feedlab serve` in virtual time, quietly; what it wrote, and how it ended. */
async function serve(...words: string[]): Promise<{ out: string; err: string; code: number }> {
  const out: string[] = [];
  const err: string[] = [];
  const shell: Shell = {
    out: (line) => void out.push(line),
    err: (line) => void err.push(line),
    paint: () => PLAIN,
    columns: 100,
    room: { out: Infinity, err: Infinity },
    unmet: () => Promise.resolve(undefined),
    fileOpener: () => Promise.resolve(openFile),
    openWorld: () => Promise.resolve(new SimWorld()),
    interrupted: new Promise(() => {}),
    freshSeed: () => "fresh",
  };
  const code = await main(["serve", "-q", "--messages", "100", "--seed", "7", ...words], shell);
  return { out: out.join("\n"), err: err.join("\n"), code };
}

/** The rules that the summary tells of. */
async function rulesOf(...words: string[]): Promise<string[]> {
  const { out } = await serve("--output", "json", ...words);
  const { rules } = JSON.parse(out) as { rules: { name: string; hits: number; seen: number }[] };
  return rules.map(({ name, hits, seen }) => `${name}: ${hits} of ${seen}`);
}

test("--drop is the short form, and every fifth is lost when nobody says anything", async () => {
  assertEquals(await rulesOf(), ["drop every 5: 20 of 100"]);
  assertEquals(await rulesOf("--drop", "none"), []);
  assertEquals(await rulesOf("--drop", "msg:1..3"), ["drop msg 1..3: 3 of 100"]);
});

test("--impair takes any number of rules, and nothing else is lost then", async () => {
  assertEquals(await rulesOf("--impair", "drop: { every: 10 }"), ["drop every 10: 10 of 100"]);
  assertEquals(
    await rulesOf(
      "--impair={ drop: { every: 2 }, max: 3, name: some }",
      "--impair",
      "delay: { by: 1ms }",
      "--drop",
      "seq:1",
    ),
    ["drop seq 1: 1 of 100", "some: 3 of 6", "delay 1ms: 96 of 96"],
  );
});

test("what is wrong with the rules is told before anything is sent", async () => {
  const { err, out, code } = await serve(
    "--impair",
    "drop: { evry: 5 }",
    "--impair",
    "delay: { by: 1 }",
  );
  assertEquals([out, code], ["", 2]);
  assertEquals(
    err,
    `--impair 1:1:9   error  drop: unknown key "evry"
  1 | drop: { evry: 5 }
    |         ^^^^
    | did you mean "every"?  (every, seq, msg, chance, gilbert_elliott, markov4, trace, correlation)
--impair 2:1:14   error  delay.by: "1" has no unit: write 1ms or 1s
  1 | delay: { by: 1 }
    |              ^
2 errors; nothing was sent (exit 2)`,
  );
});

test("a rule that can never fire is told, and the rest goes on", async () => {
  const { err, code } = await serve("--impair", "drop: { seq: 900 }");
  assertEquals(code, 0);
  assertEquals(err, '--impair:1:1   warn   rule "drop seq 900" never fires: the feed ends at 100');
});

test("an option that counts once is refused twice", async () => {
  const { err, code } = await serve("--drop", "none", "--drop", "every:2");
  assertEquals([err, code], ["feedlab: --drop was given 2 times: give it once", 2]);
});

/** System events of ITCH 5.0, a second apart, as Nasdaq's files have them. */
function itchFile(codes: string): Uint8Array {
  const records = Array.from(codes, (code, i) => {
    const record = new Uint8Array(14);
    const view = new DataView(record.buffer);
    view.setUint16(0, 12);
    record[2] = "S".charCodeAt(0);
    view.setUint16(7, Math.floor((i * 1e9) / 2 ** 32));
    view.setUint32(9, (i * 1e9) % 2 ** 32);
    record[13] = code.charCodeAt(0);
    return record;
  });
  return Uint8Array.from(records.flatMap((record) => Array.from(record)));
}

test("--source names a file from here, a scenario one from its own folder", async () => {
  const folder = mkdtempSync(join(tmpdir(), "feedlab-source-"));
  try {
    writeFileSync(join(folder, "day.itch"), itchFile("OSQ"));
    const path = join(folder, "day.itch");
    const words = ["--protocol", "moldudp64", "--source", `itch: ${path}`, "--speed", "4x"];
    const { out, code } = await serve("--output", "json", ...words);
    assertEquals(code, 0);
    const { messages, rateWanted } = JSON.parse(out) as { messages: number; rateWanted: number };
    // Three messages a second apart, four times as fast.
    assertEquals([messages, rateWanted], [3, 4]);

    const scenario = join(folder, "day.yaml");
    writeFileSync(
      scenario,
      `feedlab: 1
name: a day
time: virtual
feed: { protocol: moldudp64, source: { itch: day.itch } }
lines: { A: { group: 239.192.1.1:6000 } }
expect: [delivered == 3]
`,
    );
    for (const verb of ["check", "plan", "run"]) {
      const shell = new FakeShell();
      assertEquals(await main(["scenario", verb, scenario], shell), 0, shell.complained);
    }
    const shell = new FakeShell();
    assertEquals(await main(["scenario", "why", "2", scenario], shell), 0, shell.complained);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
