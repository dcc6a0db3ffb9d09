import type { Group, Row, Setting } from "../group.ts";
import { MISSING } from "../group.ts";
import { figureOf } from "../measure.ts";
import { ours } from "../programs.ts";

const SEED = "7";

interface Case {
  readonly protocol: string;
  readonly connections: number;
  readonly p50: number;
  readonly p99: number;
  readonly rss?: number;
}

/** A crowd at a recovery server. */
export const crowd: Group = {
  name: "crowd",
  summary:
    "1,000 clients at one recovery server, of whom 50 read a byte a second and 50 babble " +
    "(--quick: 200, 10, 10): when the others had 100 messages each",
  async measure({ quick, say }: Setting): Promise<Row[]> {
    say("four servers");
    const who = quick ? ["200", "10", "10"] : ["1000", "50", "50"];
    const cases = (await ours("crowd.ts", [...who, SEED])) as readonly Case[];
    return cases.flatMap(({ protocol, connections, p50, p99, rss }): Row[] => {
      const what = `${protocol}, takes ${connections}`;
      const memory = rss === undefined ? `${MISSING}no /proc here` : figureOf([rss]);
      return [
        { what: `${what}: p50`, unit: "s", ours: figureOf([p50]) },
        { what: `${what}: p99`, unit: "s", ours: figureOf([p99]) },
        { what: `${what}: memory`, unit: "bytes", ours: memory },
      ];
    });
  },
};
