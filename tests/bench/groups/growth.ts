import type { Group, Row, Setting } from "../group.ts";
import { type Contestant, takeFigures, takeTurns, taken } from "../measure.ts";
import { runtimes } from "../machine.ts";
import { ours } from "../programs.ts";
import { compileC, equalPackets, race, scriptEnd } from "../race.ts";
import { part } from "./parts.ts";

const LISTENERS = [1, 2, 4, 8];
const RULES = [1, 4, 16, 64];
const MESSAGES = ["10k", "100k", "1M", "10M"] as const;

/** Runs that take long are made once or thrice. */
const ROUNDS_MAX = { "10k": 5, "100k": 5, "1M": 3, "10M": 1 } as const;

/** What more of it costs. */
export const growth: Group = {
  name: "growth",
  summary:
    "what more of it costs. Listeners: packets/s at the slowest of so many processes, beside as " +
    "many in C with UDP_SEGMENT. Virtual time and rules: beside the fewest",
  async measure(setting: Setting): Promise<Row[]> {
    return [...(await listeners(setting)), ...(await virtual(setting)), ...(await rules(setting))];
  },
};

async function listeners(setting: Setting): Promise<Row[]> {
  const c = compileC(setting);
  const packets = equalPackets(setting);
  const [bun] = runtimes();
  const end = scriptEnd(bun!.command, "linux");
  const contestants: Record<string, Contestant> = {};
  for (const listeners of LISTENERS) {
    const count = (setting.quick ? 500_000 : 6_000_000) / Math.min(listeners, 4);
    contestants[`ours ${listeners}`] = race(setting, end, end, packets, count, listeners);
    if (typeof c === "string") continue;
    contestants[`c ${listeners}`] = race(setting, c.train, c.train, packets, count, listeners);
  }
  setting.say(`${LISTENERS.join(", ")} listeners`);
  const figures = await takeFigures(Math.min(setting.rounds, 3), contestants);
  return LISTENERS.map((listeners): Row => ({
    what: `${listeners} listener${listeners === 1 ? "" : "s"}: bun linux/C`,
    unit: "packets/s",
    ours: figures[`ours ${listeners}`]!,
    baseline: typeof c === "string" ? c : figures[`c ${listeners}`],
  }));
}

async function virtual(setting: Setting): Promise<Row[]> {
  const sizes = setting.quick ? MESSAGES.slice(0, 3) : MESSAGES;
  const rows: Row[] = [];
  const run = (word: string) => async (): Promise<{ perSecond: number; rss: number }> =>
    (await ours("virtual.ts", [word])) as { perSecond: number; rss: number };
  setting.say(`virtual time: ${sizes.join(", ")} messages, and a burst`);
  const rounds = (most: number): number => Math.min(setting.rounds, most);
  const results = new Map<string, Awaited<ReturnType<ReturnType<typeof run>>>[] | string>();
  for (const size of sizes) {
    const { it } = await takeTurns(rounds(ROUNDS_MAX[size]), { it: run(size) });
    results.set(size, it);
  }
  for (const [unit, what, pick] of [
    ["messages/s", "virtual time", "perSecond"],
    ["bytes", "memory at most", "rss"],
  ] as const) {
    const least = taken(results.get(sizes[0])!, (one) => one[pick]);
    for (const size of sizes) {
      const own = taken(results.get(size)!, (one) => one[pick]);
      rows.push({ what: `${size} messages: ${what}`, unit, ours: own, baseline: least });
    }
  }
  const { it } = await takeTurns(rounds(3), { it: run("phased") });
  const own = taken(it, (one) => one.perSecond);
  rows.push({ what: "opening burst, 5 rules: virtual", unit: "messages/s", ours: own });
  return rows;
}

async function rules(setting: Setting): Promise<Row[]> {
  const messages = setting.quick ? 500_000 : 2_000_000;
  const contestants = RULES.map((rules) => [`${rules}`, part("tap", `${rules}`, messages)]);
  setting.say(`${RULES.join(", ")} rules`);
  const figures = await takeFigures(
    setting.rounds,
    Object.fromEntries(contestants) as Record<string, Contestant>,
  );
  return RULES.map((rules): Row => ({
    what: `${rules} rule${rules === 1 ? "" : "s"}: impairment chain`,
    unit: "messages/s",
    ours: figures[`${rules}`]!,
    baseline: figures[`${RULES[0]}`],
  }));
}
