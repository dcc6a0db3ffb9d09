/**
 * A minute of a lossy feed whose recovery server is killed every few seconds: figures, and exit code 1
 * unless every message was delivered exactly once, in order and as it was published.
 *
 *     bun tests/bench/soak-recovery.ts [seconds] [rate] [seed] [soupbintcp|moldudp64] [sqlite|file]
 *     bun tests/bench/soak-recovery.ts 60 20k/s 7 soupbintcp sqlite
 */
import process from "node:process";
import { parseCount, parseRate } from "../../modules/core/units.ts";
import { soak, type SoakOptions } from "../support/soak.ts";

const [seconds = "60", rate = "20k/s", given, recovery = "soupbintcp", store = "sqlite"] =
  process.argv.slice(2);
const seed = given ?? String(crypto.getRandomValues(new Uint32Array(1))[0]);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

say(`seed ${seed}: ${seconds} s at ${rate}, 2 % lost, ${recovery} over ${store}`);
const figures = await soak({
  recovery: recovery as SoakOptions["recovery"],
  store,
  rate: parseRate(rate),
  seconds: parseCount(seconds),
  seed,
  lifeMs: 1500,
});
const { published, delivered, lost, wrong } = figures;
say(`messages       ${delivered} delivered of ${published}, ${lost} lost`);
say(`gaps           ${figures.gaps}, of ${figures.missing} messages`);
say(`               ${figures.filledByRecovery} brought by recovery`);
say(`kills          ${figures.kills}`);
say(`requests       ${figures.requests}, ${figures.retries} retries`);
say(
  `               ${figures.unreachable} failed connections, ${figures.wrongAnswers} wrong answers`,
);
for (const [reason, messages] of figures.failures)
  say(`               ${messages} messages: ${reason}`);
const ms = (value: number): string => `${value.toFixed(1)} ms`;
say(
  `missing        p50 ${ms(figures.openP50Ms)}, p99 ${ms(figures.openP99Ms)}, ` +
    `at most ${ms(figures.openMaxMs)}`,
);
say(`kernel drops   ${figures.kernelDrops ?? "not known"}`);
say(`listener's rss ${Math.round(figures.rssMaxBytes / 2 ** 20)} MiB at most`);
for (const why of figures.lostWhy) say(`lost           ${why}`);
const passed = wrong === undefined && delivered === published && lost === 0;
say(passed ? "every message once, in order, as published" : `FAILED: ${wrong ?? "not all came"}`);
if (!passed) {
  say(
    `again          bun tests/bench/soak-recovery.ts ${seconds} ${rate} ${seed} ${recovery} ${store}`,
  );
}
process.exitCode = passed ? 0 : 1;
