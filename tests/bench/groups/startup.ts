import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Group, Row, Setting } from "../group.ts";
import { median, takeFigures } from "../measure.ts";
import { ROOT, Running } from "../programs.ts";

/** Starts of which one figure is the median: a single one is over too soon. */
const STARTS = 10;

/** How soon the program that ships is there. */
export const startup: Group = {
  name: "startup",
  summary: "feedlab --version from dist, beside an empty script of Bun",
  async measure({ rounds, folder, say }: Setting): Promise<Row[]> {
    say("build");
    await new Running([process.execPath, join(ROOT, "tests/support/build.ts")]).output();
    const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
      readonly version: string;
    };
    const empty = join(folder, "empty.js");
    writeFileSync(empty, "");
    say("start");
    const figures = await takeFigures(rounds, {
      ours: () => start([join(ROOT, "dist/cli.js"), "--version"], `feedlab ${version}\n`),
      empty: () => start([empty], ""),
    });
    return [
      { what: "feedlab --version/nothing", unit: "s", ours: figures.ours, baseline: figures.empty },
    ];
  },
};

function start(words: readonly string[], expected: string): number {
  const seconds = Array.from({ length: STARTS }, () => {
    const began = performance.now();
    const { status, stdout } = spawnSync(process.execPath, words, { encoding: "utf8" });
    const took = (performance.now() - began) / 1000;
    if (status !== 0 || stdout !== expected) throw new Error(`it ended with ${status}: ${stdout}`);
    return took;
  });
  return median(seconds);
}
