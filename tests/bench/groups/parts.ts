import { protocols } from "../../../modules/codecs/mod.ts";
import { everyStore } from "../../support/store-conformance.ts";
import type { Group, Row, Setting } from "../group.ts";
import { type Contestant, takeFigures, takeTurns, taken } from "../measure.ts";
import { ours } from "../programs.ts";
import { storeFigures } from "../store-figures.ts";

/** Messages of each work, that all take about as long. */
const MESSAGES = 5_000_000;
const QUICK = 500_000;

/** Asks parts.ts for one figure. */
export function part(what: string, which: string, messages: number): Contestant {
  return async () => {
    const { perSecond } = (await ours("parts.ts", [what, which, `${messages}`])) as {
      readonly perSecond: number;
    };
    return perSecond;
  };
}

/** What messages go through, each part by itself. */
export const parts: Group = {
  name: "parts",
  summary:
    "messages/s of 36 bytes through one part by itself, each in a process of its own; beside " +
    "MoldUDP64's codec a loop without one, beside the stores the one in memory",
  async measure(setting: Setting): Promise<Row[]> {
    const messages = setting.quick ? QUICK : MESSAGES;
    const contestants: Record<string, Contestant> = {};
    for (const { name } of protocols) {
      contestants[`encode ${name}`] = part("encode", name, messages);
      contestants[`decode ${name}`] = part("decode", name, messages);
    }
    contestants["bare encode"] = part("bare-encode", "-", messages);
    contestants["bare decode"] = part("bare-decode", "-", messages);
    contestants["arbiter, two lines"] = part("arbiter", "lines", messages);
    contestants["arbiter, 1 % recovered"] = part("arbiter", "recovery", messages);
    contestants["impairment chain, 4 rules"] = part("tap", "mixed", messages);
    setting.say(Object.keys(contestants).join(", "));
    const figures = await takeFigures(setting.rounds, contestants);
    const beside: Record<string, string> = {
      "encode moldudp64": "bare encode",
      "decode moldudp64": "bare decode",
    };
    const rows = Object.keys(contestants)
      .filter((name) => !name.startsWith("bare "))
      .map((what): Row => {
        const baseline = beside[what];
        return {
          what: baseline === undefined ? what : `${what}/a bare loop`,
          unit: "messages/s",
          ours: figures[what]!,
          baseline: baseline === undefined ? undefined : figures[baseline],
        };
      });
    return [...rows, ...(await stores(setting))];
  },
};

async function stores(setting: Setting): Promise<Row[]> {
  const messages = setting.quick ? 100_000 : 500_000;
  const names = everyStore.map(({ name }) => name);
  setting.say(`stores: ${names.join(", ")}`);
  const contestants = names.map((name) => [name, () => storeFigures(setting, name, messages)]);
  const results = await takeTurns(
    setting.rounds,
    Object.fromEntries(contestants) as Record<string, () => ReturnType<typeof storeFigures>>,
  );
  return (["append", "read"] as const).flatMap((act) =>
    names.map((name): Row => ({
      what: `store ${name}: ${act}`,
      unit: "messages/s",
      ours: taken(results[name]!, (figures) => figures[act]),
      baseline: name === "memory" ? undefined : taken(results["memory"]!, (all) => all[act]),
    })),
  );
}
