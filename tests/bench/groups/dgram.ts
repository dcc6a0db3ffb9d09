import { type Group, MISSING, type Row, type Setting } from "../group.ts";
import { runtimes } from "../machine.ts";
import { type Contestant, takeFigures } from "../measure.ts";
import { compileC, equalPackets, race, scriptEnd } from "../race.ts";

const WAYS = ["linux", "portable", "dgram"] as const;
const SIDES = ["send", "receive"] as const;

/** Whatever is under way, of what comes fast it does not hand over all. */
const LOSSY = `${MISSING}Deno's node:dgram loses packets at any rate like this`;

/** Our two ways beside node:dgram by itself, one side at a time: C, which is faster, is the other. */
export const dgram: Group = {
  name: "dgram",
  summary:
    "packets/s of 512 bytes beside node:dgram with nothing around it; C with UDP_SEGMENT and " +
    "UDP_GRO is at the other end, and nothing is lost",
  async measure(setting: Setting): Promise<Row[]> {
    const c = compileC(setting);
    if (typeof c === "string") return [{ what: "beside node:dgram", unit: "packets/s", ours: c }];
    const packets = equalPackets(setting);
    const scale = setting.quick ? 8 : 1;
    const fast = setting.quick ? 1_500_000 : 6_000_000;
    const contestants: Record<string, Contestant> = {};
    for (const { name, command } of runtimes()) {
      for (const way of WAYS) {
        const end = scriptEnd(command, way);
        const count = way === "linux" ? fast : 200_000 / scale;
        contestants[`${name} send ${way}`] = race(setting, end, c.train, packets, count);
        if (name === "deno" && way === "dgram") continue;
        contestants[`${name} receive ${way}`] = race(setting, c.train, end, packets, count);
      }
    }
    setting.say(Object.keys(contestants).join(", "));
    const figures = await takeFigures(setting.rounds, contestants);
    return runtimes().flatMap(({ name }) =>
      SIDES.flatMap((side) =>
        (["linux", "portable"] as const).map((way): Row => ({
          what: `${side}: ${name} ${way}/node:dgram`,
          unit: "packets/s",
          ours: figures[`${name} ${side} ${way}`]!,
          baseline: figures[`${name} ${side} dgram`] ?? LOSSY,
        })),
      ),
    );
  },
};
