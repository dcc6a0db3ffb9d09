import { everyStore } from "../../support/store-conformance.ts";
import { MESSAGE_BYTES } from "../feed.ts";
import type { Group, Row, Setting } from "../group.ts";
import { figureOf, takeTurns, taken } from "../measure.ts";
import { type StoreFigures, storeFigures } from "../store-figures.ts";

/** What a retained message takes. */
export const memory: Group = {
  name: "memory",
  summary: `bytes that a retained message takes, beside its own ${MESSAGE_BYTES}`,
  async measure(setting: Setting): Promise<Row[]> {
    const messages = setting.quick ? 300_000 : 1_000_000;
    const names = everyStore.map(({ name }) => name);
    setting.say(names.join(", "));
    const contestants = names.map((name) => [name, () => storeFigures(setting, name, messages)]);
    const results = await takeTurns(
      Math.min(setting.rounds, 3),
      Object.fromEntries(contestants) as Record<string, () => Promise<StoreFigures>>,
    );
    const row = (name: string, where: "memory" | "disk", place: string): Row => ({
      what: `store ${name}: ${place}`,
      unit: "bytes",
      ours: taken(results[name]!, (figures) => figures[where]),
      baseline: figureOf([MESSAGE_BYTES]),
    });
    return everyStore.flatMap(({ name, open }) => [
      row(name, "memory", "in the process"),
      ...(open === undefined ? [] : [row(name, "disk", "on disk")]),
    ]);
  },
};
