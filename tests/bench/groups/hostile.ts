import type { Group, Row, Setting } from "../group.ts";
import { takeTurns, taken } from "../measure.ts";
import { ours } from "../programs.ts";

/** How soon a scenario is refused that is made to take long. */
export const hostile: Group = {
  name: "hostile",
  summary: "files that mean harm: from being read to being refused, by a program just begun",
  async measure({ rounds, say }: Setting): Promise<Row[]> {
    say("every file");
    const { all } = await takeTurns(rounds, {
      all: async () => (await ours("hostile.ts")) as { name: string; seconds: number }[],
    });
    const worst = (files: readonly { readonly seconds: number }[]): number =>
      Math.max(...files.map(({ seconds }) => seconds));
    const count = typeof all === "string" ? "all" : all[0]!.length;
    return [{ what: `the worst of ${count}`, unit: "s", ours: taken(all, worst) }];
  },
};
