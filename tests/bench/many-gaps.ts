/**
 * Many small gaps: how many a second a recovery client gets filled by a server in another process, and
 * what each costs either of them: figures, not a test.
 *
 *     bun tests/bench/many-gaps.ts [gaps, 5000 unless told otherwise] [messages of each, 38]
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { moldRecovery } from "../../modules/codecs/recovery/moldudp64.ts";
import type { RecoveryCodec } from "../../modules/codecs/recovery/recovery.ts";
import { soupRecovery } from "../../modules/codecs/recovery/soupbintcp.ts";
import { formatEndpoint, parseCount } from "../../modules/core/units.ts";
import { openWorld } from "../../modules/mod.ts";
import type { Recovered } from "../../modules/nodes/recovered.ts";
import { RecoveryLink } from "../../modules/nodes/recovery-link.ts";
import { RECOVERY_DEFAULTS } from "../../modules/protocol/recovery-client.ts";
import { Sessions } from "../../modules/protocol/sessions.ts";
import { Programs } from "../support/program.ts";
import { anAddress } from "../support/transport-conformance.ts";

const [gapsGiven = "5000", sizeGiven = "38"] = process.argv.slice(2);
const gaps = parseCount(gapsGiven);
const size = parseCount(sizeGiven);

/** One packet in so many is lost. */
const EVERY = 100;
/** Gaps that are noticed before the first of them is filled. */
const OPEN_MAX = 64;
/** What a server needs to be there. */
const START_MS = 1500;

const deps = { epochMs: 0 };
const codecs: Readonly<Record<string, RecoveryCodec>> = {
  soupbintcp: soupRecovery.create(soupRecovery.options.parse({}), deps),
  moldudp64: moldRecovery.create(moldRecovery.options.parse({}), deps),
};

const world = openWorld("real");
const programs = new Programs();
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Microseconds that a process has used; the system counts in hundredths of a second. */
function cpuOf(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, "utf8")
    .split(") ")[1]!
    .split(" ")
    .slice(11);
  return (Number(user) + Number(system)) * 10_000;
}

for (const [name, codec] of Object.entries(codecs)) {
  const at = anAddress();
  const server = programs.start(
    `recover --protocol moldudp64 --session BENCH --recovery-protocol ${name} --quiet ` +
      `--source 'counter: { size: 36 bytes }' --listen ${formatEndpoint(at)}`,
    { limitMs: 120_000 },
  );
  // It is quiet, so that what it prints is not what is measured.
  await new Promise((resolve) => setTimeout(resolve, START_MS));
  const sessions = new Sessions();
  sessions.begin("BENCH     ", 1, 1);
  const totals = { requests: 0, retries: 0, recoveryBytes: 0, unreachable: 0 };
  let begun = 0;
  let came = 0;
  let here: Recovered | undefined;
  let gone = 0;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  const miss = (): void => {
    const now = world.clock.now();
    while (begun < gaps && begun * size - came - gone < OPEN_MAX * size) {
      const from = 1 + begun++ * size * EVERY;
      link.onGap(from, from + size, now);
    }
    link.arm();
    if (came + gone >= gaps * size) resolve();
  };
  const link = new RecoveryLink(world, {
    server: at,
    policy: RECOVERY_DEFAULTS,
    codec,
    sessions,
    totals,
    observe: () => {},
    recovered: (messages) => (here = messages),
    abandoned: (from, until) => void (gone += until - from),
    after: () => {
      here?.take(() => void came++);
      here = undefined;
      miss();
    },
  });
  const before = { at: performance.now(), ours: process.cpuUsage(), theirs: cpuOf(server.pid) };
  miss();
  await done;
  const seconds = (performance.now() - before.at) / 1000;
  const { user, system } = process.cpuUsage(before.ours);
  const each = (us: number): string => `${(us / gaps).toFixed(0)} us`;
  say(`${name}: ${gaps} gaps of ${size} messages, one packet in ${EVERY}`);
  say(
    `  filled     ${(gaps / seconds).toFixed(0)} gaps/s, ${(came / seconds).toFixed(0)} messages/s`,
  );
  say(`  client     ${each(user + system)} of CPU a gap`);
  say(`  server     ${each(cpuOf(server.pid) - before.theirs)} of CPU a gap`);
  say(`  requests   ${totals.requests}, ${totals.retries} retries, ${gone} messages given up`);
  link.close();
  await server.stop();
}
await programs.stop();
process.exit(0);
