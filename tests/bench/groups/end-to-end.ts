import process from "node:process";
import type { Group, Row, Setting } from "../group.ts";
import { type Taken, takeTurns, taken } from "../measure.ts";
import { here, Running } from "../programs.ts";
import { compileC, equalPackets, race } from "../race.ts";

/**
 * What is asked for. A sender of multicast waits for nobody: far more than a listener can follow and recover
 * would measure how it fails.
 */
const RATE = "10200k/s";

/** As networks lose: in bursts. */
const RULE = "drop: { gilbert_elliott: { loss: 1%, burst: 10 } }";

/** MoldUDP64's packets as end-to-end.ts fills them. */
const BATCH = 38;
const PACKET_BYTES = 20 + BATCH * (2 + 36);

/** What the listener has to say; one in C knows of no gaps. */
interface Heard {
  /** Messages in these seconds. */
  readonly measured: number;
  readonly seconds: number;
  readonly fillP50Ms?: number;
  readonly fillP99Ms?: number;
}

/** A whole feed; end-to-end.ts fails unless every message came once, in order, as published. */
export const endToEnd: Group = {
  name: "end-to-end",
  summary:
    "messages/s of 36 bytes in MoldUDP64's packets, 1 % of which are lost and recovered over TCP: " +
    "two processes, every message delivered once and in order; beside C that moves as many " +
    "bytes in packets of that size, with nothing lost, kept or read in them",
  async measure(setting: Setting): Promise<Row[]> {
    const { rounds, quick, say } = setting;
    const messages = quick ? "5M" : "40M";
    say(`${messages} messages`);
    const c = compileC(setting);
    const packets = equalPackets(setting, PACKET_BYTES);
    const moved = (mode: "plain" | "train", count: number) => async (): Promise<Heard> => {
      if (typeof c === "string") throw new Error(c);
      const perSecond = await race(setting, c[mode], c[mode], packets, count)();
      return { measured: BATCH * perSecond, seconds: 1 };
    };
    const results = await takeTurns(Math.min(rounds, 3), {
      runs: () => run(messages),
      train: moved("train", quick ? 500_000 : 2_000_000),
      plain: moved("plain", quick ? 50_000 : 200_000),
    });
    const { runs } = results;
    const rate = ({ measured, seconds }: Heard): number => measured / seconds;
    const row = (what: string, baseline: Taken): Row => ({
      what,
      unit: "messages/s",
      ours: taken(runs, rate),
      baseline,
    });
    return [
      {
        ...row("the whole feed/C UDP_SEGMENT", taken(results.train, rate)),
        hold: { of: "ours", least: 10e6 },
      },
      row("the whole feed/C send", taken(results.plain, rate)),
      {
        what: "gap filled: p50",
        unit: "s",
        ours: taken(runs, ({ fillP50Ms = NaN }) => fillP50Ms / 1000),
      },
      {
        what: "gap filled: p99",
        unit: "s",
        ours: taken(runs, ({ fillP99Ms = NaN }) => fillP99Ms / 1000),
      },
    ];
  },
};

async function run(messages: string): Promise<Heard> {
  const words = [here("end-to-end.ts"), messages, RATE, RULE];
  const text = await new Running([process.execPath, ...words]).output();
  const [, heard] = /^heard (.*)$/m.exec(text) ?? [];
  if (heard === undefined) throw new Error("end-to-end.ts said nothing that is understood");
  return JSON.parse(heard) as Heard;
}
