import process from "node:process";
import type { Group, Row, Setting } from "../group.ts";
import { takeTurns, taken } from "../measure.ts";
import { here, Running } from "../programs.ts";

/** More than is likely to go through, so that nobody waits for a message to be due. */
const RATE = "20M/s";

/** What the listener has to say. */
interface Heard {
  readonly messages: number;
  readonly seconds: number;
  readonly fillP50Ms: number;
  readonly fillP99Ms: number;
}

/** A whole feed; end-to-end.ts fails unless every message came once, in order, as published. */
export const endToEnd: Group = {
  name: "end-to-end",
  summary:
    "messages/s of 36 bytes in MoldUDP64's packets, 1 % of which are lost and recovered over TCP: " +
    "two processes, every message delivered once and in order",
  async measure({ rounds, quick, say }: Setting): Promise<Row[]> {
    const messages = quick ? "1M" : "20M";
    say(`${messages} messages`);
    const { runs } = await takeTurns(Math.min(rounds, 3), { runs: () => run(messages) });
    return [
      {
        what: "published, lost, recovered",
        unit: "messages/s",
        ours: taken(runs, ({ messages, seconds }) => messages / seconds),
        hold: { of: "ours", least: 10e6 },
      },
      { what: "gap filled: p50", unit: "s", ours: taken(runs, (one) => one.fillP50Ms / 1000) },
      { what: "gap filled: p99", unit: "s", ours: taken(runs, (one) => one.fillP99Ms / 1000) },
    ];
  },
};

async function run(messages: string): Promise<Heard> {
  const words = [here("end-to-end.ts"), messages, RATE, "drop: { chance: 1% }"];
  const text = await new Running([process.execPath, ...words]).output();
  const [, heard] = /^heard (.*)$/m.exec(text) ?? [];
  if (heard === undefined) throw new Error("end-to-end.ts said nothing that is understood");
  return JSON.parse(heard) as Heard;
}
