import type { Group, Hold, Row, Setting } from "../group.ts";
import { runtimes } from "../machine.ts";
import { type Contestant, takeFigures } from "../measure.ts";
import {
  compileC,
  equalPackets,
  itchPackets,
  mixedPackets,
  type Packets,
  race,
  scriptEnd,
} from "../race.ts";

/** Our two ways, and what each is measured by. */
const WAYS = ["linux", "portable"] as const;
type Way = (typeof WAYS)[number];

/** What must hold of Bun's rows, by the packets and the names of both sides. */
const HOLDS: Readonly<Record<string, Hold>> = {
  "equal linux train": { of: "ratio", least: 0.8 },
  "equal linux plain": { of: "ratio", least: 20 },
  "equal portable plain": { of: "ratio", least: 0.8 },
  "mixed linux mmsg": { of: "ratio", least: 1 },
};

const C_NAMES = { plain: "C send", mmsg: "C sendmmsg", train: "C UDP_SEGMENT" } as const;

/** Packets a second from process to process. */
export const datagrams: Group = {
  name: "datagrams",
  summary:
    "packets/s end to end: two processes over loopback multicast, every number checked, " +
    "at most a receive buffer under way, nothing lost",
  async measure(setting: Setting): Promise<Row[]> {
    const rows: Row[] = [];
    for (const packets of [equalPackets(setting), mixedPackets(setting), itchPackets(setting)]) {
      if (typeof packets === "string") {
        rows.push({ what: "ITCH", unit: "packets/s", ours: packets });
      } else rows.push(...(await compare(setting, packets)));
    }
    return rows;
  },
};

async function compare(setting: Setting, packets: Packets): Promise<Row[]> {
  const kind = packets.equal ? "equal" : "mixed";
  const c = compileC(setting);
  const baselines = packets.equal ? (["train", "plain"] as const) : (["mmsg", "plain"] as const);
  const scale = setting.quick ? 8 : 1;
  const slow = 200_000 / scale;
  const fast = setting.quick ? 1_500_000 : 6_000_000;
  const contestants: Record<string, Contestant> = {};
  for (const name of typeof c === "string" ? [] : baselines) {
    const end = typeof c === "string" ? undefined : c[name];
    if (end === undefined) continue;
    contestants[name] = race(setting, end, end, packets, name === "train" ? fast : slow);
  }
  for (const { name, command } of runtimes()) {
    for (const way of WAYS) {
      const end = scriptEnd(command, way);
      const count = way === "linux" && packets.equal ? fast : slow;
      contestants[`${name} ${way}`] = race(setting, end, end, packets, count);
    }
  }
  setting.say(`${packets.name}: ${Object.keys(contestants).join(", ")}`);
  const figures = await takeFigures(setting.rounds, contestants);
  return runtimes().flatMap(({ name }) =>
    rivalsOf(kind, name).map(([way, baseline]): Row => ({
      what: `${packets.name}: ${name} ${way}/${C_NAMES[baseline]}`,
      unit: "packets/s",
      ours: figures[`${name} ${way}`]!,
      baseline: typeof c === "string" ? c : figures[baseline],
      hold: name === "bun" ? HOLDS[`${kind} ${way} ${baseline}`] : undefined,
    })),
  );
}

/** Who stands beside whom: what is as it must be on Bun, and the same on others. */
function rivalsOf(kind: "equal" | "mixed", runtime: string): [Way, keyof typeof C_NAMES][] {
  const portable: [Way, keyof typeof C_NAMES] = ["portable", "plain"];
  if (kind === "mixed") return [["linux", "mmsg"], portable];
  const both: [Way, keyof typeof C_NAMES][] = [["linux", "train"], portable];
  return runtime === "bun" ? [["linux", "plain"], ...both] : both;
}
