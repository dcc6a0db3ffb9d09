import process from "node:process";
import type { Group, Hold, Row, Setting } from "../group.ts";
import { figureOf, type Taken } from "../measure.ts";
import { here, Running } from "../programs.ts";

/** What must hold at ten thousand packets a second, in seconds. */
const HOLDS: Readonly<Record<string, Hold>> = {
  "10000 p50": { of: "ours", most: 5e-6 },
  "10000 p99": { of: "ours", most: 200e-6 },
};

/** A clock, a rate, and in microseconds the median, the 99th percentile and the latest. */
const LINE = /^(\w+) +(\d+) +([\d.]+) +([\d.]+) +([\d.]+)$/gm;
const SHARES = ["p50", "p99", "max"];

/** How late packets leave; both clocks take turns in pacing.ts itself. */
export const pacing: Group = {
  name: "pacing",
  summary: "how late packets leave at a steady rate: the precise clock beside timers",
  async measure({ quick, say }: Setting): Promise<Row[]> {
    const seconds = quick ? "0.3" : "3";
    say(`${seconds} s each`);
    const text = await new Running([process.execPath, here("pacing.ts"), seconds]).output();
    const figures = new Map<string, Taken>();
    const rates = new Set<string>();
    for (const [, clock = "", rate = "", ...late] of text.matchAll(LINE)) {
      rates.add(rate);
      for (const [i, share] of SHARES.entries()) {
        figures.set(`${clock} ${rate} ${share}`, figureOf([Number(late[i]) / 1e6]));
      }
    }
    if (rates.size === 0) throw new Error("pacing.ts said nothing that is understood");
    return [...rates].flatMap((rate) =>
      SHARES.map((share): Row => ({
        what: `${Number(rate) / 1000}k packets/s: ${share} late`,
        unit: "s",
        ours: figures.get(`precise ${rate} ${share}`) ?? "pacing.ts has no precise clock",
        baseline: figures.get(`timers ${rate} ${share}`),
        hold: HOLDS[`${rate} ${share}`],
      })),
    );
  },
};
