import process from "node:process";
import { anAddress } from "../../support/transport-conformance.ts";
import type { Group, Row, Setting } from "../group.ts";
import { type Contestant, figureOf, takeFigures } from "../measure.ts";
import { here, Running } from "../programs.ts";

/** How long a gap is open, and how fast what was missed comes again. */
export const recovery: Group = {
  name: "recovery",
  summary:
    "a gap from noticed to filled, beside bare round trips made between the gaps, per protocol, in " +
    "a feed of 1,000 messages/s and in a quiet one of 333; " +
    "replay of 36-byte messages from a full store, beside bare TCP",
  async measure(setting: Setting): Promise<Row[]> {
    return [...(await roundTrips(setting)), ...(await replays(setting))];
  },
};

const PROTOCOL = /^(\w+), (\w+) apart: (\d+) gaps$/;
/** Of the feed in which a gap must be filled in time; in others the machine falls asleep. */
const BUSY = "1ms";
const OPEN = /detected to filled +p50 +(\d+) us, p99 +(\d+) us/;
const BARE = /bare round trip +p50 +(\d+) us, p99 +(\d+) us/;

/** Both are measured in one run of recovery-time.ts, in turns. */
async function roundTrips({ quick, say }: Setting): Promise<Row[]> {
  const gaps = quick ? 40 : 300;
  say(`${gaps} gaps of each protocol`);
  const program = new Running([process.execPath, here("recovery-time.ts"), `${gaps}`]);
  const rows: Row[] = [];
  let protocol = "";
  let busy = true;
  let open: RegExpExecArray | null = null;
  for (const line of (await program.output()).split("\n")) {
    const [, name, apart, count] = PROTOCOL.exec(line) ?? [];
    if (name !== undefined) {
      if (Number(count) < gaps) throw new Error(`${name}: ${count} of ${gaps} gaps were filled`);
      protocol = name;
      busy = apart === BUSY;
    }
    open = OPEN.exec(line) ?? open;
    const bare = BARE.exec(line);
    if (bare === null || open === null) continue;
    // The first trip of a protocol is over TCP; one that is more alike is told beside it.
    const first = !rows.some(({ what }) =>
      what.startsWith(`${protocol}${busy ? ":" : ", quiet:"}`),
    );
    const trip = first ? "TCP trip" : "datagram trip";
    for (const [i, share] of ["p50", "p99"].entries()) {
      const figure = (found: RegExpExecArray): number => Number(found[i + 1]) / 1e6;
      if (!(busy && first) && share !== "p50") continue;
      rows.push({
        what: `${protocol}${busy ? "" : ", quiet"}: ${share}/${trip}`,
        unit: "s",
        ours: figureOf([figure(open)]),
        baseline: figureOf([figure(bare)]),
        hold: busy && first && share === "p50" ? { of: "ratio", most: 3 } : undefined,
      });
    }
  }
  if (rows.length === 0) throw new Error("recovery-time.ts said nothing that is understood");
  return rows;
}

async function replays({ rounds, quick, say }: Setting): Promise<Row[]> {
  const count = quick ? 200_000 : 1_000_000;
  say(`replay of ${count} messages`);
  const figures = await takeFigures(rounds, {
    soupbintcp: replay("soupbintcp", count),
    bare: replay("bare", count),
  });
  return [
    {
      what: "replay: soupbintcp/bare TCP",
      unit: "messages/s",
      ours: figures.soupbintcp,
      baseline: figures.bare,
    },
  ];
}

function replay(protocol: string, count: number): Contestant {
  return async () => {
    const { port } = anAddress();
    const start = (role: string): Running =>
      new Running([process.execPath, here("replay.ts"), role, protocol, `${port}`, `${count}`]);
    const server = start("serve");
    try {
      await server.said("ready");
      const { perSecond } = (await start("ask").json()) as { readonly perSecond: number };
      return perSecond;
    } finally {
      await server.stop();
    }
  };
}
