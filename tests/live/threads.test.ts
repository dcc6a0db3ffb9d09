/** A fast publisher in a thread of its own, as people meet it: it ends and fails as any other does. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { formatEndpoint } from "../../modules/core/units.ts";
import { type Ended, Programs } from "../support/program.ts";
import { aLine, anAddress } from "../support/transport-conformance.ts";

const watchdog = { timeout: 30_000 };

const alone = availableParallelism() > 1;

function check(what: string, body: (programs: Programs, folder: string) => Promise<void>): void {
  void test(what, watchdog, async () => {
    const programs = new Programs();
    const folder = mkdtempSync(join(tmpdir(), "feedlab-threads-"));
    try {
      await body(programs, folder);
    } finally {
      await programs.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** A scenario that goes on for ten seconds at 10k packets/s, unless something ends it. */
function scenario(folder: string, more: string): string {
  const path = join(folder, "fast.yaml");
  writeFileSync(
    path,
    `feedlab: 1
name: fast
feed: { protocol: moldudp64, messages: 20k, rate: 2k/s, heartbeat: 100ms }
lines: { A: { group: ${formatEndpoint(aLine().group)} } }
impair: [{ drop: { chance: 1% } }]
recovery: { listen: ${formatEndpoint(anAddress())} }
${more}
`,
  );
  return path;
}

function endedWith(code: number, ended: Ended): string {
  const said = [...ended.out, ...ended.err].join("\n");
  assertEquals(ended.code, code, said);
  return said;
}

check("who wants to stop serve gets its summary at once", async (programs) => {
  const group = formatEndpoint(aLine().group);
  const words = "--protocol moldudp64 --batch 10 --drop none --output json";
  const serve = programs.start(`serve --group ${group} --rate max ${words}`);
  await serve.ready();
  serve.interrupt();
  const ended = await serve.ended;
  endedWith(130, ended);
  const { event, messages, packets, rateWanted, lateness } = JSON.parse(
    ended.out.at(-1)!,
  ) as Record<string, unknown>;
  assertEquals([event, rateWanted, lateness], ["summary", "max", { count: 0 }]);
  assert(Number(messages) >= Number(packets));
});

check("an interface that is not there is told as ever", async (programs) => {
  const serve = programs.start("serve --rate 10k/s --messages 10 --interface nowhere9 --drop none");
  assertStringIncludes(endedWith(3, await serve.ended), 'no interface "nowhere9", have lo');
});

check("a port that is taken is told as ever", async (programs, folder) => {
  const path = scenario(folder, "");
  const first = programs.start(`scenario run ${path} --output json`);
  await first.line(/"dropped"/);
  const second = await programs.start(`scenario run ${path} --quiet`).ended;
  assertMatch(endedWith(3, second), /the port is taken/);
});

check(
  "a run ends at its timeout, and when it is hopeless, with what is known",
  async (programs, folder) => {
    for (const [more, code, word] of [
      ["timeout: 500ms", 124, "TIMED OUT"],
      ["expect: [{ check: gaps.detected < 5, abort: true }]", 1, "FAILED"],
    ] as const) {
      const ended = await programs.start(`scenario run ${scenario(folder, more)}`).ended;
      const said = endedWith(code, ended);
      assertStringIncludes(said, word);
      const own = "threads          one for all but publisher and recovery: 2000 packets/s";
      assertStringIncludes(said, alone ? own : "one for all: this machine has one core");
      assert(!said.includes("somebody else"), said);
    }
  },
);
