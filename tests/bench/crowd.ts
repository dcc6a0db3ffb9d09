/**
 * Very many clients at one recovery server, some of them slow, some of them babbling: figures, the last
 * line as JSON, and exit code 1 unless all others were served.
 *
 *     bun tests/bench/crowd.ts [clients] [slow] [garbage] [seed]
 *     bun tests/bench/crowd.ts 1000 50 50 7
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { recoveries } from "../../modules/codecs/recovery/mod.ts";
import { formatEndpoint, parseCount, quote } from "../../modules/core/units.ts";
import { crowd } from "../support/crowd.ts";
import { Programs } from "../support/program.ts";
import { anAddress } from "../support/transport-conformance.ts";

const LIMIT_MS = 60_000;

/** What a runtime has open besides. */
const FILES_BESIDES = 100;

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** A line of a file below /proc, where there is one. */
function proc(path: string, line: RegExp): number | undefined {
  try {
    const [, number] = line.exec(readFileSync(`/proc/${path}`, "utf8")) ?? [];
    return number === undefined ? undefined : Number(number);
  } catch {
    return undefined;
  }
}

const words = process.argv.slice(2);
const [given, slow, garbage] = ["1000", "50", "50"].map((usual, i) =>
  parseCount(words[i] ?? usual),
) as [number, number, number];
const seed = words[3] ?? String(crypto.getRandomValues(new Uint32Array(1))[0]);
say(`seed ${seed}`);
const files = proc("self/limits", /^Max open files +(\d+)/m) ?? Infinity;
const clients = Math.min(given, files - FILES_BESIDES);
if (clients < given) say(`${given} clients need more than ${files} open files: ${clients} come`);
const honest = clients - slow - garbage;

let failed = false;
const cases: object[] = [];
for (const [protocol, feed] of [
  ["demo", "demo"],
  ["soupbintcp", "moldudp64"],
] as const) {
  for (const connections of [256, 2000]) {
    const programs = new Programs();
    try {
      const at = anAddress();
      const server = await programs
        .start(
          `recover --protocol ${feed} --recovery-protocol ${protocol} --listen ${formatEndpoint(at)} ` +
            `--connections ${connections} --output json`,
          { limitMs: 2 * LIMIT_MS },
        )
        .ready();
      const definition = recoveries.find(({ name }) => name === protocol);
      if (definition === undefined) throw new Error(`no recovery protocol ${quote(protocol)}`);
      const codec = definition.create(definition.options.parse({}), { epochMs: 0 });
      const before = proc(`${server.pid}/status`, /^VmRSS:\s+(\d+)/m);
      const figures = await crowd({
        at,
        codec,
        honest,
        slow,
        garbage,
        messages: 100,
        seed,
        limitMs: LIMIT_MS,
      });
      const peak = proc(`${server.pid}/status`, /^VmHWM:\s+(\d+)/m);
      const { served, refused, servedMs, wrong } = figures;
      const at50 = servedMs[Math.floor(served / 2)] ?? NaN;
      const at99 = servedMs[Math.floor(served * 0.99)] ?? NaN;
      const mib = (kib: number | undefined): string =>
        kib === undefined ? "not known" : `${Math.round(kib / 1024)} MiB`;
      say(
        `${protocol}, ${connections} connections: ${clients} clients, ${slow} slow, ${garbage} babble`,
      );
      say(`  served   ${served} of ${honest}; turned away ${refused} times, and came again`);
      say(
        `  in       p50 ${at50.toFixed(0)} ms, p99 ${at99.toFixed(0)} ms, ` +
          `all ${servedMs.at(-1)?.toFixed(0)} ms`,
      );
      say(`  rss      ${mib(peak)} at most, ${mib(before)} before`);
      if (wrong !== undefined) say(`  wrong    ${wrong}`);
      failed ||= served < honest || wrong !== undefined;
      const bytes = peak === undefined ? undefined : 1024 * peak;
      cases.push({ protocol, connections, p50: at50 / 1000, p99: at99 / 1000, rss: bytes });
    } finally {
      await programs.stop();
    }
  }
}
say(failed ? "FAILED: not all were served" : JSON.stringify(cases));
process.exitCode = failed ? 1 : 0;
