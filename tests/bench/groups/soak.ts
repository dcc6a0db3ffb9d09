import process from "node:process";
import type { Group, Row, Setting } from "../group.ts";
import { figureOf } from "../measure.ts";
import { here, Running } from "../programs.ts";

const SEED = "7";
const MISSING_FOR = /^missing +p50 ([\d.]+) ms, p99 ([\d.]+) ms, at most ([\d.]+) ms/m;

/** A feed whose recovery server is killed all the time; every message comes once and in order. */
export const soak: Group = {
  name: "soak",
  summary:
    "20,000 messages/s with 2 % lost, the recovery server killed every few seconds: how long a " +
    "message was missing; all came once, in order, as published",
  async measure({ quick, say }: Setting): Promise<Row[]> {
    const seconds = quick ? "3" : "15";
    say(`${seconds} s`);
    const words = [seconds, "20k/s", SEED, "soupbintcp", "sqlite"];
    const text = await new Running([process.execPath, here("soak-recovery.ts"), ...words]).output();
    const found = MISSING_FOR.exec(text);
    if (found === null) throw new Error("soak-recovery.ts said nothing that is understood");
    return ["p50", "p99", "at most"].map((share, i) => ({
      what: `missing for: ${share}`,
      unit: "s",
      ours: figureOf([Number(found[i + 1]) / 1000]),
    }));
  },
};
